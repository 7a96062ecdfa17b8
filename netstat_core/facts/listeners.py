"""Listening sockets in facts: Internet sockets merged by protocol and port, UNIX sockets by name."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from netstat_core.facts.sanitise import MOST_KEYS, MOST_SOCKETS, safe, safe_text
from netstat_core.facts.schema import Reason
from netstat_core.facts.shares import keep_fair_shares, user_of
from netstat_core.facts.tables import Part
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sinks import Head
from netstat_core.query import ARGUMENTS, DETAILS

EPHEMERAL = "ephemeral"
"""Stands for the port in the key of sockets whose ports the kernel assigned: ``udp/ephemeral``."""

LOCAL_PORTS = "local_ports"
"""The kind of the record of assigned ports, and its table."""

DATAGRAMS = ("udp", "udplite")
"""Protocols of which a client that does not connect looks like a server."""

HIGHEST_PORT = 0xFFFF

_WILDCARD6 = "::"
_MOST_NAMED = 20


_Added = tuple[str, Record, str]
"""A listening socket: its key, its record, and the name of the reader."""


def _user_of_added(added: _Added) -> int:
    return user_of(added[1])


class _Listeners(Part):
    """Listening sockets by key. Subclasses define ``_make_key``, ``_make_entry`` and the order of keys."""

    table = ""

    def __init__(self, head: Head) -> None:
        super().__init__(head)
        self._sockets: dict[str, list[Record]] = {}
        self._added: list[_Added] = []

    def add(self, reader: Reader, batch: Batch) -> None:
        """Add sockets; those that do not listen are ignored."""
        if reader.listens is None:
            return
        listening = reader.select_listening(batch).read_only()
        keyed = ((self._make_key(record), record) for record in listening)
        self._added += ((key, record, reader.name) for key, record in keyed if key is not None)
        if len(self._added) > 2 * MOST_SOCKETS:
            self._limit_sockets()

    def settle(self) -> None:
        """Limit the sockets that were added, and group them by key."""
        self._limit_sockets()
        self._limit_keys()
        for key, record, _reader in self._added:
            self._sockets.setdefault(key, []).append(record)
        self._added = []

    def _limit_sockets(self) -> None:
        if len(self._added) > MOST_SOCKETS:
            self._added, others = keep_fair_shares(self._added, MOST_SOCKETS, _user_of_added)
            self._note_left_out(others)

    def _limit_keys(self) -> None:
        """Leave out the sockets of some keys; a key is root's if any of its sockets is."""
        users: dict[str, int] = {}
        for added in self._added:
            user = _user_of_added(added)
            users[added[0]] = 0 if user == 0 else users.get(added[0], user)
        if len(users) > MOST_KEYS:
            keys = set(keep_fair_shares(list(users), MOST_KEYS, users.__getitem__)[0])
            self._note_left_out([added for added in self._added if added[0] not in keys])
            self._added = [added for added in self._added if added[0] in keys]

    def _note_left_out(self, others: list[_Added]) -> None:
        self.left_out += len(others)
        self.partly.update(reader for _key, _record, reader in others)

    def to_facts(self, read: list[Reader], lacking: list[Reader]) -> dict[str, Any]:  # noqa: ARG002 - one key for all
        """Return the entries by key, sorted by key."""
        self.settle()
        keys = sorted(self._sockets, key=self._order)
        return {self.table: {key: self._make_entry(self._sockets[key]) for key in keys}}

    def doubts(self) -> Iterator[Reason]:
        """Yield also the listeners that nobody holds, where the kernel has none of its own."""
        self.settle()
        yield from super().doubts()
        unheld = [key for key, sockets in self._sockets.items() if any(not socket["processes"] for socket in sockets)]
        if unheld and self.unheld and self.head.query.owners:
            unheld.sort(key=self._order)
            more = f" and {len(unheld) - _MOST_NAMED} more" if len(unheld) > _MOST_NAMED else ""
            names = ", ".join(unheld[:_MOST_NAMED])
            yield {"about": "owners", "text": f"nobody was seen to hold {names}{more}: {self.unheld}"}

    unheld = ""
    """Why nobody holds a listener; empty if the kernel itself may hold it."""

    def _make_key(self, record: Record) -> str | None:
        raise NotImplementedError

    def _order(self, key: str) -> Any:
        return key

    def _make_entry(self, sockets: list[Record]) -> dict[str, Any]:
        raise NotImplementedError

    def _describe_holders(self, sockets: Iterable[Record]) -> dict[str, Any]:
        """Return the fields of an entry that describe the processes of its sockets; null if nobody looked for them."""
        if not self.head.query.owners:
            return dict.fromkeys(("processes", "pids", "owner_seen"))
        processes: dict[int, dict[str, Any]] = {}
        # Sockets may share one list of processes; go through each list once.
        lists = {id(socket["processes"]): socket["processes"] for socket in sockets}
        for process in (process for holders in lists.values() for process in holders or ()):
            known = processes.get(process["pid"])
            has_details = known and DETAILS in self.head.query.owners
            processes[process["pid"]] = _merge_process(known, process) if known and has_details else process
        fields: dict[str, Any] = {
            "processes": sorted({safe_text(process["name"]) for process in processes.values() if process["name"]}),
            "pids": sorted(processes),
            "owner_seen": all(map(_are_known, lists.values())),
        }
        if not {DETAILS, ARGUMENTS}.isdisjoint(self.head.query.owners):
            fields["owners"] = [safe(processes[pid]) for pid in sorted(processes)]
        return fields


