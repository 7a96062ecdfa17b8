"""Observation of plugins: report what they print to standard output, and when they take long."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING

from netstat_core.escape import to_one_line
from netstat_core.host import interrupts

if TYPE_CHECKING:
    import threading

SILENCE_SECONDS = 5.0
"""Running time of a plugin's code after which a user is told what is waited for."""

SLOW_SECONDS = 1.0
"""Time that a plugin's import or hook may take without a remark."""

_MOST_CAPTURED = 400
_POLLS = 10
"""How often the clock is checked within SILENCE_SECONDS."""


class Watch:
    """Reports which plugin's code is running once it has run for SILENCE_SECONDS.

    ``say(line)`` is called from another thread. Without ``say`` nothing is watched.
    """

    def __init__(self, say: Callable[[str], None] | None = None) -> None:
        self._say = say
        self._seconds = SILENCE_SECONDS
        self._running: tuple[str, float] | None = None
        self._thread: threading.Thread | None = None

    def begin(self, what: str) -> None:
        """Note that code of a plugin starts to run; ``what`` names it in messages."""
        if self._say is None:
            return
        self._running = (what, time.monotonic())
        if self._thread is None:
            import threading  # noqa: PLC0415 - only where plugins that are not built in may take long

            self._thread = threading.Thread(target=self._poll, args=(self._say,), daemon=True)
            self._thread.start()

    def end(self) -> None:
        """Note that the code has returned."""
        self._running = None

    @contextmanager
    def track(self, what: str) -> Iterator[None]:
        """Context manager that calls :meth:`begin` and :meth:`end`."""
        self.begin(what)
        try:
            yield
        finally:
            self.end()

    def _poll(self, say: Callable[[str], None]) -> None:
        reported = None
        while True:
            time.sleep(self._seconds / _POLLS)
            running = self._running
            if running is not None and running is not reported and time.monotonic() - running[1] >= self._seconds:
                reported = running
                say(f"still waiting for {running[0]}")


class _CapturedOutput(io.TextIOBase):
    """Replaces standard output and keeps the beginning of what is written to it."""

    def __init__(self) -> None:
        self.text = ""
        self.buffer = io.BytesIO()

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, text: str) -> int:
        """Keep the text up to the limit."""
        self.text += text[: max(_MOST_CAPTURED - len(self.text), 0)]
        return len(text)


@contextmanager
def observe_plugin(watch: Watch, plugin: str, what: str, remark: Callable[[str], None]) -> Iterator[None]:
    """Context in which a plugin is imported or a hook called; ``remark(line)`` gets what it prints or that it is slow.

    ``plugin`` and ``what`` (the hook) begin the line.
    """
    interrupts.watch()
    output = _CapturedOutput()
    started = time.perf_counter()
    try:
        with redirect_stdout(output), watch.track(plugin):
            yield
    finally:
        elapsed = time.perf_counter() - started
        if output.text.strip() or output.buffer.getbuffer().nbytes:
            remark(f"{plugin}: {what}: writes to standard output: {to_one_line(output.text)!r}")
        if elapsed > SLOW_SECONDS:
            remark(f"{plugin}: {what}: took {elapsed:.1f} seconds")
