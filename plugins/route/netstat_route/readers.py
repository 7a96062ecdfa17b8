"""The readers of routes in netstat's order: for each family the routes, then the cache."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from netstat_core.plugin import (
    LINKS,
    About,
    Asked,
    Batch,
    Block,
    Datagrams,
    Feed,
    File,
    Input,
    Layout,
    Parsed,
    Reader,
    Rows,
    feed,
    from_asked,
)
from netstat_route import net_tools, paths
from netstat_route.cache_record import CachedRoute
from netstat_route.later import import_later, make_parser
from netstat_route.queries import ALL, CACHE, NEXT_HOPS, find_table_number
from netstat_route.record import PROCFS_LACKS, Route

_COUNTS = frozenset({"ref_count", "use_count"})
_CACHE_LACKS = frozenset({"mtu_bytes"})
_CACHE_COUNTS = _COUNTS | {"tos", "header_ref_count", "header_valid", "specific_destination"}
_CACHE_NEEDS = _COUNTS | {"destination", "source", "gateway", "interface", "flags_text"}

_route_dump = import_later("netstat_route.netlink_route", "request")


def _make_dump_feed(family: str, parse: str, lacks: frozenset[str], *, cached: bool) -> Feed:
    request: Input[Datagrams] = from_asked(lambda asked: _route_dump(family, asked, cached=cached))
    parse_dump = _limit_to_defaults(make_parser("netstat_route.netlink_route", parse))
    return feed("netlink", request, LINKS.optional, NEXT_HOPS.optional, parse=parse_dump, lacks=lacks)


def _make_file_feed(path: str, parse: Callable[..., Any], lacks: frozenset[str], defaults: Rows | None = None) -> Feed:
    def file(asked: Asked) -> Input[bytes]:
        find_table_number(asked, ALL)
        return File(path, keep=defaults if asked.default_routes else None)

    return feed("procfs", from_asked(file), parse=_limit_to_defaults(parse), lacks=lacks)


def _limit_to_defaults(parse: Callable[..., Iterable[Parsed]]) -> Callable[..., Iterable[Parsed]]:
    """Return a parser that keeps only default routes if the query asks for those."""

    def parse_defaults(about: About, *contents: Any) -> Iterable[Parsed]:
        parsed = parse(about, *contents)
        if not about.asked.default_routes:
            return parsed
        return (item for item in map(_keep_defaults, parsed) if item is not None)

    return parse_defaults


def _keep_defaults(parsed: Parsed) -> Parsed | None:
    """Return a batch without what is no default route; None for a record that is none."""
    if isinstance(parsed, Batch):
        return parsed.kept(not length for length in parsed.column("prefix_length"))
    return None if isinstance(parsed, dict) and parsed["prefix_length"] else parsed


def _make_table_reader(family: str, position: int, file: Feed, text: Layout) -> Reader:
    dump = _make_dump_feed(family, f"parse_{family}", _COUNTS, cached=False)
    return Reader(
        name=f"route-{family}",
        table="routes",
        position=position,
        families=(family,),
        kind="route",
        record=Route,
        feeds=(dump, file),
        layouts={"net-tools": text},
    )


def _make_cache_reader(family: str, position: int, files: tuple[Feed, ...]) -> Reader:
    dump = _make_dump_feed(family, f"parse_{family}_cache", _CACHE_COUNTS, cached=True)
    return Reader(
        name=f"route-{family}-cache",
        table=CACHE,
        position=position,
        families=(family,),
        kind="route.cache",
        on_request=True,
        record=CachedRoute,
        feeds=(*files, dump),
        layouts={"net-tools": _make_cache_layout(family)},
    )


def _make_cache_layout(family: str) -> Layout:
    """Return the layout of a cache; its text is made from /proc, the only source of the counts."""
    block = Block(f"routes-{family}-cache", heading=import_later("netstat_route.net_tools_cache", f"{family}_heading"))
    complain = import_later("netstat_route.net_tools_cache", "complain")
    return Layout(
        block=block,
        rows=import_later("netstat_route.net_tools_cache", f"{family}_rows"),
        needs=lambda _query: _CACHE_NEEDS,
        feed=net_tools.feed,
        complain=complain,
    )


READERS = (
    _make_table_reader(
        "inet",
        1000,
        _make_file_feed(
            paths.ROUTE,
            make_parser("netstat_route.proc_route"),
            PROCFS_LACKS | {"tos"},
            Rows(column=1, values=("0" * 8,)),
        ),
        net_tools.INET,
    ),
    _make_cache_reader(
        "inet",
        1001,
        (_make_file_feed(paths.RT_CACHE, make_parser("netstat_route.proc_rt_cache"), _CACHE_LACKS),),
    ),
    _make_table_reader(
        "inet6",
        1010,
        _make_file_feed(
            paths.IPV6_ROUTE,
            make_parser("netstat_route.proc_ipv6_route"),
            PROCFS_LACKS | {"table", "expires_seconds"},
            Rows(column=0, values=("0" * 32,)),
        ),
        net_tools.INET6,
    ),
    _make_cache_reader(
        "inet6",
        1011,
        (
            _make_file_feed(paths.NDISC, make_parser("netstat_route.proc_ndisc"), _CACHE_LACKS),
            _make_file_feed(
                paths.IPV6_ROUTE, make_parser("netstat_route.proc_ipv6_route", "parse_cached"), _CACHE_LACKS
            ),
        ),
    ),
)
