"""Interfaces from files: /proc/net/dev for the counters, sysfs for attributes, if_inet6 for IPv6 addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from netstat_core.plugin import GREATEST_INTEGER, About, Gap, Problem, Record, bounded, escape
from netstat_iface import proc_if_inet6
from netstat_iface.proc_if_inet6 import IF_INET6
from netstat_iface.record import LAST_VLAN, interface
from netstat_iface.selection import selected
from netstat_iface.sys_class_net import Attributes, fill

DEV = "/proc/net/dev"
DEV_MCAST = "/proc/net/dev_mcast"
VLANS = "/proc/net/vlan/config"
PARTS = "/sys/class/net/*/statistics/*"

_ROW = re.compile(rb"\s*(.*):\s*([-0-9].*)", re.DOTALL)
_INDEX = re.compile(rb"[0-9]{1,10}")
_VLAN = re.compile(rb"(\S+) *\| *([0-9]{1,4}) *\| *(\S+)\s*")
_COUNTER = re.compile(rb"[0-9]{1,20}\n?")
_ROW_WITHOUT_COUNTERS = re.compile(rb"\s*(.*):\s*No statistics available\.\s*", re.DOTALL)

_RECEIVED = ("rx_packets", "rx_errors", "rx_dropped_total", "rx_fifo_errors", "rx_frame_total")
_SENT = ("tx_packets", "tx_errors", "tx_dropped", "tx_fifo_errors", "collisions", "tx_carrier_total")
COLUMNS = {
    b"compressed": ("rx_bytes", *_RECEIVED, "rx_compressed", "multicast", "tx_bytes", *_SENT, "tx_compressed"),
    b"bytes": ("rx_bytes", *_RECEIVED, "tx_bytes", *_SENT),
    b"": (*_RECEIVED, *_SENT),
}
"""The columns of /proc/net/dev by a word in its header: since 2.2, early 2.1, and 2.0."""

Content = Mapping[str, bytes]


def parse(about: About, contents: Mapping[str, Any]) -> Iterator[Record | Problem | Gap]:
    """The interfaces of /proc/net/dev with what the other files add.

    sysfs belongs to the namespace whose process mounted it: it is used if it lists the same interfaces by name and
    no file below /proc/net has another number for one.
    """
    records: dict[str, Record] = {}
    names = set()
    if_inet6: bytes | None = contents[IF_INET6]
    for row in parse_dev(contents[DEV]):
        if isinstance(row, Problem):
            names.add(_name_of(row.raw))
            yield row
        else:
            records[row["name"]] = row
    owned = []
    for found in proc_if_inet6.parse(if_inet6 or b""):
        if isinstance(found, Problem):
            yield found
        else:
            owned.append(found)
    numbered: dict[str, int] = {}
    yield from _take_numbers(contents[DEV_MCAST] or b"", numbered)
    numbers = {**numbered, **{name: index for index, name, _ in owned}}
    for name, index in numbers.items():
        if name in records:
            records[name]["index"] = index or None
    sysfs = Attributes(contents)
    if sysfs.agree_with(names.union(records), numbers):
        fill(records, sysfs)
        _add_parts(records, contents[PARTS] or {})
    elif sysfs.names:
        yield Gap("unreadable", "/sys/class/net", "shows the interfaces of another network namespace")
    yield from _add_vlans(records, contents[VLANS] or b"")
    if about.asked.wants("addresses"):
        yield Gap("not_in_kernel", "/proc/net", "no file tells the IPv4 addresses of interfaces, or alias names")
        _add_addresses(records, owned if if_inet6 is not None else None)
    yield from selected(about.asked.interfaces, records.values())


def parse_dev(content: bytes) -> Iterator[Record | Problem]:
    """The rows of /proc/net/dev. Kernels before 3.0 leave no blank behind the colon; 2.0 has rows for aliases."""
    lines = content.split(b"\n")
    header = b"\n".join(lines[:2])
    columns = next(columns for word, columns in COLUMNS.items() if word in header)
    for number, line in enumerate(lines[2:], 3):
        if line.strip():
            try:
                yield _row(line, columns)
            except ValueError:
                yield Problem(DEV, f"not a name, a colon and {len(columns)} numbers", line, number)


def _row(line: bytes, columns: tuple[str, ...]) -> Record:
    bare = _ROW_WITHOUT_COUNTERS.fullmatch(line)
    if bare is not None:
        return interface(escape(bare[1]))
    found = _ROW.fullmatch(line)
    words = found[2].split() if found else []
    if found is None or len(words) < len(columns):
        raise ValueError("too few columns")
    # Old kernels print counters with a sign.
    counters = [bounded(int(word)) & GREATEST_INTEGER for word in words]
    return {**interface(escape(found[1])), **dict(zip(columns, counters, strict=False))}


def _name_of(line: bytes) -> str:
    """The name in a row whose numbers could not be read: its interface is there."""
    return escape(line.partition(b":")[0].strip())


def _take_numbers(dev_mcast: bytes, numbers: dict[str, int]) -> Iterator[Problem]:
    """Note the numbers of interfaces, the first column of rows as ``2    eth0      1     0     333300000001``."""
    for place, line in enumerate(dev_mcast.split(b"\n"), 1):
        words = line.split()
        if len(words) > 1 and _INDEX.fullmatch(words[0]):
            numbers[escape(words[1])] = int(words[0])
        elif words:
            yield Problem(DEV_MCAST, "a row needs the number and the name of an interface", line, place)


def _add_addresses(records: dict[str, Record], owned: list[tuple[int, str, Record]] | None) -> None:
    """Give interfaces their IPv6 addresses; without if_inet6 nothing is known of addresses."""
    if owned is None:
        return
    for record in records.values():
        record["addresses"] = []
    for _, name, address in owned:
        if name in records:
            records[name]["addresses"].append(address)


def _add_parts(records: dict[str, Record], statistics: Content) -> None:
    """The counters of /sys/class/net/NAME/statistics that /proc/net/dev has only sums of, or not at all."""
    for path, content in statistics.items():
        _, _, _, _, name, _, counter = path.split("/", 6)
        record = records.get(escape(name.encode("utf-8", "surrogateescape")))
        if record is not None and record.get(counter, 0) is None and _COUNTER.fullmatch(content):
            record[counter] = int(content)


def _add_vlans(records: dict[str, Record], config: bytes) -> Iterator[Problem]:
    """VLAN ids and the interfaces below: rows ``NAME | ID | DEVICE`` of /proc/net/vlan/config, behind two headings."""
    for place, line in enumerate(config.split(b"\n")[2:], 3):
        found = _VLAN.fullmatch(line)
        if found is None or int(found[2]) > LAST_VLAN:
            if line.strip():
                yield Problem(VLANS, "a row needs a name, a VLAN and the interface below", line, place)
        elif record := records.get(escape(found[1])):
            record.update(link_kind="vlan", vlan_id=int(found[2]), link=escape(found[3]))
