"""Names of interfaces by index: RTM_NEWLINK, struct ifinfomsg and IFLA_IFNAME of linux/rtnetlink.h."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from netstat_core import NetlinkDump, escape
from netstat_route.attributes import attributes, messages

Datagrams = Iterable["memoryview | bytes"]

LINKS = NetlinkDump("route/links", protocol=0, type=18, body=bytes(16), restart=True, required=False)
"""RTM_GETLINK for all interfaces, the request other plugins make too."""

_NEW_LINK = 16
_FIXED = 16
_NAME = 3


def interface_names(links: Datagrams | None, order: str) -> dict[int, str]:
    """The names; whatever is no link is passed over."""
    names: dict[int, str] = {}
    index_at = struct.Struct(f"{order}i").unpack_from
    for datagram in links or ():
        data = bytes(datagram)
        try:
            for kind, start, end in messages(data, order):
                if kind == _NEW_LINK and end - start >= _FIXED:
                    name = attributes(data[start:end], _FIXED, order).get(_NAME, b"")
                    names[index_at(data, start + 4)[0]] = escape(name.rstrip(b"\0"))
        except ValueError:
            continue
    return names
