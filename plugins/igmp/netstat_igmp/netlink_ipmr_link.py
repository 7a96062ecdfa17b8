"""RTM_GETLINK dumps of RTNL_FAMILY_IPMR (net/ipv4/ipmr.c): the vifs of IPv4 multicast routing in all tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netstat_core.plugin import (
    IFINFOMSG_SIZE,
    NLMSG_HDRLEN,
    RTM_NEWLINK,
    About,
    Datagrams,
    Problem,
    Record,
    SourceError,
    attributes,
    interface_names,
    messages,
)
from netstat_igmp.addresses import none_if_unspecified, packed_to_text
from netstat_igmp.record import VIF_FLAGS, VIFF_USE_IFINDEX, flag_words, table_name

DUMP = "route/multicast_vifs"

# linux/rtnetlink.h
RTNL_FAMILY_IPMR = 128
RTNL_FAMILY_IP6MR = 129

# linux/if_link.h
IFLA_AF_SPEC = 26

# linux/mroute.h
IPMRA_TABLE_ID = 1
IPMRA_TABLE_VIFS = 6

IPMRA_VIF = 1

IPMRA_VIFA_IFINDEX = 1
IPMRA_VIFA_VIF_ID = 2
IPMRA_VIFA_FLAGS = 3
IPMRA_VIFA_BYTES_IN = 4
IPMRA_VIFA_BYTES_OUT = 5
IPMRA_VIFA_PACKETS_IN = 6
IPMRA_VIFA_PACKETS_OUT = 7
IPMRA_VIFA_LOCAL_ADDR = 8
IPMRA_VIFA_REMOTE_ADDR = 9

IPMR = {"inet": RTNL_FAMILY_IPMR, "inet6": RTNL_FAMILY_IP6MR}
"""The rtnetlink families of multicast routing by address family."""

_FIXED_SIZE = NLMSG_HDRLEN + IFINFOMSG_SIZE
_COUNTER = 8


def parse(about: About, tables: Datagrams, links: Datagrams | None) -> Iterator[Record | Problem]:
    """Yield the vifs of all IPv4 tables. Raise SourceError if the kernel cannot dump them (before Linux 4.12)."""
    problems: list[Problem] = []
    names = interface_names(about, links, problems)
    for message in check_family(IPMR["inet"], DUMP, messages(DUMP, tables, RTM_NEWLINK, _FIXED_SIZE, about.order)):
        if isinstance(message, Problem):
            yield message
            continue
        table = attributes(message, _FIXED_SIZE, about.order).nest(IFLA_AF_SPEC)
        for vif in table.all_of(IPMRA_TABLE_VIFS, IPMRA_VIF):
            yield _vif_record(vif, table_name(table.number(IPMRA_TABLE_ID, 0)), names, about.order)
    yield from problems


def _vif_record(raw: bytes, table: str, names: dict[int, str], order: str) -> Record | Problem:
    vif = attributes(raw, 0, order)
    numbers = {
        kind: vif.number(kind, 0, _COUNTER) for kind in range(IPMRA_VIFA_IFINDEX, IPMRA_VIFA_LOCAL_ADDR) if kind in vif
    }
    flags = numbers.get(IPMRA_VIFA_FLAGS, 0)
    try:
        return {
            "family": "inet",
            "table": table,
            "vif": numbers[IPMRA_VIFA_VIF_ID],
            "interface": names.get(numbers[IPMRA_VIFA_IFINDEX]),
            "flags": flag_words(flags, VIF_FLAGS),
            "local_address": None if flags & VIFF_USE_IFINDEX else packed_to_text(vif[IPMRA_VIFA_LOCAL_ADDR]),
            "remote_address": none_if_unspecified(packed_to_text(vif[IPMRA_VIFA_REMOTE_ADDR])),
            "rx_bytes": numbers[IPMRA_VIFA_BYTES_IN],
            "rx_packets": numbers[IPMRA_VIFA_PACKETS_IN],
            "tx_bytes": numbers[IPMRA_VIFA_BYTES_OUT],
            "tx_packets": numbers[IPMRA_VIFA_PACKETS_OUT],
        }
    except (KeyError, ValueError):
        return Problem(DUMP, "a vif lacks an attribute", raw)


def check_family(family: int, source: str, dumped: Iterable[bytes | Problem]) -> Iterator[bytes | Problem]:
    """Yield the messages unchanged; raise SourceError at the first message of another family.

    A kernel without multicast routing, or too old to dump it, answers with the links or routes of all families.
    """
    for message in dumped:
        if isinstance(message, bytes) and message[NLMSG_HDRLEN] != family:
            raise SourceError(source, "the kernel does not dump multicast routing")
        yield message
