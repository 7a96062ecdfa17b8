"""Changes between two readings of the statistics: the change and rate of each counter, with resets recognised."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, NamedTuple, TypedDict

from netstat_core.plugin import Change, Field, InterfaceName, Layout, Names, Reader, Record, Style, is_silent
from netstat_snmp.net_tools import BLOCK, Formatter, unsigned
from netstat_snmp.proc_stat import SOFTNET
from netstat_snmp.record import Counter

KIND = "statistics.change"

_WRAPPING = frozenset({SOFTNET, "nf_conntrack", "ip_conntrack"})
"""Sections whose counters have 32 bits on every machine, so they wrap around to 0 in normal operation."""

_WRAP = 1 << 32


class _Key(NamedTuple):
    """The identity of a counter; ``nth`` is the number of earlier counters that are equal in all other fields."""

    section: str
    interface: str | None
    cpu: int | None
    name: str
    nth: int = 0


class CounterChange(TypedDict):
    """A counter at the second reading, and its change since the first."""

    value: Counter
    change: Annotated[
        int | None, Field("Change between the readings; null for gauges and if a reading lacks the value")
    ]
    per_second: Annotated[float | None, Field("The change per second; null if there is no change")]
    reset: Annotated[
        bool, Field("Whether the counter was reset between the readings; the change is then its new value")
    ]


class StatisticsChange(TypedDict):
    """The changes of the counters of one section between two readings."""

    section: Annotated[str, Field("Title as in the records of kind statistics", mark="word")]
    interface: Annotated[InterfaceName | None, Field("Interface of the counters; null for all", mark="interface")]
    counters: Annotated[
        dict[str, CounterChange], Field("Changes by the kernel's names, in the kernel's order", mark="word")
    ]
    seconds: Annotated[float, Field("Time between the readings", minimum=0)]


def compute_changes(before: Iterable[Record], after: Iterable[Record], seconds: float) -> list[Record]:
    """Return a record of kind ``statistics.change`` for each record of the second reading, in its order.

    ``seconds`` is the time between the readings. A counter is identified by section, interface, CPU, name, and the
    number of earlier counters with the same four: a repeated section may hold a counter in another part next time
    (IcmpMsg). A counter that the first reading lacks was 0, as the kernel leaves out what it never counted.
    """
    known = {key: value for _, counters in _key_counters(before) for key, value in counters.items()}
    return [
        {
            "section": record["section"],
            "interface": record["interface"],
            "counters": {
                key.name: _compute_change(key, known.get(key, 0), now, seconds) for key, now in counters.items()
            },
            "seconds": seconds,
        }
        for record, counters in _key_counters(after)
    ]


def _key_counters(records: Iterable[Record]) -> Iterator[tuple[Record, dict[_Key, int | None]]]:
    """Yield each record with its counters by keys that are unique among all records."""
    seen: Tally[_Key] = Tally()
    for record in records:
        counters = {}
        for name, value in record["counters"].items():
            first = _Key(record["section"], record["interface"], record["counters"].get("cpu"), name)
            counters[first._replace(nth=seen[first])] = value
            seen[first] += 1
        yield record, counters


def _compute_change(key: _Key, before: int | None, now: int | None, seconds: float) -> CounterChange:
    from netstat_snmp import dictionary  # noqa: PLC0415 - only changes need to know the gauges

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
    formatter = Formatter(style.query.protocols)

    def format_batch(batch: Sequence[Record]) -> str:
        return "".join(
            formatter.format_section(record["section"], _format_entries(record["counters"])) for record in batch
        )

    return format_batch


def _format_entries(counters: dict[str, CounterChange]) -> Iterator[tuple[str, int, str]]:
    for name, counter in counters.items():
        change = counter["change"]
        if change is None:
            yield name, unsigned(counter["value"]), ""
        else:
            yield name, change, _format_remark(counter)


def _format_remark(counter: CounterChange) -> str:
    parts = [f"{counter['per_second']:.2f}/s"] if counter["per_second"] else []
    if counter["reset"]:
        parts.append("since a reset")
    return f" ({', '.join(parts)})" if parts else ""


LAYOUT = Layout(block=BLOCK, rows=_rows, needs=lambda _query: frozenset({"section", "counters"}), complain=is_silent)
"""The lines of the statistics with changes and rates instead of totals; gauges show their values."""

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
    compute=compute_changes,
)
