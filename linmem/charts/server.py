"""A page of Bokeh figures that is computed while it is read, for the one reader who started it.

Conventions
-----------
The server listens on 127.0.0.1 alone, and answers only requests for its own page that carry the signed address it has
printed, from a browser that was sent to it by that name: a page of another site, or another user of the machine who
does not know the address, gets nothing.

Contents
--------
Page, Served
    What is served; a running server.
serve
    Serve one page.
policy_of
    What the page may load.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

from bokeh.application import Application
from bokeh.application.handlers.function import FunctionHandler
from bokeh.core.templates import get_env
from bokeh.document import Document
from bokeh.resources import Resources
from bokeh.server.server import BaseServer
from bokeh.server.tornado import BokehTornado
from bokeh.util.token import generate_session_id
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.web import ErrorHandler

from linmem.errors import ArgumentError

ADDRESS = "127.0.0.1"
PATHS = ("/", "/ws")  # the page and its connection; whatever else the library would answer is refused
KEPT = 60_000  # milliseconds for which a page that is closed can be opened again
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; "
    "font-src data:; connect-src {sockets}; base-uri 'none'; form-action 'none'"
)
# Parts of the page stand between its figures as they are: no text of a network is read as a template.
TEMPLATE = """{% from macros import embed %}{{ parts[0] }}{% for key in keys %}{{ embed(roots[key]) }}\
{{ parts[loop.index] }}{% endfor %}{{ bokeh_js }}{{ plot_script }}{{ end }}"""


class OnePage(BokehTornado):
    """The application of Bokeh, which answers the one page alone, by its own name, to its own origin."""

    hosts: tuple[str, ...] = ()

    def resources(self, absolute_url: Any = None) -> Resources:
        """The library inside the page, so that no other address is needed."""
        return Resources(mode="inline", components=["bokeh", "bokeh-widgets"])

    def find_handler(self, request: Any, **more: Any) -> Any:
        """The handler of a request for the page; a refusal for every other."""
        origin = request.headers.get("Origin")
        is_own = request.host in self.hosts and (origin is None or origin in [f"http://{h}" for h in self.hosts])
        if request.method == "GET" and request.path in PATHS and is_own:
            return super().find_handler(request, **more)
        return self.get_handler_delegate(request, ErrorHandler, {"status_code": 403})


@dataclass
class Page:
    """What the server shows: parts of HTML, between which the roots of the document stand, by name.

    `fill` is called with the document of every session; `ended` when a session is gone.
    """

    title: str
    parts: Sequence[str]
    keys: Sequence[str]
    end: str
    fill: Callable[[Document], None]
    ended: Callable[[Document], None] = lambda document: None
    loop: Any = field(default=None, init=False)

    def modify(self, document: Document) -> None:
        """Fill the document of a session."""
        document.title = self.title
        document.template = get_env().from_string(TEMPLATE)
        document.template_variables.update(parts=list(self.parts), keys=list(self.keys), end=self.end)
        self.fill(document)
        document.on_session_destroyed(lambda context: self.ended(document))


@dataclass(frozen=True)
class Served:
    """A running server: its address, and how it is stopped."""

    address: str
    port: int
    stop: Callable[[], None]


def serve(make_page: Callable[[int], Page], port: int = 0) -> Served:
    """Serve one page in a thread of its own; with port 0 on a free one. `make_page` is called with the port.

    Raises
    ------
    ArgumentError
        The port is in use, or may not be opened.
    """
    try:
        listening = socket.create_server((ADDRESS, port))
    except OSError as error:
        raise ArgumentError(
            f"port is {port}, which cannot be opened ({os.strerror(error.errno or 0)}); pass another, or 0"
        ) from None
    port = listening.getsockname()[1]
    page = make_page(port)
    key = secrets.token_bytes(32)  # of this run: whoever does not hold the address cannot sign one
    started = Event()
    thread = Thread(target=_run, args=(page, listening, port, key, started), daemon=True)
    thread.start()
    started.wait()

    def stop() -> None:
        page.loop.add_callback(page.loop.stop)
        thread.join(timeout=5)

    identity = generate_session_id(secret_key=key, signed=True)
    return Served(f"http://{ADDRESS}:{port}/?bokeh-session-id={identity}", port, stop)


def _run(page: Page, listening: socket.socket, port: int, key: bytes, started: Event) -> None:
    """Answer requests until the loop is stopped."""
    asyncio.set_event_loop(asyncio.new_event_loop())
    loop = page.loop = IOLoop.current()
    hosts = f"{ADDRESS}:{port}", f"localhost:{port}"
    application = OnePage(
        {"/": Application(FunctionHandler(page.modify))},
        extra_websocket_origins=list(hosts),
        secret_key=key,
        sign_sessions=True,
        generate_session_ids=False,
        unused_session_lifetime_milliseconds=KEPT,
        check_unused_sessions_milliseconds=KEPT // 4,
    )
    application.hosts = hosts
    listening.setblocking(False)
    http = HTTPServer(application)
    http.add_socket(listening)
    server = BaseServer(loop, application, http)
    server.start()
    started.set()
    loop.start()
    server.stop()
    http.stop()


def policy_of(port: int) -> str:
    """The policy of the page: it loads nothing, and talks to its own server alone."""
    return POLICY.format(sockets=f"ws://{ADDRESS}:{port} ws://localhost:{port}")
