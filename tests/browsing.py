"""Chromium for tests of pages: what a reader sees, and what the console says."""

import shutil
from contextlib import contextmanager

import pytest

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")


@contextmanager
def opened(address, *, width=1280, height=900, dark=False, wait=True):
    """A page in a browser, and a list of the errors of its console and of the requests that leave the page."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", accept_downloads=True
        )
        page = context.new_page()
        wrong = []
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: (wrong.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: wrong.append(request.url) if leaves(request.url, address) else None)
        page.goto(address)
        if wait:
            page.wait_for_function(DRAWN)
        yield page, wrong
        browser.close()


# every figure has a width, and the script of the page has fitted the legends
DRAWN = """() => !window.Bokeh || Bokeh.documents.length && Bokeh.documents[0].roots().every(
root => !root.children.length || root.children[0].inner_width || root.children[0].inner_width == undefined)"""


def leaves(url, address):
    """Whether a request goes anywhere but to the page itself or to what it holds."""
    own = address.split("?")[0]
    return not (url.startswith((own, "data:", "blob:")))


def saved(page, button):
    """The name and the content of the file that a button saves."""
    with page.expect_download() as waiting:
        button.click()
    return waiting.value.suggested_filename, waiting.value.path().read_bytes()
