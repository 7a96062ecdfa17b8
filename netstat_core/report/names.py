"""Names of hosts, networks, ports, protocols and users by their number.

Hosts are looked up concurrently, each once, and all look-ups of a run together wait a bounded time: with a dead
resolver a listing costs seconds, and shows numbers.
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from types import MappingProxyType

from netstat_core.escape import escape, printable

PATIENCE_SECONDS = 5.0
"""How long all host look-ups of one run may be waited for."""

_WORKERS = 32
_UNSPECIFIED = {"0.0.0.0": "0.0.0.0", "::": "[::]"}  # noqa: S104 - not bound to, only shown


class Names:
    """Names of ``hosts``, ``ports`` and ``users``, each where it is wanted; numbers for everything else.

    With ``resolving=False`` (replays) nothing is looked up here. ``known`` are the names a snapshot brings, by kind
    (hosts, networks, services, users); a kind that it has is never looked up. ``told`` are, in the same form, all names
    that were given out.
    """

    def __init__(  # noqa: PLR0913 - each kind by itself
        self,
        *,
        hosts: bool = False,
        ports: bool = False,
        users: bool = False,
        resolving: bool = True,
        patience: float = PATIENCE_SECONDS,
        known: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    ) -> None:
        self._known = known
        self.resolves_hosts = (resolving or "hosts" in known) and hosts
        self.resolves_ports = (resolving or "services" in known) and ports
        self.resolves_users = (resolving or "users" in known) and users
        self._hosts = _Lookups(_host_name, 0 if "hosts" in known else patience)
        self._hosts.known.update(known.get("hosts", {}))
        resolves_hosts = self.resolves_hosts
        resolved = {"hosts": resolves_hosts, "networks": resolves_hosts}
        resolved |= {"services": self.resolves_ports, "users": self.resolves_users}
        self.told: dict[str, dict[str, str]] = {kind: {} for kind, wanted in resolved.items() if wanted}

    def expect_hosts(self, addresses: Iterable[str]) -> None:
        """Look these up now, side by side, since they will be asked for."""
        if self.resolves_hosts:
            self._hosts.fetch(address for address in addresses if address not in _UNSPECIFIED)

    def host(self, address: str) -> str:
        """A host's name, or its address; the unspecified addresses have no name."""
        if not self.resolves_hosts:
            return address
        if address in _UNSPECIFIED:
            return _UNSPECIFIED[address]
        self._hosts.fetch((address,))
        return self._told("hosts", address, self._hosts.known[address]) or address

    def network(self, address: str) -> str:
        """An IPv4 network's name (/etc/networks), or its address."""
        if not self.resolves_hosts:
            return address
        known = self._known["networks"] if "networks" in self._known else _networks()
        return self._told("networks", address, known.get(address)) or address

    def port(self, number: int, protocol: str) -> str:
        """A service's name for ``tcp``, ``udp`` or ``raw`` (where the port is an IP protocol); ``*`` for 0."""
        if number == 0:
            return "*"
        if not self.resolves_ports:
            return str(number)
        key = f"{protocol}/{number}"
        services = self._known.get("services")
        name = _services(protocol).get(number) if services is None else services.get(key)
        return self._told("services", key, name) or str(number)

    def user(self, uid: int) -> str:
        """A user's name, or the uid as netstat prints it: signed."""
        number = str(uid - (1 << 32) if uid >= 1 << 31 else uid)
        if not self.resolves_users:
            return number
        users = self._known.get("users")
        return self._told("users", str(uid), _user_name(uid) if users is None else users.get(str(uid))) or number

    def _told(self, kind: str, key: str, name: str | None) -> str | None:
        if name is not None:
            self.told[kind][key] = name
        return name


class _Lookups:
    """Answers of a slow function, fetched by daemon threads that nobody waits for at the end."""

    def __init__(self, function: Callable[[str], str | None], patience: float) -> None:
        self.known: dict[str, str | None] = {}
        self._function = function
        self._patience = patience
        self._workers = 0
        self._tasks: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[str, str | None]] = queue.SimpleQueue()

    def fetch(self, keys: Iterable[str]) -> None:
        """Fill ``known`` for these keys, with None for those without an answer in time."""
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
            except Exception:  # noqa: BLE001 - no look-up may end a listing
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


def _host_name(address: str) -> str | None:
    if ":" in address:
        return _clean(socket.getnameinfo((address, 0), socket.NI_NAMEREQD)[0])
    return _clean(socket.gethostbyaddr(address)[0])


def _clean(name: str) -> str:
    return printable(escape(name.encode("utf-8", "surrogateescape")))


@cache
def _services(protocol: str) -> dict[int, str]:
    """Official service names by port; of several entries for one port the last counts, as netstat has it."""
    names = {number: name for name, number in _table("/etc/protocols")} if protocol == "raw" else {}
    names.update((number, name) for name, number in _table("/etc/services", protocol))
    return names


def _table(path: str, protocol: str | None = None) -> Iterable[tuple[str, int]]:
    for words in _database(path):
        if len(words) > 1:
            number, _, of = words[1].partition("/")
            if number.isdigit() and (protocol is None or of == protocol):
                yield words[0], int(number)


@cache
def _networks() -> dict[str, str]:
    """Names of /etc/networks by the dotted quad, to which short forms are filled up with zeros."""
    names: dict[str, str] = {}
    for words in _database("/etc/networks"):
        if len(words) > 1:
            quad = ".".join((words[1].split(".") + ["0"] * 4)[:4])
            names.setdefault(quad, words[0])
    return names


def _database(path: str) -> Iterable[list[str]]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.readlines()
    except OSError:
        return
    for line in lines:
        yield [_clean(word) for word in line.partition("#")[0].split()]


@cache
def _user_name(uid: int) -> str | None:
    import pwd  # noqa: PLC0415 - only where users are shown

    try:
        return _clean(pwd.getpwuid(uid).pw_name)
    except (KeyError, OverflowError):
        return None
