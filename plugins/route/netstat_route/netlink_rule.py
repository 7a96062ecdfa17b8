"""The reader of policy rules: RTM_GETRULE dumps (struct fib_rule_hdr and FRA_ attributes of linux/fib_rules.h).

/proc does not show rules. A kernel without policy routing answers with EAFNOSUPPORT; it searches the tables local and
main.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from netstat_core.plugin import (
    AF,
    NETLINK_ROUTE,
    NLMSG_HDRLEN,
    About,
    Attributes,
    Column,
    Datagrams,
    NetlinkDump,
    Problem,
    Reader,
    Record,
    attributes,
    bounded,
    escape,
    feed,
    is_silent,
    messages,
    plain_table,
)
from netstat_route.addresses import WIDTHS, format_address
from netstat_route.next_hops import format_realms
from netstat_route.rule_record import EMPTY_RULE, Rule
from netstat_route.words import PROTOCOLS, TABLES, to_word, to_word_or_number

# linux/rtnetlink.h
RTM_NEWRULE = 32
RTM_GETRULE = 34

# linux/fib_rules.h
FIB_RULE_INVERT = 0x2

FR_ACT_TO_TBL = 1
FR_ACT_GOTO = 2
FR_ACT_NOP = 3
FR_ACT_BLACKHOLE = 6
FR_ACT_UNREACHABLE = 7
FR_ACT_PROHIBIT = 8

FRA_DST = 1
FRA_SRC = 2
FRA_IIFNAME = 3
FRA_GOTO = 4
FRA_PRIORITY = 6
FRA_FWMARK = 10
FRA_FLOW = 11
FRA_TUN_ID = 12
FRA_SUPPRESS_IFGROUP = 13
FRA_SUPPRESS_PREFIXLEN = 14
FRA_TABLE = 15
FRA_FWMASK = 16
FRA_OIFNAME = 17
FRA_PAD = 18
FRA_L3MDEV = 19
FRA_UID_RANGE = 20
FRA_PROTOCOL = 21
FRA_IP_PROTO = 22
FRA_SPORT_RANGE = 23
FRA_DPORT_RANGE = 24
FRA_FLOWLABEL_MASK = 27
FRA_SPORT_MASK = 28
FRA_DPORT_MASK = 29
FRA_DSCP_MASK = 30

FIB_RULE_HDR_SIZE = 12

TABLE = "rules"

_ACTIONS = {
    FR_ACT_TO_TBL: "table",
    FR_ACT_GOTO: "goto",
    FR_ACT_NOP: "nop",
    FR_ACT_BLACKHOLE: "blackhole",
    FR_ACT_UNREACHABLE: "unreachable",
    FR_ACT_PROHIBIT: "prohibit",
}
_LEAST = NLMSG_HDRLEN + FIB_RULE_HDR_SIZE
_MASKS = frozenset({FRA_FLOWLABEL_MASK, FRA_SPORT_MASK, FRA_DPORT_MASK, FRA_DSCP_MASK})
"""Attributes that belong to a selector and select nothing alone."""

_NOT_SET = 0xFFFFFFFF
"""The value of FRA_SUPPRESS_PREFIXLEN and FRA_SUPPRESS_IFGROUP in rules that suppress nothing."""


def make_request(family: str) -> NetlinkDump:
    """Return the dump of a family's rules."""
    body = struct.pack("=B11x", AF[family])
    return NetlinkDump(f"route/{family}-rules", protocol=NETLINK_ROUTE, type=RTM_GETRULE, body=body, strict=True)


def make_parser(family: str) -> Callable[[About, Datagrams], Iterator[Record | Problem]]:
    """Return the parser of a family's rules, which yields them in the order in which the kernel applies them."""

    def parse(about: About, datagrams: Datagrams) -> Iterator[Record | Problem]:
        source = make_request(family).name
        for message in messages(source, datagrams, RTM_NEWRULE, _LEAST, about.order):
            if isinstance(message, Problem):
                yield message
                continue
            try:
                record = _parse_message(message, about.order, family)
            except (ValueError, struct.error) as error:
                yield Problem(source, f"not a rule: {error}", message)
                continue
            if record is not None:
                yield record

    return parse


