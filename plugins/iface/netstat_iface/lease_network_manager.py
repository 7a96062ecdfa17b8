"""Leases of NetworkManager's own client, named by connection and interface, and its notes about devices.

``/var/lib/NetworkManager/internal-1f0bcab1-9a04-4d2e-a0a4-bd93b1b1b1b1-eth0.lease`` has the form of systemd-networkd;
the present client writes the address alone, and tells the times to the kernel only. Leases of other connections of an
interface stay there. ``/run/NetworkManager/devices/2`` names the connection of interface 2::

    [device]
    managed=true
    connection-uuid=1f0bcab1-9a04-4d2e-a0a4-bd93b1b1b1b1
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from netstat_core.plugin import Gap, Problem, TextFile, escape
from netstat_iface.lease import Found
from netstat_iface.lease_networkd import parse_text

CLIENT = "networkmanager"
PATTERN = "/var/lib/NetworkManager/internal-*.lease"
DEVICES = "/run/NetworkManager/devices/*"

_NAME = re.compile(r".*/internal-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-(.+)\.lease", re.DOTALL)
_SECTION = re.compile(rb"\[device\]\n")
_ROW = re.compile(rb"\[[a-z0-9-]+\]|[A-Za-z0-9_.-]+=.*")
_CONNECTION = b"connection-uuid="


def parse(path: str, content: bytes) -> Iterator[Found | Problem | Gap]:
    """Yield the lease of a file; it has no start."""
    match = _NAME.fullmatch(path)
    if match is None:
        yield Problem(path, "not named by a connection and an interface", content)
        return
    interface = escape(match[2].encode("utf-8", "surrogateescape"))
    for piece in parse_text(path, content):
        if isinstance(piece, Found):
            yield piece._replace(client=CLIENT, interface=interface, connection=match[1])
        else:
            yield piece


def parse_devices(contents: Mapping[str, bytes], connections: dict[int, str]) -> Iterator[Problem | Gap]:
    """Add the connections of interfaces to a mapping by index; yield what is wrong with the files."""
    for path, content in contents.items():
        text = TextFile(path, content, first_row=_SECTION, may_be_empty=False)
        for number, line in text.rows():
            if line and not _ROW.fullmatch(line):
                yield text.problem("a row needs a key, an equals sign and a value", line, number)
            name = path.rpartition("/")[2]
            if line.startswith(_CONNECTION) and name.isascii() and name.isdigit() and len(name) < 11:  # noqa: PLR2004
                connections[int(name)] = line.removeprefix(_CONNECTION).decode("utf-8", "replace")
        yield from text.gaps
