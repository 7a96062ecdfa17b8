"""Count the work of a parser instead of measuring time: lines of Python, and bytes handed to functions in C."""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, SimpleNamespace
from typing import Any

import pytest

from netstat_core.plugin import message_shapes


class Work:
    """Work done so far: ``lines`` of Python, and ``size``, the bytes that ``array`` and ``struct`` have handled."""

    def __init__(self) -> None:
        self.lines = 0
        self.size = 0

    def trace(self, _frame: FrameType, event: str, _argument: object) -> Callable[..., Any]:
        """Count a line; for sys.settrace."""
        self.lines += event == "line"
        return self.trace


def _make_counting_array(work: Work) -> type:
    class CountingArray(array):  # type: ignore[type-arg]
        """An array that counts what it is made of, and what is sliced, compared or repeated."""

        def __init__(self, *_arguments: object) -> None:
            work.size += len(self) * self.itemsize

        def __getitem__(self, index: Any) -> Any:
            if not isinstance(index, slice):
                return super().__getitem__(index)
            part = super().__getitem__(index)
            work.size += len(part) * self.itemsize
            return part

        def __mul__(self, number: int) -> Any:
            work.size += len(self) * self.itemsize * number
            return super().__mul__(number)

    return CountingArray


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    """Count the work that is done inside, in this thread."""
    work = Work()

    def iter_unpack(layout: str, buffer: bytes) -> Any:
        work.size += len(buffer)
        return struct.iter_unpack(layout, buffer)

    before = sys.gettrace()
    with monkeypatch.context() as patch:
        patch.setattr(message_shapes, "array", _make_counting_array(work))
        patch.setattr(message_shapes, "struct", SimpleNamespace(iter_unpack=iter_unpack, calcsize=struct.calcsize))
        sys.settrace(work.trace)
        try:
            yield work
        finally:
            sys.settrace(before)