def _parse_message(message: bytes, order: str, family: str) -> Record | None:
    """Return the record of a message, None for another family. Raise struct.error or ValueError if it is not a rule."""
    number, length, source_length, tos, table, action, flags = struct.unpack_from(
        f"{order}5B2xBI", message, NLMSG_HDRLEN
    )
    if number != AF[family]:
        return None
    attrs = attributes(message, _LEAST, order)
    is_l3mdev = bool(attrs.number(FRA_L3MDEV, 0))
    table = attrs.number(FRA_TABLE, table)
    return {
        **EMPTY_RULE,
        "family": family,
        "priority": attrs.number(FRA_PRIORITY, 0),
        "action": to_word(_ACTIONS, action),
        "table": to_word_or_number(TABLES, table) if action == FR_ACT_TO_TBL and not is_l3mdev else None,
        "goto": attrs.number(FRA_GOTO, None),
        "inverted": bool(flags & FIB_RULE_INVERT),
        "source": _parse_prefix(attrs.get(FRA_SRC), source_length, family),
        "destination": _parse_prefix(attrs.get(FRA_DST), length, family),
        "incoming_interface": _parse_name(attrs, FRA_IIFNAME),
        "outgoing_interface": _parse_name(attrs, FRA_OIFNAME),
        "l3mdev": is_l3mdev,
        "tos": tos or None,
        **_parse_marks(attrs),
        "uids": _parse_range(attrs, FRA_UID_RANGE, "I"),
        "ip_protocol": attrs.number(FRA_IP_PROTO, None),
        "source_ports": _parse_range(attrs, FRA_SPORT_RANGE, "H"),
        "destination_ports": _parse_range(attrs, FRA_DPORT_RANGE, "H"),
        "tunnel_id": bounded(int.from_bytes(attrs[FRA_TUN_ID], "big")) if attrs.get(FRA_TUN_ID) else None,
        "further_selectors": sorted(kind for kind in attrs if kind > FRA_DPORT_RANGE and kind not in _MASKS),
        "suppress_prefix_length": _parse_suppressed(attrs, FRA_SUPPRESS_PREFIXLEN),
        "suppress_interface_group": _parse_suppressed(attrs, FRA_SUPPRESS_IFGROUP),
        "realms": format_realms(attrs.number(FRA_FLOW, 0)),
        "protocol": to_word_or_number(PROTOCOLS, attrs.number(FRA_PROTOCOL, 0)) if FRA_PROTOCOL in attrs else None,
    }


def _parse_prefix(raw: bytes | None, length: int, family: str) -> str | None:
    """Return a prefix; the kernel leaves out the address of length 0."""
    if raw is None:
        return None if not length else f"{format_address(bytes(WIDTHS[family]))}/{length}"
    if len(raw) != WIDTHS[family] or length > WIDTHS[family] * 8:
        raise ValueError("a prefix of another family")
    return f"{format_address(raw)}/{length}"


def _parse_name(attrs: Attributes, kind: int) -> str | None:
    name = attrs.text(kind)
    return None if name is None else escape(name)


def _parse_marks(attrs: Attributes) -> Record:
    """Return ``mark`` and ``mark_mask``; a rule without FRA_FWMARK but with a mask selects packets without a mark."""
    if FRA_FWMARK not in attrs and FRA_FWMASK not in attrs:
        return {"mark": None, "mark_mask": None}
    return {"mark": attrs.number(FRA_FWMARK, 0), "mark_mask": attrs.number(FRA_FWMASK, _NOT_SET)}


def _parse_range(attrs: Attributes, kind: int, form: str) -> Record | None:
    numbers = attrs.numbers(kind, form)
    return {"first": numbers[0], "last": numbers[1]} if len(numbers) > 1 else None


def _parse_suppressed(attrs: Attributes, kind: int) -> int | None:
    number = attrs.number(kind, _NOT_SET)
    return None if number == _NOT_SET else number


_COLUMNS = (
    Column("Priority", field="priority", width=8, align="right"),
    Column("Action", field="action", width=11),
    Column("Table", field="table", width=10),
    Column("From", field="source", width=20),
    Column("To", field="destination", width=20),
    Column("Iif", field="incoming_interface", width=10),
    Column("Oif", field="outgoing_interface", width=10),
    Column("Mark", field="mark"),
)


def _make_reader(family: str, position: int) -> Reader:
    title = "Kernel IP routing rules" if family == "inet" else "Kernel IPv6 routing rules"
    table = plain_table(f"rules-{family}", title, _COLUMNS)
    return Reader(
        f"rules-{family}",
        table=TABLE,
        position=position,
        families=(family,),
        kind="rule",
        record=Rule,
        feeds=(feed("netlink", make_request(family), parse=make_parser(family)),),
        layouts={"net-tools": table.replace(complain=is_silent)},
    )


READERS = (_make_reader("inet", 1020), _make_reader("inet6", 1030))
