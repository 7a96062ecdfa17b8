"""Records from files: every shape of /proc/net/dev, and what sysfs, if_inet6 and the VLAN list add."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from link_messages import QUERY
from netstat_iface import proc_dev, proc_if_inet6, sys_class_net
from yielded import one_by_one

from netstat_core.plugin import About, Gap, Problem
from netstat_core.report.selection import asked_of

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER = (
    b"Inter-|   Receive  |  Transmit\n"
    b" face |bytes    packets errs drop fifo frame compressed multicast|bytes ... colls carrier\n"
)
HEADER_13 = (
    b"Inter-|   Receive  |  Transmit\n face |bytes packets errs drop fifo frame|bytes packets errs ... colls carrier\n"
)
HEADER_11 = (
    b"Inter-|   Receive  |  Transmit\n face |packets errs drop fifo frame|packets errs drop fifo colls carrier\n"
)
NUMBERS = b" ".join(b"%d" % number for number in range(1, 17))
IF_INET6 = b"fe8000000000000000fc00fffe000001 02 40 20 80     eth0\n"


def rows(content: bytes) -> list[Any]:
    """Return records and problems of /proc/net/dev."""
    return list(proc_dev.parse_dev(content))


def read(dev: bytes, attributes: Mapping[str, Mapping[str, str]] | None = None, **files: Any) -> list[Any]:
    """Return all that the files give: attributes by name and interface, other files by the parser's names."""
    given = {
        name: {f"/sys/class/net/{one}/{name}": f"{value}\n".encode() for one, value in values.items()}
        for name, values in (attributes or {}).items()
    }
    paths = {
        "if_inet6": proc_if_inet6.IF_INET6,
        "dev_mcast": proc_dev.DEV_MCAST,
        "vlans": proc_dev.VLANS,
        "statistics": proc_dev.PARTS,
    }
    contents = {name: given.get(name) for name in sys_class_net.ATTRIBUTES}
    others = {path: files.get(name) for name, path in paths.items()}
    return list(one_by_one(proc_dev.parse(About(asked_of(QUERY)), {proc_dev.DEV: dev, **others, **contents})))


def records(*arguments: Any, **files: Any) -> dict[str, Any]:
    """Return the records of files by name."""
    return {one["name"]: one for one in read(*arguments, **files) if isinstance(one, dict)}


def test_sixteen_columns() -> None:
    """The columns since Linux 2.2 are bytes, packets, errors and so on, with sums where the kernel prints sums."""
    (record,) = rows(HEADER + b"  eth0: " + NUMBERS + b"\n")
    assert (record["rx_bytes"], record["rx_packets"], record["rx_dropped_total"], record["multicast"]) == (1, 2, 4, 8)
    assert (record["tx_bytes"], record["collisions"], record["tx_carrier_total"], record["tx_compressed"]) == (
        9,
        14,
        15,
        16,
    )
    assert record["rx_frame_total"] == 6
    assert record["rx_dropped"] is record["rx_missed_errors"] is record["tx_carrier_errors"] is None


@pytest.mark.parametrize(
    ("header", "count", "bytes_", "packets", "carrier"),
    [(HEADER, 16, (1, 9), (2, 10), 15), (HEADER_13, 13, (1, 7), (2, 8), 13), (HEADER_11, 11, (None, None), (1, 6), 11)],
)
def test_older_columns(
    header: bytes, count: int, bytes_: tuple[int | None, ...], packets: tuple[int, ...], carrier: int
) -> None:
    """The header tells which columns there are: 2.0 has no bytes, early 2.1 no compressed packets."""
    line = b"eth0:" + b" ".join(NUMBERS.split()[:count])
    (record,) = rows(header + line + b"\n")
    assert (record["rx_bytes"], record["tx_bytes"]) == bytes_
    assert (record["rx_packets"], record["tx_packets"]) == packets
    assert record["tx_carrier_total"] == carrier


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b"  eth0:123 " + NUMBERS, "eth0"),
        (b"eth0:1:    " + NUMBERS, "eth0:1"),
        (b"a:b:c: " + NUMBERS, "a:b:c"),
        (b"\xe9\\: " + NUMBERS, "\\xe9\\\\"),
        (b"abcdefghijklmno: " + NUMBERS, "abcdefghijklmno"),
    ],
)
def test_names(line: bytes, name: str) -> None:
    """A name ends at the last colon, with or without a blank behind it; any bytes can be in it."""
    (record,) = rows(HEADER + line + b"\n")
    assert record["name"] == name


