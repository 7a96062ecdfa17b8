"""/proc/net/mcfilter and mcfilter6: the sources that sockets include or exclude in a group.

::

    Idx Device        MCA        SRC    INC    EXC
      8   eth0 0xe8010101 0xc0000201      1      0
"""

from __future__ import annotations

from netstat_core.plugin import Gap, Header, Problem, Record, TextFile
from netstat_igmp.addresses import hex_to_text
from netstat_igmp.numbers import parse_count

_COLUMNS = 6
_HEADERS = Header("Idx Device MCA SRC INC EXC"), Header("Idx Device Multicast Address Source Address INC EXC")


class Filters:
    """The source filters of one file by interface index and group; the file cuts interface names to six characters.

    ``content`` is None if the file was not read. ``problems`` has its unreadable rows, ``gaps`` what shows that it is
    not whole.
    """

    def __init__(self, path: str, content: bytes | None) -> None:
        self.problems: list[Problem] = []
        self.gaps: list[Gap] = []
        self._read = content is not None
        self._sources: dict[tuple[int, str], list[Record]] = {}
        if content is None:
            return
        text = TextFile(path, content, *_HEADERS)
        self.gaps = text.gaps
        for number, line in text.rows():
            try:
                self._add_row(line.split())
            except ValueError:
                reason = "a row needs index, name, group, source and two counts"
                self.problems.append(text.problem(reason, line, number))

    def add_to(self, membership: Record) -> Record:
        """Set ``source_filter`` of the membership, unless the file was not read, and return the membership."""
        if self._read:
            key = (membership["interface_index"], membership["group"])
            membership["source_filter"] = self._sources.get(key, [])
        return membership

    def _add_row(self, words: list[bytes]) -> None:
        if len(words) < _COLUMNS:
            raise ValueError("too few columns")
        index, _, group, source, included, excluded = words[:_COLUMNS]
        entry = {
            "address": hex_to_text(source),
            "included_by": parse_count(included),
            "excluded_by": parse_count(excluded),
        }
        self._sources.setdefault((parse_count(index), hex_to_text(group)), []).append(entry)
