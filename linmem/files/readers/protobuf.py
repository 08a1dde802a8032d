"""Messages of Protocol Buffers, without their schema: numbers of fields, and their values.

Conventions
-----------
A message is a part of a file. Its fields are numbers, or parts of the file again, which are not copied before they are
read: https://protobuf.dev/programming-guides/encoding. What is longer than the message around it is an error.

Contents
--------
Message
    A message, and its fields.
whole_numbers
    The whole numbers of a repeated field, in either form that it may have.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from linmem.files.readers.stored import DamagedFileError

VARINT, EIGHT_BYTES, LENGTH, FOUR_BYTES = 0, 1, 2, 5  # how a value is written
LONGEST_VARINT = 10  # bytes
WORD = 2**64


@dataclass(frozen=True)
class Message:
    """The part of a file from `start` to `stop` that is a message, a text or bytes, as its field has it."""

    data: mmap.mmap | bytes
    start: int
    stop: int

    @property
    def length(self) -> int:
        """Its bytes."""
        return self.stop - self.start

    @property
    def content(self) -> bytes:
        """Its bytes, read."""
        return self.data[self.start : self.stop]

    @property
    def text(self) -> str:
        """Its bytes as text."""
        return self.content.decode("utf-8", "replace")

    @cached_property
    def fields(self) -> dict[int, list[Any]]:
        """The values of each field: a whole number, a part of the file, or 4 or 8 bytes."""
        found: dict[int, list[Any]] = {}
        position = self.start
        while position < self.stop:
            key, position = self._varint(position)
            kind = key & 7
            value: Any
            if kind == VARINT:
                value, position = self._varint(position)
            elif kind == LENGTH:
                length, start = self._varint(position)
                position = start + length
                value = Message(self.data, start, position)
            elif kind in (EIGHT_BYTES, FOUR_BYTES):
                start, position = position, position + (8 if kind == EIGHT_BYTES else 4)
                value = self.data[start:position]
            else:
                raise DamagedFileError(f"it has a field of the unknown kind {kind}")
            if position > self.stop:
                raise DamagedFileError("one of its fields ends after the message around it")
            found.setdefault(key >> 3, []).append(value)
        return found

    def messages(self, field: int) -> list[Message]:
        """The values of a field of messages."""
        values = self.fields.get(field, [])
        if not all(isinstance(value, Message) for value in values):
            raise DamagedFileError(f"its field {field} is not what it is in such files")
        return values

    def texts(self, field: int) -> list[str]:
        """The values of a field of texts."""
        return [value.text for value in self.messages(field)]

    def name(self, field: int) -> str:
        """The value of a field with one text, or ""."""
        return (self.texts(field) or [""])[-1]

    def number(self, field: int, default: int = 0) -> int:
        """The value of a field with one whole number."""
        value = self.fields.get(field, [default])[-1]
        if not isinstance(value, int):
            raise DamagedFileError(f"its field {field} is not the whole number that it is in such files")
        return value

    def varints(self) -> Iterator[int]:
        """The whole numbers that fill it."""
        position = self.start
        while position < self.stop:
            value, position = self._varint(position)
            yield value

    def _varint(self, position: int) -> tuple[int, int]:
        """A whole number without sign, whose bytes have 7 bits each, and the position after it."""
        value = 0
        for place in range(LONGEST_VARINT):
            if position >= self.stop:
                break
            byte = self.data[position]
            position += 1
            value |= (byte & 0x7F) << (7 * place)
            if byte < 0x80:
                return value % WORD, position
        raise DamagedFileError("it ends inside a number")


def whole_numbers(message: Message, field: int) -> list[int]:
    """The whole numbers of a repeated field, one by one or packed into one value, from -2^63 to 2^63 - 1."""
    found: list[int] = []
    for value in message.fields.get(field, []):
        if isinstance(value, Message):
            found.extend(value.varints())
        elif isinstance(value, int):
            found.append(value)
        else:
            raise DamagedFileError(f"its field {field} does not hold whole numbers")
    return [value - WORD if value >= WORD // 2 else value for value in found]