def test_a_driver_without_counters() -> None:
    """A row of Linux 2.0 that says so gives an interface whose counters are unknown."""
    (record,) = rows(HEADER_11 + b"  ppp0: No statistics available.\n")
    assert (record["name"], record["rx_packets"]) == ("ppp0", None)


@pytest.mark.parametrize(
    "line", [b"no colon", b"lo: 1 2", b"lo:", b": x", b"lo: " + NUMBERS[:-2] + b"x", b"lo: " + b"9" * 5000]
)
def test_bad_rows(line: bytes) -> None:
    """What is no row is a problem with its line, and the next row is read."""
    problem, record = rows(HEADER + line + b"\nlo: " + NUMBERS + b"\n")
    assert isinstance(problem, Problem)
    assert (problem.line, problem.raw, record["name"]) == (3, line, "lo")


def test_negative_counters() -> None:
    """Counters that an old kernel printed with a sign count as the unsigned numbers they were."""
    (record,) = rows(HEADER + b"lo: -1 " + NUMBERS + b"\n")
    assert record["rx_bytes"] == 2**64 - 1


SYSFS = {
    "ifindex": {"eth0": "2\n"},
    "flags": {"eth0": "0x1003\n"},
    "operstate": {"eth0": "up\n"},
    "carrier": {"eth0": "1\n"},
    "mtu": {"eth0": "1500\n"},
    "type": {"eth0": "1\n"},
    "address": {"eth0": "02:00:00:00:00:01\n"},
    "iflink": {"eth0": "2\n"},
    "ifalias": {"eth0": "to the caf\N{LATIN SMALL LETTER E WITH ACUTE}\n"},
}
ETH0 = HEADER + b"eth0: " + NUMBERS + b"\n"


def test_attributes() -> None:
    """Attributes of sysfs are taken, with the flags that the kernel computes only when asked over netlink."""
    record = records(ETH0, SYSFS)["eth0"]
    assert record["flags"] == ["broadcast", "lower_up", "multicast", "running", "up"]
    assert (record["index"], record["mtu"], record["hardware_type"]) == (2, 1500, "ether")
    assert (record["hardware_address"], record["oper_state"], record["link"]) == ("02:00:00:00:00:01", "up", None)
    assert record["description"] == "to the café"


@pytest.mark.parametrize(
    ("state", "flags", "expected"),
    [
        ("unknown", "0x9", ["loopback", "running", "up"]),
        ("down", "0x1", ["up"]),
        ("dormant", "0x1", ["dormant", "up"]),
        ("up", "0x2", ["broadcast"]),
        ("", "0x1", ["up"]),
    ],
)
def test_running(state: str, flags: str, expected: list[str]) -> None:
    """An interface runs that is up and whose operational state is up or unknown."""
    attributes = {"ifindex": {"eth0": "2"}, "flags": {"eth0": flags}, "operstate": {"eth0": state}}
    assert records(ETH0, attributes)["eth0"]["flags"] == expected


def test_master_and_link() -> None:
    """Masters and interfaces below are named by their numbers; one that is elsewhere keeps its number only."""
    dev = HEADER + b"".join(name + b": " + NUMBERS + b"\n" for name in (b"eth0", b"br0", b"eth1"))
    attributes = {
        "ifindex": {"eth0": "2", "br0": "3", "eth1": "4"},
        "iflink": {"eth0": "4", "br0": "3", "eth1": "77"},
        "master/ifindex": {"eth0": "3"},
    }
    found = records(dev, attributes)
    assert (found["eth0"]["master"], found["eth0"]["link"], found["eth0"]["link_index"]) == ("br0", "eth1", 4)
    assert (found["br0"]["link"], found["br0"]["link_index"]) == (None, None)
    assert (found["eth1"]["link"], found["eth1"]["link_index"]) == (None, 77)


