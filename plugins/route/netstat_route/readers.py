"""The readers of routes, in the order netstat shows them: of each family the table, then the cache."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from netstat_core.plugin import (
    LINKS,
    About,
    Asked,
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
from netstat_route.later import later, parser
from netstat_route.queries import ALL, CACHE, NEXT_HOPS, table_number
from netstat_route.record import PROCFS_LACKS, Route

_COUNTS = frozenset({"ref_count", "use_count"})
_CACHE_LACKS = frozenset({"mtu_bytes"})
_CACHE_COUNTS = _COUNTS | {"tos", "header_ref_count", "header_valid", "specific_destination"}
_CACHE_NEEDS = _COUNTS | {"destination", "source", "gateway", "interface", "flags_text"}

_route_dump = later("netstat_route.netlink_route", "request")


def _dump(family: str, parse: str, lacks: frozenset[str], *, cached: bool) -> Feed:
    request: Input[Datagrams] = from_asked(lambda asked: _route_dump(family, asked, cached=cached))
    parse_dump = _limited(parser("netstat_route.netlink_route", parse))
    return feed("netlink", request, LINKS.optional, NEXT_HOPS.optional, parse=parse_dump, lacks=lacks)


def _file(path: str, parse: Callable[..., Any], lacks: frozenset[str], defaults: Rows | None = None) -> Feed:
    def file(asked: Asked) -> Input[bytes]:
        table_number(asked, ALL)
        return File(path, keep=defaults if asked.default_routes else None)

    return feed("procfs", from_asked(file), parse=_limited(parse), lacks=lacks)


def _limited(parse: Callable[..., Iterable[Parsed]]) -> Callable[..., Iterable[Parsed]]:
    """A parser that gives default routes only, where no others are asked for."""

    def limited(about: About, *contents: Any) -> Iterable[Parsed]:
        pieces = parse(about, *contents)
        if not about.asked.default_routes:
            return pieces
        return (piece for piece in pieces if not isinstance(piece, dict) or piece["prefix_length"] == 0)

    return limited


def _table(family: str, position: int, file: Feed, look: Layout) -> Reader:
    dump = _dump(family, f"parse_{family}", _COUNTS, cached=False)
    return Reader(
        name=f"route-{family}",
        table="routes",
        position=position,
        families=(family,),
        kind="route",
        record=Route,
        feeds=(dump, file),
        layouts={"net-tools": look},
    )


def _cache(family: str, position: int, files: tuple[Feed, ...]) -> Reader:
    dump = _dump(family, f"parse_{family}_cache", _CACHE_COUNTS, cached=True)
    return Reader(
        name=f"route-{family}-cache",
        table=CACHE,
        position=position,
        families=(family,),
        kind="route.cache",
        on_request=True,
        record=CachedRoute,
        feeds=(*files, dump),
        layouts={"net-tools": _cache_look(family)},
    )


def _cache_look(family: str) -> Layout:
    """Text of a cache comes from /proc, which alone has the counts."""
    block = Block(f"routes-{family}-cache", heading=later("netstat_route.net_tools_cache", f"{family}_heading"))
    complain = later("netstat_route.net_tools_cache", "complain")
    return Layout(
        block=block,
        rows=later("netstat_route.net_tools_cache", f"{family}_rows"),
        needs=lambda _query: _CACHE_NEEDS,
        feed=net_tools.feed,
        complain=complain,
    )


READERS = (
    _table(
        "inet",
        1000,
        _file(
            paths.ROUTE,
            parser("netstat_route.proc_route"),
            PROCFS_LACKS | {"tos"},
            Rows(column=1, values=("0" * 8,)),
        ),
        net_tools.INET,
    ),
    _cache(
        "inet",
        1001,
        (_file(paths.RT_CACHE, parser("netstat_route.proc_rt_cache"), _CACHE_LACKS),),
    ),
    _table(
        "inet6",
        1010,
        _file(
            paths.IPV6_ROUTE,
            parser("netstat_route.proc_ipv6_route"),
            PROCFS_LACKS | {"table", "expires_seconds"},
            Rows(column=0, values=("0" * 32,)),
        ),
        net_tools.INET6,
    ),
    _cache(
        "inet6",
        1011,
        (
            _file(paths.NDISC, parser("netstat_route.proc_ndisc"), _CACHE_LACKS),
            _file(paths.IPV6_ROUTE, parser("netstat_route.proc_ipv6_route", "parse_cached"), _CACHE_LACKS),
        ),
    ),
)
