"""What plugins say and how long they take: nothing of it reaches standard output, and a person who waits learns why."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout

from netstat_core.escape import one_line
from netstat_core.host import interrupts

SILENCE_SECONDS = 5.0
"""How long a person waits before hearing for which plugin."""

SLOW_SECONDS = 1.0
"""What a plugin may take to be imported, or to answer a hook, before that is told."""

_MOST_HEARD = 400
_POLLS = 10
"""How often the time is looked at within what counts as silence."""


class Watch:
    """Tells which plugin's code is running once it has run for a while; ``say`` is given the line.

    Without ``say`` nobody waits, and nothing is watched.
    """

    def __init__(self, say: Callable[[str], None] | None = None) -> None:
        self._say = say
        self._seconds = SILENCE_SECONDS
        self._running: tuple[str, float] | None = None
        self._thread: threading.Thread | None = None

    def begin(self, what: str) -> None:
        """Some code of a plugin starts to run."""
        if self._say is None:
            return
        self._running = (what, time.monotonic())
        if self._thread is None:
            self._thread = threading.Thread(target=self._look, args=(self._say,), daemon=True)
            self._thread.start()

    def end(self) -> None:
        """It has come back."""
        self._running = None

    @contextmanager
    def over(self, what: str) -> Iterator[None]:
        """What is inside is some code of a plugin."""
        self.begin(what)
        try:
            yield
        finally:
            self.end()

    def _look(self, say: Callable[[str], None]) -> None:
        told = None
        while True:
            time.sleep(self._seconds / _POLLS)
            running = self._running
            if running is not None and running is not told and time.monotonic() - running[1] >= self._seconds:
                told = running
                say(f"still waiting for {running[0]}")


class _Heard(io.TextIOBase):
    """Takes the place of standard output, and keeps the beginning of what is written to it."""

    def __init__(self) -> None:
        self.text = ""
        self.buffer = io.BytesIO()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str) -> int:
        """Keep some of it."""
        self.text += text[: max(_MOST_HEARD - len(self.text), 0)]
        return len(text)


@contextmanager
def overheard(watch: Watch, plugin: str, what: str, remark: Callable[[str], None]) -> Iterator[None]:
    """A plugin is imported, or answers a hook: what it prints, and how long it takes, may be worth a remark."""
    interrupts.watch()
    heard = _Heard()
    started = time.perf_counter()
    try:
        with redirect_stdout(heard), watch.over(plugin):
            yield
    finally:
        took = time.perf_counter() - started
        if heard.text.strip() or heard.buffer.getbuffer().nbytes:
            remark(f"{plugin}: {what}: writes to standard output: {one_line(heard.text)!r}")
        if took > SLOW_SECONDS:
            remark(f"{plugin}: {what}: took {took:.1f} seconds")
