"""What listens: sockets merged by protocol and port, or by name."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from netstat_core.facts.sanitise import MOST_KEYS, MOST_SOCKETS, safe, safe_text
from netstat_core.facts.schema import Reason
from netstat_core.facts.tables import Part
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sinks import Head
from netstat_core.query import ARGUMENTS, DETAILS

_WILDCARD6 = "::"
_MOST_NAMED = 20


class _Listeners(Part):
    """Sockets by key; ``_told`` makes the entry of a key from its sockets."""

    table = ""

    def __init__(self, head: Head) -> None:
        super().__init__(head)
        self._sockets: dict[str, list[Record]] = {}
        self._taken = 0

    def add(self, reader: Reader, record: Record) -> None:
        """One socket, if it listens."""
        key = self._key(record) if (listens := reader.listens) and listens(record) else None
        if key is None:
            return
        if self._taken >= MOST_SOCKETS or (key not in self._sockets and len(self._sockets) >= MOST_KEYS):
            self.left_out += 1
            self.partly.add(reader.name)
            return
        self._taken += 1
        self._sockets.setdefault(key, []).append(record)

    def told(self, read: list[Reader], lacking: list[Reader]) -> dict[str, Any]:  # noqa: ARG002 - one key for all
        """The entries by key, in the order of the keys."""
        keys = sorted(self._sockets, key=self._order)
        return {self.table: {key: self._entry(self._sockets[key]) for key in keys}}

    def doubts(self) -> Iterator[Reason]:
        """The listeners that nobody was seen to hold: the kernel's own, or those of processes out of sight."""
        yield from super().doubts()
        unheld = [key for key, sockets in self._sockets.items() if any(one["processes"] == [] for one in sockets)]
        if unheld and self.head.query.owners:
            unheld.sort(key=self._order)
            more = f" and {len(unheld) - _MOST_NAMED} more" if len(unheld) > _MOST_NAMED else ""
            names = ", ".join(unheld[:_MOST_NAMED])
            yield {"about": "owners", "text": f"nobody was seen to hold {names}{more}: {self.unheld}"}

    unheld = ""

    def _key(self, record: Record) -> str | None:
        raise NotImplementedError

    def _order(self, key: str) -> Any:
        return key

    def _entry(self, sockets: list[Record]) -> dict[str, Any]:
        raise NotImplementedError

    def _held(self, sockets: Iterable[Record]) -> dict[str, Any]:
        """Who holds the sockets."""
        processes: dict[int, dict[str, Any]] = {}
        held_by = {id(socket["processes"]): socket["processes"] or () for socket in sockets}  # sockets may share a list
        for one in (one for holders in held_by.values() for one in holders):
            before = processes.get(one["pid"])
            processes[one["pid"]] = _as_one(before, one) if before and DETAILS in self.head.query.owners else one
        held: dict[str, Any] = {
            "processes": sorted({safe_text(one["name"]) for one in processes.values() if one["name"]}),
            "pids": sorted(processes),
            "owner_seen": all(map(_are_known, held_by.values())),
        }
        if not {DETAILS, ARGUMENTS}.isdisjoint(self.head.query.owners):
            held["owners"] = [safe(processes[pid]) for pid in sorted(processes)]
        return held


def _are_known(holders: Collection[dict[str, Any]]) -> bool:
    """Whether a socket's processes could be seen, and none had gone before it told its name."""
    return bool(holders) and all(one["name"] is not None for one in holders)


def _as_one(process: dict[str, Any], again: dict[str, Any]) -> dict[str, Any]:
    """A process as the holder of several sockets: what differs are its descriptors, and the unit that opened them."""
    numbers = {number for one in (process, again) for number in one.get("descriptors") or ()}
    unit = process.get("socket_unit") or again.get("socket_unit")
    return {**process, "descriptors": sorted(numbers) if numbers else again.get("descriptors"), "socket_unit": unit}