def _are_known(holders: Collection[dict[str, Any]] | None) -> bool:
    """Return whether a socket's processes are known, and none exited before its name was read.

    They are known to be none if the kernel itself holds the socket.
    """
    return holders is not None and all(process["name"] is not None for process in holders)


def _merge_process(process: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Merge a process as the holder of two sockets; these differ in descriptors and in the unit that opened them."""
    numbers = {number for holder in (process, other) for number in holder.get("descriptors") or ()}
    unit = process.get("socket_unit") or other.get("socket_unit")
    return {**process, "descriptors": sorted(numbers) if numbers else other.get("descriptors"), "socket_unit": unit}


class Listening(_Listeners):
    """Internet sockets by protocol and port."""

    table = "listening"

    def __init__(self, head: Head) -> None:
        super().__init__(head)
        self._assigned: _AssignedPorts | None = None

    def add(self, reader: Reader, batch: Batch) -> None:
        """Add sockets, or the ports that the kernel assigns."""
        if reader.kind == LOCAL_PORTS:
            self._assigned = _AssignedPorts(batch[-1])
        else:
            super().add(reader, batch)

    def to_facts(self, read: list[Reader], lacking: list[Reader]) -> dict[str, Any]:
        """Return the entries by key; those of assigned ports of a protocol that processes hold as one entry."""
        if all(reader.kind == LOCAL_PORTS for reader in read):
            return {}
        self.settle()
        self._sockets = self._join_assigned(self._sockets)
        return super().to_facts(read, lacking)

    def _join_assigned(self, sockets: dict[str, list[Record]]) -> dict[str, list[Record]]:
        joined: dict[str, list[Record]] = {}
        for key, found in sockets.items():
            for socket in found:
                is_assigned = self._assigned is not None and self._assigned.includes(socket)
                joined.setdefault(f"{socket['protocol']}/{EPHEMERAL}" if is_assigned else key, []).append(socket)
        return joined

    def _make_key(self, record: Record) -> str | None:
        number = record["local_port"] if record["local_port"] is not None else record["ip_protocol"]
        return f"{record['protocol']}/{number}" if number else None

    def _order(self, key: str) -> Any:
        protocol, _, number = key.partition("/")
        return protocol, HIGHEST_PORT + 1 if number == EPHEMERAL else int(number)

    def _make_entry(self, sockets: list[Record]) -> dict[str, Any]:
        is_joined = self._assigned is not None and self._assigned.includes(sockets[0])
        distinct = _distinguish(sockets, with_ports=is_joined)
        uids = sorted({socket["uid"] for socket in sockets if socket["uid"] is not None})
        names: Callable[[int], str] = self.head.names.user
        users = {uid: names(uid) for uid in uids}
        addresses = {address for socket in sockets for address in _name_addresses(socket)}
        return {
            "addresses": sorted(addresses, key=_address_order),
            "families": sorted({socket["family"] for socket in sockets}),
            "uids": uids,
            "users": sorted({safe_text(name) for uid, name in users.items() if name not in (str(uid), "")}),
            "v6_only": _are_v6_only(sockets),
            "reachable": sorted({family for socket in sockets for family in _get_reachable(socket)}),
            **self._describe_holders(sockets),
            **({"sockets": distinct} if distinct else {}),
        }


class _AssignedPorts:
    """The ports that the kernel assigns to sockets which are not bound to one; a record of kind LOCAL_PORTS."""

    def __init__(self, record: Record) -> None:
        self._range = range(record["first"], record["last"] + 1)
        reserved = (range(ports["first"], ports["last"] + 1) for ports in record["reserved"] or ())
        self._reserved = frozenset[int]().union(*reserved)

    def includes(self, socket: Record) -> bool:
        """Return whether a socket of datagrams has such a port, and the processes that hold it are known."""
        port = socket["local_port"]
        is_assigned = port in self._range and port not in self._reserved
        holders = socket["processes"]
        return is_assigned and socket["protocol"] in DATAGRAMS and bool(holders) and _are_known(holders)


class LocalPorts(Part):
    """The ports that the kernel assigns, by which sockets of clients are told apart."""

    table = LOCAL_PORTS

    def __init__(self, head: Head) -> None:
        super().__init__(head)
        self._ports: Record | None = None

    def _add_record(self, reader: Reader, record: Record) -> None:  # noqa: ARG002 - its kind says all
        self._ports = {key: record[key] for key in ("first", "last", "reserved")}

    def to_facts(self, read: list[Reader], lacking: list[Reader]) -> dict[str, Any]:  # noqa: ARG002 - one record
        """Return the record under its name; nothing if there is none."""
        return {} if self._ports is None else {self.table: safe(self._ports)}


def _distinguish(sockets: list[Record], *, with_ports: bool) -> list[dict[str, Any]]:
    """Return one entry for each different socket; none if they differ only in their addresses.

    ``with_ports`` adds the port of each socket, and then there is always an entry.
    """
    entries: dict[tuple[Any, ...], dict[str, Any]] = {}
    variants = set()
    lists = {id(socket["processes"]): socket["processes"] for socket in sockets}
    names_of = {
        key: sorted({safe_text(process["name"]) for process in holders or () if process["name"]})
        for key, holders in lists.items()
    }
    for socket in sockets:
        names = names_of[id(socket["processes"])]
        is_seen = _are_known(lists[id(socket["processes"])])
        variant = (socket["v6_only"] if _is_wildcard6(socket) else None, is_seen, *names)
        variants.add(variant)
        for address in _name_addresses(socket):
            entry = {"address": address, "v6_only": variant[0], "processes": names, "owner_seen": variant[1]}
            port = socket["local_port"] if with_ports else None
            entries[port, _address_order(address), variant] = {**entry, "port": port} if with_ports else entry
    return [entries[key] for key in sorted(entries, key=repr)] if len(variants) > 1 or with_ports else []


def _get_addresses(socket: Record) -> list[str]:
    addresses = socket["local_addresses"] or [socket["local_address"]]
    return [str(address) for address in addresses if address is not None]


def _name_addresses(socket: Record) -> list[str]:
    """Return the addresses of a socket, each with the device the socket is bound to: ``0.0.0.0%virbr0``."""
    device = "" if socket["interface"] is None else f"%{safe_text(socket['interface'])}"
    return [f"{address}{device}" for address in _get_addresses(socket)]


def _address_order(address: str) -> tuple[int, int, str]:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return 0, 0, address
    return parsed.version, int(parsed), address


def _are_v6_only(sockets: Iterable[Record]) -> bool | None:
    """Return whether no socket on :: accepts IPv4; None if there is no such socket, or this is unknown of one."""
    flags = {socket["v6_only"] for socket in sockets if _is_wildcard6(socket)}
    return None if not flags or None in flags else all(flags)


def _get_reachable(socket: Record) -> tuple[str, ...]:
    """Return the IP versions by which a socket can be reached."""
    if socket["family"] == "inet" or socket["v4_mapped"]:
        return ("inet",)
    return ("inet", "inet6") if _is_wildcard6(socket) and not socket["v6_only"] else ("inet6",)


def _is_wildcard6(socket: Record) -> bool:
    return socket["family"] == "inet6" and _WILDCARD6 in _get_addresses(socket)


class UnixListening(_Listeners):
    """UNIX sockets by name."""

    table = "unix_listening"
    unheld = "they belong to processes that cannot be seen, or their rows are forged"

    def _make_key(self, record: Record) -> str | None:
        path = record["path"]
        return None if path is None else safe_text(f"@{path}" if record["abstract"] else path)

    def doubts(self) -> Iterator[Reason]:
        """Yield also names that share an inode, which two sockets never do.

        A process that binds a name with line breaks forges rows of /proc/net/unix, because the kernel does not escape
        names.
        """
        yield from super().doubts()
        names: dict[int, set[str]] = {}
        for key, sockets in self._sockets.items():
            for socket in sockets:
                names.setdefault(socket["inode"], set()).add(key)
        shared = sorted({key for inode, keys in names.items() if inode and len(keys) > 1 for key in keys})
        if shared:
            yield {"about": "source", "text": f"forged: {', '.join(shared[:_MOST_NAMED])} are names of one socket"}

    def _make_entry(self, sockets: list[Record]) -> dict[str, Any]:
        types = {socket["type"] for socket in sockets}
        return {
            "type": types.pop() if len(types) == 1 else None,
            "abstract": all(socket["abstract"] for socket in sockets),
            **self._describe_holders(sockets),
        }
