"""Look up the names of hosts: concurrently, each once, and all within one time limit."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping

from netstat_core.escape import encode_text, escape, printable

_WORKERS = 32


class Lookups:
    """Calls a slow function in daemon threads, which do not delay the end of the program."""

    def __init__(self, function: Callable[[str], str | None], patience: float, known: Mapping[str, str]) -> None:
        self.known: dict[str, str | None] = {**known}
        self._function = function
        self._patience = patience
        self._workers = 0
        self._tasks: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[str, str | None]] = queue.SimpleQueue()

    def fetch(self, keys: Iterable[str]) -> None:
        """Set ``known`` for each key, to None if there is no answer within the time limit."""
        missing = {key for key in keys if key not in self.known}
        if self._patience > 0:
            self._start(missing)
            self._wait(missing)
        for key in missing:
            self.known.setdefault(key, None)

    def _start(self, keys: set[str]) -> None:
        for key in keys:
            self._tasks.put(key)
        for _ in range(min(_WORKERS - self._workers, len(keys))):
            self._workers += 1
            threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while True:
            key = self._tasks.get()
            try:
                answer = self._function(key)
            except Exception:  # noqa: BLE001 - a failed look-up is shown as a number
                answer = None
            self._answers.put((key, answer))

    def _wait(self, keys: set[str]) -> None:
        started = time.monotonic()
        deadline = started + self._patience
        waiting = set(keys)
        while waiting:
            try:
                key, answer = self._answers.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            self.known[key] = answer
            waiting.discard(key)
        self._patience -= time.monotonic() - started


def look_up_host(address: str) -> str | None:
    """Return the name of a host, as the resolver of this machine tells it."""
    is_ipv6 = ":" in address
    name = socket.getnameinfo((address, 0), socket.NI_NAMEREQD)[0] if is_ipv6 else socket.gethostbyaddr(address)[0]
    return printable(escape(encode_text(name)))