class Listening(_Listeners):
    """Internet sockets by protocol and port."""

    table = "listening"
    unheld = "the kernel has them for itself, or processes out of sight do, as of another PID namespace"

    def _key(self, record: Record) -> str | None:
        number = record["local_port"] if record["local_port"] is not None else record["ip_protocol"]
        return f"{record['protocol']}/{number}" if number else None

    def _order(self, key: str) -> Any:
        protocol, _, number = key.partition("/")
        return protocol, int(number)

    def _entry(self, sockets: list[Record]) -> dict[str, Any]:
        told = _told_apart(sockets)
        uids = sorted({one["uid"] for one in sockets if one["uid"] is not None})
        names: Callable[[int], str] = self.head.names.user
        users = {uid: names(uid) for uid in uids}
        return {
            "addresses": sorted({one for socket in sockets for one in _addresses(socket)}, key=_numerically),
            "families": sorted({one["family"] for one in sockets}),
            "uids": uids,
            "users": sorted({safe_text(name) for uid, name in users.items() if name not in (str(uid), "")}),
            "v6_only": _v6_only(sockets),
            "reachable": sorted({family for one in sockets for family in _reachable(one)}),
            **self._held(sockets),
            **({"sockets": told} if told else {}),
        }


def _told_apart(sockets: list[Record]) -> list[dict[str, Any]]:
    """The different sockets, where their addresses are not all that differs."""
    known: dict[tuple[Any, ...], dict[str, Any]] = {}
    looks = set()
    held_by = {id(one["processes"]): one["processes"] or () for one in sockets}
    names_of = {key: sorted({safe_text(one["name"]) for one in held if one["name"]}) for key, held in held_by.items()}
    for one in sockets:
        names = names_of[id(one["processes"])]
        is_seen = _are_known(held_by[id(one["processes"])])
        look = (one["v6_only"] if _is_wildcard6(one) else None, is_seen, *names)
        looks.add(look)
        for address in _addresses(one):
            socket = {"address": address, "v6_only": look[0], "processes": names, "owner_seen": look[1]}
            known[_numerically(address), look] = socket
    return [known[key] for key in sorted(known, key=repr)] if len(looks) > 1 else []


def _addresses(socket: Record) -> list[str]:
    named = socket["local_addresses"] or [socket["local_address"]]
    return [str(address) for address in named if address is not None]


def _numerically(address: str) -> tuple[int, int, str]:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return 0, 0, address
    return parsed.version, int(parsed), address


def _v6_only(sockets: Iterable[Record]) -> bool | None:
    """Whether all that listens on :: takes no IPv4; None where one does not tell, or nothing listens there."""
    told = {one["v6_only"] for one in sockets if _is_wildcard6(one)}
    return None if not told or None in told else all(told)


def _reachable(socket: Record) -> tuple[str, ...]:
    if socket["family"] == "inet" or socket["v4_mapped"]:
        return ("inet",)
    return ("inet", "inet6") if _is_wildcard6(socket) and not socket["v6_only"] else ("inet6",)


def _is_wildcard6(socket: Record) -> bool:
    return socket["family"] == "inet6" and _WILDCARD6 in _addresses(socket)


class UnixListening(_Listeners):
    """UNIX sockets by name."""

    table = "unix_listening"
    unheld = "processes out of sight do, or their rows are forged"

    def _key(self, record: Record) -> str | None:
        path = record["path"]
        return None if path is None else safe_text(f"@{path}" if record["abstract"] else path)

    def doubts(self) -> Iterator[Reason]:
        """Also names that share an inode, as no two sockets do: whoever binds a name with line breaks forges rows."""
        yield from super().doubts()
        names: dict[int, set[str]] = {}
        for key, sockets in self._sockets.items():
            for one in sockets:
                names.setdefault(one["inode"], set()).add(key)
        shared = sorted({key for inode, keys in names.items() if inode and len(keys) > 1 for key in keys})
        if shared:
            yield {"about": "source", "text": f"forged: {', '.join(shared[:_MOST_NAMED])} are of one socket"}

    def _entry(self, sockets: list[Record]) -> dict[str, Any]:
        types = {one["type"] for one in sockets}
        return {
            "type": types.pop() if len(types) == 1 else None,
            "abstract": all(one["abstract"] for one in sockets),
            **self._held(sockets),
        }
