"""Requests of a reader, of which only the newest counts: one who drags a slider wants the last number.

Contents
--------
Newest
    A place for one request; a newer one takes the place of an older one.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition
from typing import Generic, TypeVar

Request = TypeVar("Request")


class Newest(Generic[Request]):
    """A place for one request. Whoever computes takes it, and asks now and then whether a newer one has come."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._request: Request | None = None
        self._ended = False

    def put(self, request: Request) -> None:
        """Ask for something; an older request that is not taken yet is forgotten."""
        with self._changed:
            self._request = request
            self._changed.notify_all()

    def end(self) -> None:
        """Let whoever waits go."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def take(self) -> Request | None:
        """The newest request, once there is one; None after the end."""
        with self._changed:
            # a wait without an end cannot be interrupted by the keyboard on every system
            while self._request is None and not self._ended:
                self._changed.wait(timeout=0.5)
            request, self._request = self._request, None
            return None if self._ended else request

    @property
    def has_newer(self) -> bool:
        """Whether another request waits, so that the one that is being computed is of no use any more."""
        with self._changed:
            return self._ended or self._request is not None

    def answered_by(self, compute: Callable[[Request], None]) -> None:
        """Compute one request after the other, until the end."""
        while (request := self.take()) is not None:
            compute(request)
