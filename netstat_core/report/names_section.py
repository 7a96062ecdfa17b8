"""The ``names`` section of a report: names of the hosts, services and users that its records show as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.schema import Path, marked_fields, reader_schema
from netstat_core.report.names import Names

_TYPES = {"address": str, "port": int, "user": int}
_SERVICES = {"tcp": "tcp", "udp": "udp", "udplite": "udp"}


class NamesSection:
    """Collects addresses, ports and user ids by the marks of their fields, and resolves each once at the end."""

    def __init__(self, known: Mapping[str, Mapping[str, str]]) -> None:
        self._names = Names(hosts=True, ports=True, users=True, known=known)
        self._paths: dict[str, list[tuple[str, Path]]] = {}
        self._seen: dict[str, set[Any]] = {"address": set(), "port": set(), "user": set()}

    @property
    def used(self) -> dict[str, dict[str, str]]:
        """The resolved names by kind, as snapshots keep them."""
        return self._names.used

    def note(self, reader: Reader, records: Iterable[Record]) -> None:
        """Collect the values of all marked fields of some records."""
        paths = self._paths.get(reader.name)
        if paths is None:
            marked = marked_fields(reader_schema(reader))
            paths = self._paths[reader.name] = [(mark, path) for path, mark in marked if mark in self._seen]
        for record in records:
            for mark, path in paths:
                for value in _values(record, path):
                    if (
                        type(value) is _TYPES[mark]
                    ):  # of other types are those of plugins: names of users, groups of ports
                        self._seen[mark].add((str(record.get("protocol")), value) if mark == "port" else value)

    def resolve(self) -> dict[str, dict[str, str]]:
        """Return names by address, by ``protocol/port`` and by user id; values without a name are left out."""
        names, seen = self._names, self._seen
        names.expect_hosts(seen["address"])
        ports = (
            (f"{of}/{port}", str(port), names.port(port, _SERVICES[of])) for of, port in seen["port"] if of in _SERVICES
        )
        return {
            "hosts": _drop_unnamed((address, address, names.host(address)) for address in seen["address"]),
            "services": _drop_unnamed(ports),
            "users": _drop_unnamed((str(uid), str(uid), names.user(uid)) for uid in seen["user"]),
        }


def _drop_unnamed(found: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    return {key: name for key, number, name in sorted(found) if name not in (number, "*", "[::]")}


def _values(value: Any, path: Path) -> Iterator[Any]:
    """Yield the values at a path of keys, descending into lists; nothing if a step is null or absent."""
    if isinstance(value, list):
        for element in value:
            yield from _values(element, path)
    elif value is None:
        return
    elif not path:
        yield value
    elif isinstance(value, dict):
        yield from _values(value.get(path[0]), path[1:])
