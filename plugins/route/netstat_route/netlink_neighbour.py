"""The reader of neighbours: RTM_GETNEIGH dumps (struct ndmsg and NDA_ attributes), else /proc/net/arp."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping

from netstat_core.plugin import (
    AF,
    LINKS,
    NETLINK_ROUTE,
    NLMSG_HDRLEN,
    About,
    Asked,
    Column,
    Datagrams,
    File,
    Input,
    Layout,
    NetlinkDump,
    Problem,
    Query,
    Reader,
    Record,
    attributes,
    feed,
    from_asked,
    interface_names,
    is_silent,
    messages,
    plain_table,
)
from netstat_route import proc_arp
from netstat_route.addresses import format_address
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


def parse(about: About, entries: Datagrams, proxies: Datagrams, links: Datagrams | None) -> Iterator[Record | Problem]:
    """Yield the entries, then the proxies."""
    problems: list[Problem] = []
    names = interface_names(about, links, problems)
    for source, dump in (("route/neighbours", entries), ("route/proxies", proxies)):
        for message in messages(source, dump, RTM_NEWNEIGH, NLMSG_HDRLEN, about.order):
            if isinstance(message, Problem):
                yield message
                continue
            try:
                record = _parse_message(about, names, message)
            except (ValueError, struct.error) as error:
                yield Problem(source, f"not a neighbour: {error}", message)
                continue
            if record is not None:
                yield record
    yield from problems


def _parse_message(about: About, interfaces: Mapping[int, str], message: bytes) -> Record | None:
    """Return the record of a message, None for families not asked for.

    Raise struct.error or ValueError if it is not a neighbour.
    """
    order = about.order
    family, index, state, flags, _ = struct.unpack_from(f"{order}16xB3xiHBB", message)
    if family not in _FAMILIES or not about.asked.serves_family(_FAMILIES[family]):
        return None
    attrs = attributes(message, _LEAST, order)
    is_proxy = bool(flags & NTF_PROXY)
    extended_flags = attrs.number(NDA_FLAGS_EXT, 0)
    return {
        **EMPTY,
        "family": _FAMILIES[family],
        "address": format_address(attrs.get(NDA_DST, b"")),
        "hardware_address": attrs[NDA_LLADDR].hex(":") if attrs.get(NDA_LLADDR) else None,
        "interface": interfaces.get(index),
        "state": None if is_proxy else to_word(NEIGHBOUR_STATES, state),
        "flags": sorted(
            to_flag_words(NEIGHBOUR_FLAGS, flags & ~NTF_PROXY) + to_flag_words(_EXTENDED_FLAGS, extended_flags)
        ),
        "proxy": is_proxy,
        "probes": attrs.number(NDA_PROBES, None),
        **_parse_times(attrs.get(NDA_CACHEINFO, b""), about),
        "protocol": to_word_or_number(PROTOCOLS, attrs.number(NDA_PROTOCOL, 0)) if attrs.get(NDA_PROTOCOL) else None,
    }


def _parse_times(payload: bytes, about: About) -> Record:
    """Parse struct nda_cacheinfo: three times elapsed in ticks of USER_HZ, and the reference count."""
    if len(payload) < NDA_CACHEINFO_SIZE:
        return {}
    confirmed, used, updated, ref_count = struct.unpack_from(f"{about.order}4I", payload)
    ticks = about.ticks_per_second
    return {
        "ref_count": ref_count,
        "confirmed_seconds": confirmed / ticks,
        "used_seconds": used / ticks,
        "updated_seconds": updated / ticks,
    }


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
