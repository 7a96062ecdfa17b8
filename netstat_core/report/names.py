"""Resolve the names of hosts, networks, ports, protocols and users.

Hosts are resolved concurrently, each once. All look-ups of a run share one time limit, so that a dead resolver delays
a listing by seconds at most; what was not resolved is shown as a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from netstat_core.escape import encode_text, escape, escape_line, printable

if TYPE_CHECKING:
    from netstat_core.report.lookups import Lookups
    from netstat_core.system import System

PATIENCE_SECONDS = 5.0
"""Time limit of all host look-ups of one run together."""

_UNSPECIFIED = {"0.0.0.0": "0.0.0.0", "::": "[::]"}  # noqa: S104 - not bound to, only shown


class Names:
    """Resolves ``hosts``, ``ports`` and ``users``, as far as each is switched on; the rest is shown as numbers.

    ``resolving=False`` (for replays) looks nothing up on this machine. ``known`` holds the names of a snapshot by kind
    (``hosts``, ``networks``, ``services``, ``users``); a kind it has is not looked up. ``used`` holds all names
    returned so far, in the same form. Names are returned with unprintable characters escaped.
    """

    def __init__(  # noqa: PLR0913 - one switch per kind
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
        self._patience = 0 if "hosts" in known else patience
        resolves_hosts = self.resolves_hosts
        resolved = {"hosts": resolves_hosts, "networks": resolves_hosts}
        resolved |= {"services": self.resolves_ports, "users": self.resolves_users}
        self.used: dict[str, dict[str, str]] = {kind: {} for kind, wanted in resolved.items() if wanted}

    @cached_property
    def _hosts(self) -> Lookups:
        """The look-ups of hosts, which begin with the names that are known."""
        from netstat_core.report.lookups import Lookups, look_up_host  # noqa: PLC0415 - imports queue and threading

        return Lookups(look_up_host, self._patience, self._known.get("hosts", {}))

    def expect_hosts(self, addresses: Iterable[str]) -> None:
        """Resolve addresses concurrently in advance."""
        if self.resolves_hosts:
            self._hosts.fetch(address for address in addresses if address not in _UNSPECIFIED)

    def host(self, address: str) -> str:
        """Return the name of a host, or its address if it has none; the unspecified addresses are not resolved."""
        if not self.resolves_hosts:
            return address
        if address in _UNSPECIFIED:
            return _UNSPECIFIED[address]
        self._hosts.fetch((address,))
        return self._record("hosts", address, self._hosts.known[address]) or address

    def network(self, address: str) -> str:
        """Return the name of an IPv4 network from /etc/networks, or its address."""
        if not self.resolves_hosts:
            return address
        known = self._known["networks"] if "networks" in self._known else _read_networks()
        return self._record("networks", address, known.get(address)) or address

    def port(self, number: int, protocol: str) -> str:
        """Return the name of a service or its number, ``*`` for 0.

        ``protocol`` is ``tcp``, ``udp`` or ``raw``; the port of a raw socket is its IP protocol number.
        """
        if number == 0:
            return "*"
        if not self.resolves_ports:
            return str(number)
        key = f"{protocol}/{number}"
        services = self._known.get("services")
        name = _read_services(protocol).get(number) if services is None else services.get(key)
        return self._record("services", key, name) or str(number)

    def user(self, uid: int) -> str:
        """Return the name of a user, or the uid as a signed 32-bit number, as netstat prints it."""
        number = str(uid - (1 << 32) if uid >= 1 << 31 else uid)
        if not self.resolves_users:
            return number
        users = self._known.get("users")
        return self._record("users", str(uid), _look_up_user(uid) if users is None else users.get(str(uid))) or number

    def _record(self, kind: str, key: str, name: str | None) -> str | None:
        if name is not None:
            self.used[kind][key] = name
            return escape_line(name)
        return None


def _escape(name: str) -> str:
    return printable(escape(encode_text(name)))


@cache
def _read_services(protocol: str) -> dict[int, str]:
    """Return service names by port; the last of several entries for a port wins, as in netstat."""
    names = {number: name for name, number in _parse_table("/etc/protocols")} if protocol == "raw" else {}
    names.update((number, name) for name, number in _parse_table("/etc/services", protocol))
    return names


def _parse_table(path: str, protocol: str | None = None) -> Iterable[tuple[str, int]]:
    for words in _read_database(path):
        if len(words) > 1:
            number, _, of = words[1].partition("/")
            if number.isascii() and number.isdigit() and (protocol is None or of == protocol):
                yield words[0], int(number)


@cache
def _read_networks() -> dict[str, str]:
    """Return the names in /etc/networks by dotted quad; short addresses (``loopback 127``) are padded with zeros."""
    names: dict[str, str] = {}
    for words in _read_database("/etc/networks"):
        if len(words) > 1:
            quad = ".".join((words[1].split(".") + ["0"] * 4)[:4])
            names.setdefault(quad, words[0])
    return names


def _read_database(path: str) -> Iterable[list[str]]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.readlines()
    except OSError:
        return
    for line in lines:
        yield [_escape(word) for word in line.partition("#")[0].split()]


@cache
def _look_up_user(uid: int) -> str | None:
    import pwd  # noqa: PLC0415 - only where users are shown

    try:
        return _escape(pwd.getpwuid(uid).pw_name)
    except (KeyError, OverflowError):
        return None


def make_names(system: System, *, resolve: bool = False, **wanted: bool) -> Names:
    """Return the names for a system; those missing in a snapshot are looked up here only with ``resolve``."""
    return Names(resolving=system.machine.live or resolve, known=system.names, **wanted)
