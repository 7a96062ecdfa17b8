"""What happened between two readings of the statistics: the change and rate of each counter, resets recognised."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, NamedTuple, TypedDict

from netstat_core.plugin import Change, Field, InterfaceName, Layout, Names, Reader, Record, Style, is_silent
from netstat_snmp.net_tools import BLOCK, Printer, unsigned
from netstat_snmp.proc_stat import SOFTNET
from netstat_snmp.record import Counter

KIND = "statistics.change"

_WRAPPING = frozenset({SOFTNET, "nf_conntrack", "ip_conntrack"})
"""Sections whose counters have 32 bits on every machine, so that they start again at 0 in good health."""

_WRAP = 1 << 32


class _Key(NamedTuple):
    """What tells a counter apart; ``nth`` is how often all the rest came before."""

    section: str
    interface: str | None
    cpu: int | None
    name: str
    nth: int = 0


class CounterChange(TypedDict):
    """One counter at the second reading, and what it did since the first."""

    value: Counter
    change: Annotated[int | None, Field("What was counted meanwhile; null for gauges and where a reading lacks it")]
    per_second: Annotated[float | None, Field("The change by time; null where there is none")]
    reset: Annotated[bool, Field("The counter was set back meanwhile: the change is what it counted since then")]


class StatisticsChange(TypedDict):
    """What the counters of one section did between two readings."""

    section: Annotated[str, Field("Title as in the records of kind statistics")]
    interface: Annotated[InterfaceName | None, Field("Interface that is counted; null for all", mark="interface")]
    counters: Annotated[dict[str, CounterChange], Field("Changes by the kernel's names, in the kernel's order")]
    seconds: Annotated[float, Field("Time between the readings", minimum=0)]


def changes(before: Iterable[Record], after: Iterable[Record], seconds: float) -> list[Record]:
    """A record of kind ``statistics.change`` for each record of the second reading, in its order.

    Counters are told apart by section, interface and CPU, and by how often a name came before in those: a section that
    repeats may hold a counter in another of its parts next time (IcmpMsg). What the first reading lacks was 0, as the
    kernel leaves out what it never counted.
    """
    known = {key: value for _, counters in _keyed(before) for key, value in counters.items()}
    return [
        {
            "section": record["section"],
            "interface": record["interface"],
            "counters": {key.name: _change(key, known.get(key, 0), now, seconds) for key, now in counters.items()},
            "seconds": seconds,
        }
        for record, counters in _keyed(after)
    ]


def _keyed(records: Iterable[Record]) -> Iterator[tuple[Record, dict[_Key, int | None]]]:
    """Each record with its counters, whose keys are their own among all records."""
    seen: Tally[_Key] = Tally()
    for record in records:
        counters = {}
        for name, value in record["counters"].items():
            first = _Key(record["section"], record["interface"], record["counters"].get("cpu"), name)
            counters[first._replace(nth=seen[first])] = value
            seen[first] += 1
        yield record, counters


def _change(key: _Key, before: int | None, now: int | None, seconds: float) -> CounterChange:
    from netstat_snmp import dictionary  # noqa: PLC0415 - only changes need its gauges

    explanation = dictionary.lookup(key.section, key.name)
    change = None
    reset = False
    if before is not None and now is not None and not (explanation and explanation.gauge):
        change = now - before
        if change < 0 and key.section in _WRAPPING and change % _WRAP < _WRAP // 2:
            change %= _WRAP
        elif change < 0:
            change, reset = now, True
    per_second = None if change is None or seconds <= 0 else change / seconds
    return {"value": now, "change": change, "per_second": per_second, "reset": reset}


def _rows(style: Style, _names: Names, _traits: Mapping[str, Any]) -> Callable[[Sequence[Record]], str]:
    printer = Printer(style.query.protocols)

    def lines(batch: Sequence[Record]) -> str:
        return "".join(printer.section(record["section"], _entries(record["counters"])) for record in batch)

    return lines


def _entries(counters: dict[str, CounterChange]) -> Iterator[tuple[str, int, str]]:
    for name, counter in counters.items():
        change = counter["change"]
        if change is None:
            yield name, unsigned(counter["value"]), ""
        else:
            yield name, change, _remark(counter)


def _remark(counter: CounterChange) -> str:
    parts = [f"{counter['per_second']:.2f}/s"] if counter["per_second"] else []
    if counter["reset"]:
        parts.append("since a reset")
    return f" ({', '.join(parts)})" if parts else ""


LAYOUT = Layout(block=BLOCK, rows=_rows, needs=lambda _query: frozenset({"section", "counters"}), complain=is_silent)
"""The lines of the statistics with what was counted meanwhile and its rate; gauges as they are."""

CHANGE = Change(
    reader=Reader(
        name="statistics.change",
        table="statistics",
        position=4000,
        families=(),
        kind=KIND,
        record=StatisticsChange,
        feeds=(),
        layouts={"net-tools": LAYOUT},
    ),
    compute=changes,
)
