"""/proc/net/sctp/remaddr: the state of each address of the peers of SCTP associations.

::

    ADDR ASSOC_ID HB_ACT RTO MAX_PATH_RTX REM_ADDR_RTX START STATE
    10.1.0.99  0 0 750 5 0 0 65535
    10.2.0.1  7 1 250 5 0 0 2

Associations that are not established yet all have number 0. Before Linux 3.15 there was no column STATE.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from netstat_core.plugin import Gap, Header, Problem, TextFile, unsigned
from netstat_inet.addresses import parse_address
from netstat_inet.sctp_record import to_path_state

SOURCE = "/proc/net/sctp/remaddr"
_HEADER = Header("ADDR ASSOC_ID HB_ACT RTO MAX_PATH_RTX REM_ADDR_RTX")

States = Mapping[str, "str | None"]
"""Words by address, None where several associations that are not established yet differ."""


class PathStates:
    """The states of the paths of associations, by the number of the association. Problems are kept in ``outcomes``."""

    def __init__(self, content: bytes | None) -> None:
        self.outcomes: list[Problem | Gap] = []
        self._states: defaultdict[int, dict[str, str | None]] = defaultdict(dict)
        if content is not None:
            self._read(content)

    def of(self, association: int | None) -> States:
        """Return the states of the addresses of an association, as far as they are known."""
        return {} if association is None else self._states.get(association, {})

    def _read(self, content: bytes) -> None:
        text = TextFile(SOURCE, content, _HEADER)
        columns = (text.header or b"").split()
        column = columns.index(b"STATE") if b"STATE" in columns else None
        self.outcomes += self._read_rows(text, len(columns), column)
        self.outcomes += text.gaps

    def _read_rows(self, text: TextFile, width: int, column: int | None) -> Iterator[Problem]:
        for number, line in text.rows():
            words = line.split()
            try:
                address, association = parse_address(words[0]), unsigned(words[1])
                state = None if column is None else to_path_state(unsigned(words[column]))
                is_row = len(words) == width or not width
            except (ValueError, IndexError, OSError):
                is_row = False
            if is_row:
                known = self._states[association]
                known[address] = state if known.get(address, state) == state else None
            else:
                yield text.problem("not the columns of an address of a peer", line, number)
