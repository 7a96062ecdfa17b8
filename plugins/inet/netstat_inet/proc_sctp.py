"""/proc/net/sctp/eps and assocs: SCTP endpoints and associations.

::

     ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS
    a419d1c6 4838dae2 0   10  63   2905    118 10370 10.1.0.1 10.2.0.1

     ASSOC     SOCK   STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS <-> RADDRS HBINT ...
    c50d6d31 af08f9c9 2   7   1  0       0        0        0       0  8966 32850     5  10.1.0.1 10.2.0.1 <-> *10.1.0.99

Both lists of addresses are separated by blanks, and a tab ends the second one. A star marks the primary path. IPv6
addresses are written in full: ``fd00:0001:0000:0000:0000:0000:0000:0001``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from socket import AF_INET6, inet_pton

from netstat_core.plugin import GREATEST_INTEGER, About, Asked, File, Gap, Header, Problem, Record, TextFile, unsigned
from netstat_inet.addresses import format_ipv4, format_ipv6
from netstat_inet.record import make_sctp_record, to_sctp_state, to_tcp_state

_RENUMBERED = (3, 0)
"""Before Linux 3.0 enum sctp_state began with EMPTY, so every number in column ST was greater by one."""

ENDPOINTS = Header("ENDPT SOCK STY SST HBKT LPORT LADDRS")
ASSOCIATIONS = Header("ASSOC SOCK STY SST ST HBKT LPORT RPORT LADDRS <-> RADDRS")
_HIGHEST_PORT = 0xFFFF
_ENDPOINT_TOKENS = 8
_ASSOCIATION_TOKENS = 13


def _shows_endpoints(asked: Asked) -> bool:
    return asked.show != "connected"


def _shows_associations(asked: Asked) -> bool:
    return asked.show != "listening"


def _make_rule(family: str, rule: Callable[[Asked], bool]) -> Callable[[Asked], bool]:
    return lambda asked: asked.serves_family(family) and rule(asked)


INPUTS = (
    File("/proc/net/sctp/eps", inode_column=7, uid_column=6).either.when(_make_rule("inet", _shows_endpoints)),
    File("/proc/net/sctp/assocs", inode_column=10, uid_column=9).either.when(_make_rule("inet", _shows_associations)),
    File("/proc/net/sctp6/eps").optional.when(_make_rule("inet6", _shows_endpoints)),
    File("/proc/net/sctp6/assocs").optional.when(_make_rule("inet6", _shows_associations)),
)
"""eps if the query shows listening sockets, assocs if it shows others.

If both are read, one may be absent: that is recorded as a gap, and the rows of the other are shown. The files in sctp6
are read because netstat reads them; no kernel is known to have them, so nothing is missed where they are absent.
"""


def parse(about: About, *contents: bytes | None) -> Iterator[Record | Problem | Gap]:
    """Yield the records of eps and assocs; a gap if only IPv6 is asked for, and the files netstat reads are absent."""
    if not any(content is not None for content in contents):
        yield Gap("unreadable", "/proc/net/sctp6", "no kernel has it: /proc/net/sctp has the sockets of both families")
    paths = [f"/proc/net/{folder}/{name}" for folder in ("sctp", "sctp6") for name in ("eps", "assocs")]
    for path, content in zip(paths, contents, strict=True):
        if content is None:
            continue
        is_endpoints = path.endswith("eps")
        text = TextFile(path, content, ENDPOINTS if is_endpoints else ASSOCIATIONS)
        for number, line in text.rows():
            if line == text.header:  # old kernels repeat it if the start of the file is read twice
                continue
            try:
                yield _parse_endpoint(line.split()) if is_endpoints else _parse_association(line, about)
            except (ValueError, IndexError, OSError):
                code = "eps" if is_endpoints else "assoc"
                yield text.problem(f"not the columns of an SCTP {code} row", line, number, code)
        yield from text.gaps


def _parse_endpoint(words: list[bytes]) -> Record:
    """Parse a row of eps, split into words; raise ValueError, IndexError or OSError if it is not one."""
    if len(words) < _ENDPOINT_TOKENS:
        raise ValueError("too few columns")
    state, port, inode = _parse_number(words[3]), _parse_number(words[5], _HIGHEST_PORT), _parse_number(words[7])
    word = to_tcp_state(state)
    return make_sctp_record(
        [_parse_address(address) for address in words[8:]],
        None,
        local_port=port,
        state=word,
        state_number=state,
        socket_state=word,
        uid=unsigned(words[6]),
        inode=inode or None,
    )


def _parse_association(line: bytes, about: About) -> Record:
    """Parse a row of assocs; raise ValueError, IndexError or OSError if it is not one."""
    left, arrow, right = line.partition(b"<->")
    words = left.split()
    if len(words) < _ASSOCIATION_TOKENS or not arrow:
        raise ValueError("too few columns")
    number = _parse_number(words[4])
    state = number - (1 if (0,) < about.kernel_version < _RENUMBERED else 0)
    return make_sctp_record(
        [_parse_address(address) for address in words[13:]],
        [_parse_address(address) for address in right.partition(b"\t")[0].split()],
        association_id=unsigned(words[6]),
        local_port=_parse_number(words[11], _HIGHEST_PORT),
        remote_port=_parse_number(words[12], _HIGHEST_PORT),
        state=to_sctp_state(state) if state >= 0 else None,
        state_number=number,
        socket_state=to_tcp_state(_parse_number(words[3])),
        send_queue=unsigned(words[7]),
        recv_queue=unsigned(words[8]),
        uid=unsigned(words[9]),
        inode=_parse_number(words[10]) or None,
    )


def _parse_number(word: bytes, most: int = GREATEST_INTEGER) -> int:
    """Return a decimal number from 0 to ``most``; raise ValueError for any other."""
    number = int(word)
    if not 0 <= number <= most:
        raise ValueError("a number is out of its range")
    return number


def _parse_address(word: bytes) -> str:
    """Return an address of the LADDRS or RADDRS column as canonical text."""
    text = word.lstrip(b"*").decode("ascii")
    if ":" in text:
        return format_ipv6(inet_pton(AF_INET6, text))
    return format_ipv4(bytes(int(part) for part in text.split(".")))
