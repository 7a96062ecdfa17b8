"""Interfaces from files: counters from /proc/net/dev, attributes from sysfs, IPv6 addresses from if_inet6.

/proc/net/dev, /proc/net/dev_mcast (index, interface, users, global use, address) and /proc/net/vlan/config::

    Inter-|   Receive                                                |  Transmit
     face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier ...
        lo:   18168       6    0    0    0     0          0         0    18168       6    0    0    0     0       0 ...

    8    eth0            2     0     01005e000001

    VLAN Dev name   | VLAN ID
    Name-Type: VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD
    eth0.100.7     | 7  | eth0.100

Names may contain colons. Kernels before 3.0 print no blank after the colon once a counter fills its column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from netstat_core.plugin import GREATEST_INTEGER, About, Batch, Gap, Header, Problem, Record, TextFile, bounded, escape
from netstat_iface import proc_if_inet6
from netstat_iface.proc_if_inet6 import IF_INET6
from netstat_iface.record import LAST_VLAN, make_record
from netstat_iface.selection import select_interfaces
from netstat_iface.sys_class_net import Attributes, add_attributes, find_damage

DEV = "/proc/net/dev"
DEV_MCAST = "/proc/net/dev_mcast"
VLANS = "/proc/net/vlan/config"
VLAN_FIELDS = ("link_kind", "vlan_id", "link")
PARTS = "/sys/class/net/*/statistics/*"

HEADER = Header("Inter-|\nface colls carrier")
_VLAN_HEADER = Header("VLAN Dev name | VLAN ID\nName-Type:")
_ROW = re.compile(rb"\s*(.*):\s*([-0-9].*)", re.DOTALL)
_ADDRESS = re.compile(rb"([0-9]{1,10}) +(\S+) +-?[0-9]{1,10} +-?[0-9]{1,10} +(?:[0-9a-f]{2})*")
"""A row of /proc/net/dev_mcast; its address is empty on devices without hardware addresses."""
_VLAN = re.compile(rb"(\S+) *\| *([0-9]{1,4}) *\| *(\S+)\s*")
_COUNTER = re.compile(rb"[0-9]{1,20}\n")
_ROW_WITHOUT_COUNTERS = re.compile(rb"\s*(.*):\s*No statistics available\.\s*", re.DOTALL)

_RECEIVED = ("rx_packets", "rx_errors", "rx_dropped_total", "rx_fifo_errors", "rx_frame_total")
_SENT = ("tx_packets", "tx_errors", "tx_dropped", "tx_fifo_errors", "collisions", "tx_carrier_total")
COLUMNS = {
    b"compressed": ("rx_bytes", *_RECEIVED, "rx_compressed", "multicast", "tx_bytes", *_SENT, "tx_compressed"),
    b"bytes": ("rx_bytes", *_RECEIVED, "tx_bytes", *_SENT),
    b"": (*_RECEIVED, *_SENT),
}
"""Columns of /proc/net/dev by a word in its header: Linux 2.2 and later, early 2.1, 2.0."""

MOST_INTERFACES = 1 << 13
"""Lines that are read of a file, since interfaces are put together in memory. Netlink has no such limit."""

Content = Mapping[str, bytes]


def parse(about: About, contents: Mapping[str, Any]) -> Iterator[Batch | Problem | Gap]:
    """Yield the interfaces of /proc/net/dev, completed from the other files.

    sysfs shows the network namespace of the process that mounted it. It is used only if it lists the same names, and
    no file below /proc/net has another index for one of them.
    """
    records: dict[str, Record] = {}
    names: set[str] = set()
    if_inet6: bytes | None = contents[IF_INET6]
    for row in parse_dev(contents[DEV]):
        if isinstance(row, dict):
            records[row["name"]] = row
        else:
            names |= {_parse_name(row.raw)} if isinstance(row, Problem) else set()
            yield row
    owned = []
    for address in proc_if_inet6.parse(if_inet6 or b""):
        if isinstance(address, tuple):
            owned.append(address)
        else:
            yield address
    dev_mcast_indexes: dict[str, int] = {}
    yield from _parse_dev_mcast(contents[DEV_MCAST] or b"", dev_mcast_indexes)
    numbers = {**dev_mcast_indexes, **{name: index for index, name, _ in owned}}
    for name, index in numbers.items():
        if name in records:
            records[name]["index"] = index or None
    sysfs = Attributes(contents)
    if sysfs.matches(names.union(records), numbers):
        add_attributes(records, sysfs)
        yield from find_damage(contents)
        yield from _add_statistics(records, contents[PARTS] or {})
    elif sysfs.names:
        yield Gap("unreadable", "/sys/class/net", "shows the interfaces of another network namespace")
    yield from _add_vlans(records, contents[VLANS])
    if about.asked.wants("addresses"):
        yield Gap("not_in_kernel", "/proc/net", "no file lists IPv4 addresses of interfaces or alias names")
        _add_addresses(records, owned if if_inet6 is not None else None)
    yield from select_interfaces(about.asked.interfaces, Batch(records.values()))


def parse_dev(content: bytes) -> Iterator[Record | Problem | Gap]:
    """Yield the interfaces of /proc/net/dev; Linux 2.0 has rows for aliases too."""
    text = TextFile(DEV, content, HEADER)
    columns = next(columns for word, columns in COLUMNS.items() if word in text.head or not text.head)
    for number, line in text.rows():
        if number > MOST_INTERFACES:
            yield Gap("truncated", DEV, f"only the first {MOST_INTERFACES} lines are read, which are kept in memory")
            return
        if line.strip():
            try:
                yield _parse_row(line, columns)
            except ValueError:
                yield text.problem(f"a row needs a name, a colon and {len(columns)} numbers", line, number)
    yield from text.gaps


def _parse_row(line: bytes, columns: tuple[str, ...]) -> Record:
    bare = _ROW_WITHOUT_COUNTERS.fullmatch(line)
    if bare is not None:
        return make_record(escape(bare[1]))
    match = _ROW.fullmatch(line)
    words = match[2].split() if match else []
    if match is None or len(words) < len(columns):
        raise ValueError("too few columns")
    # Old kernels print counters with a sign.
    counters = [bounded(int(word)) & GREATEST_INTEGER for word in words]
    return {**make_record(escape(match[1])), **dict(zip(columns, counters, strict=False))}


def _parse_name(line: bytes) -> str:
    """Return the name in a row whose numbers could not be parsed; such an interface exists."""
    return escape(line.partition(b":")[0].strip())


def _parse_dev_mcast(dev_mcast: bytes, numbers: dict[str, int]) -> Iterator[Problem | Gap]:
    """Add the indexes of interfaces by name to ``numbers``; yield problems."""
    text = TextFile(DEV_MCAST, dev_mcast)
    for number, line in text.rows():
        match = _ADDRESS.fullmatch(line)
        if match is not None and len(numbers) < MOST_INTERFACES:
            numbers[escape(match[2])] = int(match[1])
        elif match is not None:
            yield Gap("truncated", DEV_MCAST, f"only {MOST_INTERFACES} names are read, which are kept in memory")
            break
        else:
            yield text.problem("a row needs index and name of an interface, two counts and an address", line, number)
    yield from text.gaps


def _add_addresses(records: dict[str, Record], owned: list[tuple[int, str, Record]] | None) -> None:
    """Add the IPv6 addresses to their interfaces; without if_inet6 (``owned`` is None) addresses stay unknown."""
    if owned is None:
        return
    for record in records.values():
        record["addresses"] = []
    for _, name, address in owned:
        if name in records:
            records[name]["addresses"].append(address)


def _add_statistics(records: dict[str, Record], statistics: Content) -> Iterator[Problem]:
    """Add the counters of /sys/class/net/NAME/statistics that /proc/net/dev does not have, or only in sums."""
    for path, content in statistics.items():
        _, _, _, _, name, _, counter = path.split("/", 6)
        record = records.get(escape(name.encode("utf-8", "surrogateescape")))
        if not _COUNTER.fullmatch(content):
            yield Problem(path, "not a counter", content)
        elif record is not None and record.get(counter, 0) is None:
            record[counter] = int(content)


def _add_vlans(records: dict[str, Record], config: bytes | None) -> Iterator[Problem | Gap]:
    """Add VLAN ids and lower interfaces from /proc/net/vlan/config; yield problems."""
    if config is None:
        return
    text = TextFile(VLANS, config, _VLAN_HEADER)
    for number, line in text.rows():
        match = _VLAN.fullmatch(line)
        if match is None or int(match[2]) > LAST_VLAN:
            if line.strip():
                yield text.problem("a row needs a name, a VLAN id and the lower interface", line, number)
        elif record := records.get(escape(match[1])):
            record.update(link_kind="vlan", vlan_id=int(match[2]), link=escape(match[3]))
    yield from text.gaps
