"""The page of a report as its readers have it: in Chromium, at every width, light and dark, with and without Bokeh."""

import csv
import io
import json
import re

import numpy as np
import pytest

import linmem as lm
from tests.browsing import needs_chromium, opened, saved

pytestmark = needs_chromium
N = 24
NET = lm.LinearNetwork(
    lm.feedback_chain(N, feedforward=0.95, feedback=0.1).dense(),
    np.eye(N)[:, :2],
    labels=tuple(f"u{i}" for i in range(N)),
)
HOSTILE = ("<img src=x onerror=alert(1)>", "=1+1", "{{ 7 * 7 }}", "$$x^2$$", '"quoted", and more', "</script><b>")


@pytest.fixture(scope="module", params=["interactive", "still"])
def written(request, tmp_path_factory):
    """The page and its record, once with Bokeh and once without."""
    out = tmp_path_factory.mktemp(request.param) / "report.html"
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "still":
            patch.setattr("linmem.charts.embedding.is_installed", lambda: False)
        lm.report(NET, out, against=("orthogonal", "gaussian"))
    return request.param, out, json.loads(out.with_suffix(".json").read_text())


@pytest.mark.parametrize("width", [360, 800, 1440, 2560])
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_overflows_and_the_console_is_empty(written, width, dark):
    _, out, record = written
    with opened(out.as_uri(), width=width, dark=dark) as (page, wrong):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        sizes = page.evaluate("[...document.querySelectorAll('.drawing')].map(e => e.getBoundingClientRect().toJSON())")
        assert len(sizes) == len(record["charts"])
        assert all(size["height"] > 100 and size["right"] <= width for size in sizes)
        # a name of a row is never broken letter by letter
        assert page.evaluate("Math.min(...[...document.querySelectorAll('tbody th')].map(e => e.clientWidth))") > 80
        assert wrong == []


def test_every_table_that_is_saved_holds_the_numbers_of_the_json(written):
    _, out, record = written
    keys = list(record["charts"])
    assert len(keys) >= 10
    for some in (keys[:6], keys[6:]):  # Chromium holds a page back that saves more than ten files at once
        with opened(out.as_uri()) as (page, wrong):
            for key in some:
                name, content = saved(page, page.locator(f"#{key} [data-act=csv]"))
                assert name == f"{key}.csv"
                assert_same(content.decode(), record["charts"][key])
            assert wrong == []


def assert_same(text, table):
    """A file of columns holds the numbers of a table, to the last bit."""
    header, *rows = csv.reader(io.StringIO(text))
    assert header == list(table)
    for values, right in zip(zip(*rows, strict=True), table.values(), strict=True):
        known = [value for value in values if value != ""]  # a shorter column ends with blanks
        if isinstance(right[0], str):
            assert [word.removeprefix("'") for word in known] == right
        else:
            assert [float(value) for value in known] == [float(value) for value in right]


def test_pictures_are_saved(written):
    _, out, _ = written
    with opened(out.as_uri()) as (page, wrong):
        for key in ("fisher-memory", "pseudospectrum"):
            assert saved(page, page.locator(f"#{key} [data-act=svg]"))[1].lstrip().startswith(b"<svg")
            name, png = saved(page, page.locator(f"#{key} [data-act=png]"))
            assert name == f"{key}.png" and png.startswith(b"\x89PNG") and len(png) > 5000
        assert wrong == []


def test_the_theme_follows_the_button(written):
    with opened(written[1].as_uri()) as (page, _):
        ground = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(ground)
        page.click("[data-act=theme]")
        assert page.evaluate(ground) != light
        page.click("[data-act=theme]")
        assert page.evaluate(ground) == light


def test_on_paper_every_figure_is_there(written):
    """A canvas does not redraw while a page is printed: pictures stand in its place, and are taken away again."""
    kind, out, record = written
    with opened(out.as_uri(), dark=True) as (page, wrong):
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print")
        shown = page.locator("figure:has(.printed)").count()
        assert shown == (len(record["charts"]) if kind == "interactive" else 0)
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator(".printed").count() == 0
        assert page.pdf().startswith(b"%PDF")
        assert wrong == []


