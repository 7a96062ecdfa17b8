"""The reader of neighbours: RTM_GETNEIGH dumps (struct ndmsg and NDA_ attributes), else /proc/net/arp."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import compress
from operator import and_, gt
from typing import Any

from netstat_core.plugin import (
    AF,
    LINKS,
    NETLINK_ROUTE,
    NLMSG_HDRLEN,
    REST,
    About,
    Asked,
    AttributeField,
    Batch,
    Column,
    Datagrams,
    File,
    FixedField,
    Input,
    Layout,
    Messages,
    MessageShapes,
    NetlinkDump,
    Problem,
    Query,
    Reader,
    Record,
    Same,
    feed,
    from_asked,
    interface_names,
    is_silent,
    plain_table,
)
from netstat_route import proc_arp
from netstat_route.addresses import WIDTHS, format_address
from netstat_route.neighbour_record import EMPTY, Neighbour
from netstat_route.words import (
    NEIGHBOUR_FLAGS,
    NEIGHBOUR_STATES,
    NTF_PROXY,
    PROTOCOLS,
    to_flag_words,
    to_word,
    to_word_or_number,
)

# linux/rtnetlink.h
RTM_NEWNEIGH = 28
RTM_GETNEIGH = 30

# linux/neighbour.h
NDA_DST = 1
NDA_LLADDR = 2
NDA_CACHEINFO = 3
NDA_PROBES = 4
NDA_PROTOCOL = 12
NDA_FLAGS_EXT = 15

NTF_EXT_MANAGED = 0x1
NTF_EXT_LOCKED = 0x2
NTF_EXT_EXT_VALIDATED = 0x4

NDMSG_SIZE = 12
NDA_CACHEINFO_SIZE = 16

_LEAST = NLMSG_HDRLEN + NDMSG_SIZE
_EXTENDED_FLAGS = {NTF_EXT_MANAGED: "managed", NTF_EXT_LOCKED: "locked", NTF_EXT_EXT_VALIDATED: "ext_validated"}
_FAMILIES = {AF[name]: name for name in ("inet", "inet6")}
_SIZES = frozenset(WIDTHS.values())


def _make_dump(kind: str, flags: int) -> Input[Datagrams]:
    """Return the dump of entries (``flags`` 0) or of proxies (NTF_PROXY), of all families unless one is asked for."""

    def choose_dump(asked: Asked) -> NetlinkDump:
        families = [number for number, family in _FAMILIES.items() if asked.serves_family(family)]
        family = families[0] if len(families) == 1 else 0
        name = _FAMILIES.get(family, "all")
        body, wider_body = (struct.pack("=BxHiHBB", number, 0, 0, 0, flags, 0) for number in (family, 0))
        wider = ((f"route/{kind}-all", wider_body),) if family else ()
        return NetlinkDump(
            f"route/{kind}-{name}", protocol=NETLINK_ROUTE, type=RTM_GETNEIGH, body=body, strict=True, wider=wider
        )

    return from_asked(choose_dump)


_FIELDS_OF_MESSAGES: dict[str, FixedField | AttributeField] = {
    "message": FixedField(4, format="H"),
    "family": FixedField(16, format="B"),
    "index": FixedField(20, format="i"),
    "state": FixedField(24, format="H"),
    "flags": FixedField(26, format="B"),
    "address": AttributeField({(NDA_DST,): REST}),
    "hardware_address": AttributeField({(NDA_LLADDR,): REST}),
    "times": AttributeField({(NDA_CACHEINFO,): f"{NDA_CACHEINFO_SIZE}s"}),
    "probes": AttributeField({(NDA_PROBES,): "I"}, exact=True),
    "protocol": AttributeField({(NDA_PROTOCOL,): "B"}, exact=True),
    "extended_flags": AttributeField({(NDA_FLAGS_EXT,): "I"}, exact=True),
}
"""nlmsg_type, the fields of struct ndmsg, and attributes."""


def parse(about: About, entries: Datagrams, proxies: Datagrams, links: Datagrams | None) -> Iterator[Batch | Problem]:
    """Yield the entries, then the proxies."""
    problems: list[Problem] = []
    names = interface_names(about, links, problems)
    shapes = MessageShapes(about.order, _LEAST, _FIELDS_OF_MESSAGES)
    for source, dump in (("route/neighbours", entries), ("route/proxies", proxies)):
        for datagram in dump:
            for messages in shapes.unpack(datagram):
                if isinstance(messages, bytes):
                    yield Problem(source, "a message is cut off", messages)
                else:
                    yield from _parse_messages(about, names, source, messages)
    yield from problems


def _parse_messages(
    about: About, interfaces: Mapping[int, str], source: str, messages: Messages
) -> Iterator[Batch | Problem]:
    """Yield the neighbours of the families asked for, and a problem for each message without a sound address."""
    numbers = {number for number, family in _FAMILIES.items() if about.asked.serves_family(family)}
    raw: dict[str, Sequence[Any]] = {
        name: messages.column(name) or [None] * len(messages) for name in _FIELDS_OF_MESSAGES
    }
    rows = zip(raw["message"], raw["family"], strict=True)
    asked = [kind == RTM_NEWNEIGH and family in numbers for kind, family in rows]
    sound = [len(address or b"") in _SIZES for address in raw["address"]]
    mask = [*map(and_, asked, sound)]
    if not all(mask):
        raw = {name: [*compress(column, mask)] for name, column in raw.items()}
    yield Batch.of_columns(_make_columns(about, interfaces, raw), len(raw["family"]))
    for place in compress(range(len(messages)), map(gt, asked, sound)):
        yield Problem(source, "not a neighbour: no address, or one of another size", messages.message(place))


def _make_columns(about: About, interfaces: Mapping[int, str], raw: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    proxy = [bool(flags & NTF_PROXY) for flags in raw["flags"]]
    states = {state: to_word(NEIGHBOUR_STATES, state) for state in set(raw["state"])}
    both = [*zip(raw["flags"], raw["extended_flags"], strict=True)]
    flags = {one: _to_flags(*one) for one in set(both)}
    protocols = {None: None} | {
        number: to_word_or_number(PROTOCOLS, number) for number in set(raw["protocol"]) - {None}
    }
    return {
        **dict.fromkeys(EMPTY, Same(None)),
        "family": [*map(_FAMILIES.__getitem__, raw["family"])],
        "address": [*map(format_address, raw["address"])],
        "hardware_address": [address.hex(":") if address else None for address in raw["hardware_address"]],
        "interface": [*map(interfaces.get, raw["index"])],
        "state": [None if one else states[state] for one, state in zip(proxy, raw["state"], strict=True)],
        "flags": [*map(flags.__getitem__, both)],
        "proxy": proxy,
        "probes": raw["probes"],
        **_make_time_columns(raw["times"], about),
        "protocol": [*map(protocols.__getitem__, raw["protocol"])],
    }


def _to_flags(flags: int, extended_flags: int | None) -> list[str]:
    words = to_flag_words(NEIGHBOUR_FLAGS, flags & ~NTF_PROXY) + to_flag_words(_EXTENDED_FLAGS, extended_flags or 0)
    return sorted(words)


def _make_time_columns(payloads: Sequence[bytes | None], about: About) -> dict[str, Any]:
    """Parse struct nda_cacheinfo: three times elapsed in ticks of USER_HZ, and the reference count."""
    unpack = struct.Struct(f"{about.order}4I").unpack
    rows = [unpack(payload) if payload else (None,) * 4 for payload in payloads]
    confirmed, used, updated, ref_count = zip(*rows, strict=True) if rows else ((),) * 4
    ticks = about.ticks_per_second
    times = {"confirmed_seconds": confirmed, "used_seconds": used, "updated_seconds": updated}
    seconds = {name: [one if one is None else one / ticks for one in column] for name, column in times.items()}
    return {"ref_count": ref_count, **seconds}


def shown(query: Query) -> Callable[[Record], bool] | None:
    """Return the row filter: without -a those that ``ip neigh`` shows, so no addresses that need no resolution."""
    if query.show == "all":
        return None
    return lambda record: record["state"] not in ("noarp", "none") or "ext_learned" in (record["flags"] or ())


_COLUMNS = (
    Column("Address", field="address", width=39),
    Column("HW Address", field="hardware_address", width=17),
    Column("Iface", field="interface", width=15),
    Column("State", field="state", width=10),
    Column("Proxy", field="proxy", width=5),
    Column("Flags", field="flags"),
)
_TABLE = plain_table("neighbours", "Kernel neighbour table", _COLUMNS)
_FIELDS = frozenset(column.field for column in _COLUMNS) | {"family"}

READER = Reader(
    name="neighbours",
    table="neighbours",
    position=5000,
    families=tuple(_FAMILIES.values()),
    kind="neighbour",
    record=Neighbour,
    feeds=(
        feed(
            "netlink",
            _make_dump("neighbours", 0),
            _make_dump("proxies", NTF_PROXY),
            LINKS.optional,
            parse=parse,
        ),
        feed(
            "procfs",
            File(proc_arp.PATH),
            parse=proc_arp.parse,
            lacks=frozenset(Neighbour.__annotations__)
            - {"family", "address", "hardware_address", "interface", "proxy"},
        ),
    ),
    layouts={
        "net-tools": Layout(
            block=_TABLE.block, rows=_TABLE.rows, needs=lambda _query: _FIELDS, shown=shown, complain=is_silent
        )
    },
)