@pytest.mark.parametrize(
    ("dev", "files"),
    [
        (ETH0, {"if_inet6": IF_INET6.replace(b" 02 ", b" 07 ")}),
        (ETH0, {"dev_mcast": b"7    eth0            1     0     01005e000001\n"}),
        (ETH0 + b"eth1: " + NUMBERS + b"\n", {}),
        (HEADER + b"lo: " + NUMBERS + b"\n", {}),
    ],
)
def test_sysfs_of_another_namespace(dev: bytes, files: dict[str, bytes]) -> None:
    """Sysfs that lists other names, or a name under another number, is left alone, which the report tells."""
    pieces = read(dev, SYSFS, **files)
    assert {one["mtu"] for one in pieces if isinstance(one, dict)} == {None}
    assert "/sys/class/net" in [one.source for one in pieces if isinstance(one, Gap)]


def test_parts_of_sums() -> None:
    """Counters that /proc/net/dev only has sums of come from sysfs; those it has stay as they are."""
    folder = "/sys/class/net/eth0/statistics"
    statistics = {f"{folder}/rx_missed_errors": b"3\n", f"{folder}/rx_packets": b"9\n", f"{folder}/rx_dropped": b"bad"}
    record = records(ETH0, SYSFS, statistics=statistics)["eth0"]
    assert (record["rx_missed_errors"], record["rx_packets"], record["rx_dropped"]) == (3, 2, None)


def test_addresses() -> None:
    """IPv6 addresses are told, what no file tells is a gap; without if_inet6 addresses are unknown."""
    pieces = read(ETH0, if_inet6=IF_INET6 + b"bad\n")
    (record,) = (one for one in pieces if isinstance(one, dict))
    (address,) = record["addresses"]
    assert (address["address"], address["prefix_length"], address["scope"]) == ("fe80::fc:ff:fe00:1", 64, "link")
    assert (address["flags"], record["index"]) == (["permanent"], 2)
    assert [one.reason for one in pieces if isinstance(one, Gap)] == ["not_in_kernel"]
    assert [one.line for one in pieces if isinstance(one, Problem)] == [2]
    assert records(ETH0)["eth0"]["addresses"] is None


def test_numbers_of_absurd_size() -> None:
    """Numbers longer than any the kernel has are left out: no text or count of digits makes a parser fail."""
    attributes = {"ifindex": {"eth0": "2"}, "mtu": {"eth0": "0x" + "f" * 6000}, "flags": {"eth0": "9" * 6000}}
    lines = IF_INET6.replace(b" 20 ", b" " + b"f" * 6000 + b" ") + IF_INET6.replace(b" 02 ", b" " + b"f" * 6000 + b" ")
    pieces = read(ETH0, attributes, if_inet6=lines, dev_mcast=b"9" * 6000 + b" eth0 1 0 01005e\n")
    (record,) = (one for one in pieces if isinstance(one, dict))
    assert (record["mtu"], record["flags"], record["addresses"]) == (None, None, [])
    problems = [(one.source.rpartition("/")[2], one.line) for one in pieces if isinstance(one, Problem)]
    in_proc, in_sysfs = [("dev_mcast", 1), ("if_inet6", 1), ("if_inet6", 2)], [("flags", None), ("mtu", None)]
    assert sorted(problems, key=str) == sorted(in_proc + in_sysfs, key=str)


def test_vlans() -> None:
    """The VLAN list tells ids and interfaces below."""
    config = b"VLAN Dev name\t | VLAN ID\nName-Type: VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD\neth0           | 100  | eth9\n"
    record = records(ETH0, vlans=config)["eth0"]
    assert (record["link_kind"], record["vlan_id"], record["link"]) == ("vlan", 100, "eth9")