@pytest.fixture(scope="module")
def interactive(tmp_path_factory):
    out = tmp_path_factory.mktemp("hover") / "report.html"
    lm.report(NET, out, against=())
    return out, json.loads(out.with_suffix(".json").read_text())["charts"]


def hovered(page, key, across=0.5, down=0.5):
    """The text of the tooltip at a place of the frame of a figure."""
    figure = page.locator(f"#{key}")
    figure.scroll_into_view_if_needed()
    box = figure.locator("canvas").first.bounding_box()
    page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
    page.mouse.move(box["x"] + across * box["width"] + 2, box["y"] + down * box["height"])
    tip = page.locator(".bk-Tooltip .bk-tooltip-content").filter(visible=True).first  # in a root of its own
    tip.wait_for()
    return tip.inner_text()


def test_hover_shows_the_value_and_its_error(interactive):
    out, charts = interactive
    with opened(out.as_uri()) as (page, wrong):
        text = hovered(page, "fisher-memory")
        lag = int(re.search(r"Lag k \(steps\):\s*(\d+)", text)[1])
        value, error = re.search(r"best input:\s*(\S+) ± (\S+)", text).groups()
        table = charts["fisher-memory"]
        assert float(value) == pytest.approx(table["best input"][lag], rel=1e-4)  # five digits are shown
        assert float(error) == pytest.approx(table["best input, error"][lag], rel=0.5)  # and one of the error
        assert float(error) > 0  # formats that know no exponent show 1e-12 as 0
        assert wrong == []


def test_hover_shows_names_of_units_and_sigma_min(interactive):
    out, _ = interactive
    with opened(out.as_uri()) as (page, _):
        weight = re.search(
            r"from unit:\s*(\S+)\s+to unit:\s*(\S+)\s+weight \(no unit\):\s*(\S+)", hovered(page, "weights")
        )
        source, target = NET.labels.index(weight[1]), NET.labels.index(weight[2])
        assert float(weight[3]) == pytest.approx(NET.recurrent[target, source], abs=1e-6)  # the picture has floats
        text = hovered(page, "pseudospectrum", 0.5, 0.4)
        real, imaginary = re.search(r"z:\s*(-?\d\.\d+) \+ (-?\d\.\d+) i", text).groups()
        exact = np.linalg.svd(complex(float(real), float(imaginary)) * np.eye(N) - NET.recurrent, compute_uv=False)[-1]
        shown = float(re.search(r"σ_min:\s*(\S+)", text)[1])
        assert shown == pytest.approx(np.log10(exact), abs=0.3)  # that of the nearest point of the grid


def test_curves_over_lags_zoom_together(interactive):
    out, _ = interactive
    range_of = "key => Bokeh.documents[0].get_model_by_name(key).children.find(each => each.visible).x_range.end"
    with opened(out.as_uri()) as (page, _):
        page.evaluate("Bokeh.documents[0].get_model_by_name('fisher-memory').children[0].x_range.end = 7")
        assert page.evaluate(range_of, "memory-function") == 7
        page.click("#fisher-memory [data-act=scale]")
        assert page.evaluate(range_of, "fisher-memory") == 7


def test_words_of_a_network_are_words_on_its_page(tmp_path):
    """Markup, templates, formulas of spreadsheets and of TeX in names and labels stay text, and ask for nothing."""
    net = lm.LinearNetwork(np.diag([0.5] * 5, -1), np.eye(6)[0], name=HOSTILE[0], labels=HOSTILE)
    out = tmp_path / "report.html"
    lm.report(net, out, against=())
    with opened(out.as_uri()) as (page, wrong):
        assert page.inner_text("h1") == HOSTILE[0]
        _, content = saved(page, page.locator("#best-input [data-act=csv]"))
        first = [row[0] for row in csv.reader(io.StringIO(content.decode()))][1:]
        assert first == [word if word[0] not in "=" else f"'{word}" for word in HOSTILE]
        text = hovered(page, "best-input")
        assert any(word in text for word in HOSTILE)
        assert page.evaluate("document.querySelectorAll('img').length") == 0
        page.wait_for_timeout(500)  # what a script would load comes late
        assert wrong == []
