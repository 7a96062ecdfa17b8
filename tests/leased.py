"""A machine with DHCP leases, made from files, their times, and rtnetlink messages."""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from socket import AF_INET, inet_aton
from typing import Any

from netstat_core import Query
from netstat_core.errors import NoPermission, NotInKernel
from netstat_core.plugin import DatedContent, Directory, File, NetlinkDump
from netstat_core.report.run import collect
from netstat_core.system import Machine, System
from netstat_core.system.recording import RecordingSystem

BOOT = 1715688000  # 2024-05-14 12:00:00 UTC
NOW = BOOT + 86400
LEASES = Query(tables=("leases",))
COMMENT = b"# This is private data. Do not parse.\n"
UUID = "1f0bcab1-9a04-4d2e-a0a4-bd93b1b1b1b1"
CACHEINFO = 6
FOR_EVER = 0xFFFFFFFF


def dhclient(interface: str, *statements: str) -> bytes:
    """Return a lease of dhclient of the address 192.0.2.50."""
    lines = [f'interface "{interface}"', "fixed-address 192.0.2.50", *statements]
    return b"lease {\n" + b"".join(f"  {line};\n".encode() for line in lines) + b"}\n"


def bootp(*options: bytes, own: bytes = b"\xc0\x00\x02\x32") -> bytes:
    """Return a server's message with options."""
    return b"\2\1\6\0" + bytes(12) + own + bytes(216) + b"\x63\x82\x53\x63" + b"".join(options) + b"\xff"


def option(code: int, value: bytes | int) -> bytes:
    """Return an option; a number has four bytes."""
    data = value.to_bytes(4, "big") if isinstance(value, int) else value
    return bytes([code, len(data)]) + data


def _attribute(kind: int, payload: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def _message(kind: int, body: bytes) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, 2, 1, 1) + body


def link(index: int, name: str) -> bytes:
    """Return the RTM_NEWLINK message of an interface."""
    return _message(16, struct.pack("=BxHiII", 0, 1, index, 0x1003, 0) + _attribute(3, name.encode() + b"\0"))


def timed(index: int, address: str, valid: int, updated: int) -> bytes:
    """Return the RTM_NEWADDR message of an address with a lifetime, last set at an uptime in seconds."""
    lifetimes = _attribute(CACHEINFO, struct.pack("=4I", valid, valid, 100, updated * 100))
    body = struct.pack("=BBBBI", AF_INET, 24, 0, 0, index)
    return _message(20, body + _attribute(2, inet_aton(address)) + lifetimes)


class Leased(System):
    """Has files with times, and links and addresses if it has netlink; a content of None may not be read."""

    def __init__(
        self,
        files: Mapping[str, bytes | None],
        links: Iterable[str] | None = None,
        addresses: Iterable[bytes] = (),
        *,
        times: Mapping[str, int] | None = None,
        read_at: str | None = "2024-05-15T12:00:00Z",
    ) -> None:
        self.machine = Machine(captured_at=read_at, live=False)
        self._files = dict(files)
        self._times = times or {}
        self._links = None if links is None else [link(*item) for item in enumerate(links, 1)]
        self._addresses = list(addresses)

    def read(self, file: File) -> bytes:
        """Return a content."""
        content = self._files.get(file.path)
        if content is None:
            raise NotInKernel(file.path, os.strerror(errno.ENOENT), errno.ENOENT)
        return content

    def read_all(self, directory: Directory) -> dict[str, bytes]:
        """Return the contents that match."""
        folder = directory.pattern.partition("*")[0].rpartition("/")[0]
        if f"{folder}/" in self._files:
            raise NoPermission(directory.pattern, os.strerror(errno.EACCES), errno.EACCES)
        found = {path: self._files[path] for path in sorted(self._files) if fnmatchcase(path, directory.pattern)}
        if directory.dated:
            return {path: DatedContent.of(content, self._times.get(path)) for path, content in found.items()}
        return {path: content for path, content in found.items() if content is not None}

    def dump(self, request: NetlinkDump) -> Iterator[memoryview | bytes]:
        """Yield the messages of links or addresses."""
        if self._links is None:
            raise NotInKernel(request.name, "not there")
        yield from {"route/links": self._links, "route/addresses": self._addresses}.get(request.name, [])


def report(system: System) -> dict[str, Any]:
    """Return a report about leases."""
    return collect(LEASES, system)


def leases(system: System) -> dict[str, dict[str, Any]]:
    """Return the leases by interface."""
    return {record["interface"]: record for record in report(system)["tables"]["leases"]}


def record(system: System, *queries: Query) -> dict[str, bytes]:
    """Return the snapshot of what some queries read."""
    recording = RecordingSystem(system)
    for query in queries or (LEASES,):
        collect(query, recording)
    return recording.to_tree({})
