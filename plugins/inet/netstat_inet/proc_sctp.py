"""/proc/net/sctp/eps and assocs: SCTP endpoints and associations.

::

     ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS
    a419d1c6 4838dae2 0   10  63   2905    118 10370 10.1.0.1 10.2.0.1

     ASSOC     SOCK   STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS <-> RADDRS HBINT ...
    c50d6d31 af08f9c9 2   7   1  0       0        0        0       0  8966 32850     5  10.1.0.1 10.2.0.1 <-> *10.1.0.99

Both lists of addresses are separated by blanks, and a tab ends the second one. A star marks the primary path, whose
address is not always the first. IPv6 addresses are written in full: ``fd00:0001:0000:0000:0000:0000:0000:0001``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from netstat_core.plugin import (
    GREATEST_INTEGER,
    About,
    Asked,
    File,
    Gap,
    Group,
    Header,
    Problem,
    Record,
    TextFile,
    unsigned,
)
from netstat_inet import proc_sctp_paths
from netstat_inet.addresses import parse_address
from netstat_inet.proc_sctp_paths import PathStates
from netstat_inet.record import make_sctp_record, to_sctp_state, to_tcp_state
from netstat_inet.sctp_record import SCTP, make_paths, make_sctp

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


_ASSOCIATIONS = File("/proc/net/sctp/assocs", inode_column=10, uid_column=9)

PATHS = File(proc_sctp_paths.SOURCE).optional.when(lambda asked: _shows_associations(asked) and asked.wants(SCTP))
"""The states of paths; without them they are null."""

NUMBERS = _ASSOCIATIONS.optional.when(lambda asked: _shows_associations(asked) and asked.wants(SCTP))
"""The numbers of associations, by which :data:`PATHS` are found for a dump of sock_diag, which has none."""

_INPUTS = {
    "sctp/eps": File("/proc/net/sctp/eps", inode_column=7, uid_column=6).either.when(
        _make_rule("inet", _shows_endpoints)
    ),
    "sctp/assocs": _ASSOCIATIONS.either.when(_make_rule("inet", _shows_associations)),
    "sctp6/eps": File("/proc/net/sctp6/eps").optional.when(_make_rule("inet6", _shows_endpoints)),
    "sctp6/assocs": File("/proc/net/sctp6/assocs").optional.when(_make_rule("inet6", _shows_associations)),
}
INPUTS = Group({**_INPUTS, "paths": PATHS})
"""eps if the query shows listening sockets, assocs if it shows others.

If both are read, one may be absent: that is recorded as a gap, and the rows of the other are shown. The files in sctp6
are read because netstat reads them; no kernel is known to have them, so nothing is missed where they are absent.
"""


def parse(about: About, contents: Mapping[str, bytes | None]) -> Iterator[Record | Problem | Gap]:
    """Yield the records of eps and assocs; a gap if only IPv6 is asked for, and the files netstat reads are absent."""
    if not any(contents[name] is not None for name in _INPUTS):
        yield Gap("unreadable", "/proc/net/sctp6", "no kernel has it: /proc/net/sctp has the sockets of both families")
    paths = PathStates(contents["paths"])
    for name in _INPUTS:
        content = contents[name]
        if content is None:
            continue
        if name.endswith("eps"):
            yield from _parse_rows(f"/proc/net/{name}", content, ENDPOINTS, _parse_endpoint)
        else:
            yield from parse_associations(about, f"/proc/net/{name}", content, paths)
    yield from paths.outcomes


def parse_associations(about: About, path: str, content: bytes, paths: PathStates) -> Iterator[Record | Problem | Gap]:
    """Yield the records of a file of associations; ``paths`` has the states of the addresses of their peers."""

    def parse_row(line: bytes, header: bytes | None) -> Record:
        return _parse_association(line, about, _find_streams(header), paths)

    return _parse_rows(path, content, ASSOCIATIONS, parse_row)


def _parse_rows(
    path: str, content: bytes, header: Header, parse_row: Callable[[bytes, bytes | None], Record]
) -> Iterator[Record | Problem | Gap]:
    code = "eps" if header is ENDPOINTS else "assoc"
    text = TextFile(path, content, header)
    for number, line in text.rows():
        if line == text.header:  # old kernels repeat it if the start of the file is read twice
            continue
        try:
            yield parse_row(line, text.header)
        except (ValueError, IndexError, OSError):
            yield text.problem(f"not the columns of an SCTP {code} row", line, number, code)
    yield from text.gaps


def _parse_endpoint(line: bytes, _header: bytes | None) -> Record:
    """Parse a row of eps; raise ValueError, IndexError or OSError if it is not one."""
    words = line.split()
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


def _find_streams(header: bytes | None) -> slice:
    """Return where the columns INS and OUTS stand behind RADDRS; an empty slice if the kernel has them not."""
    behind = (header or b"").partition(b"RADDRS")[2].split()
    start = behind.index(b"INS") if b"INS" in behind and b"OUTS" in behind else 0
    return slice(start, start + 2 if start else 0)


def _parse_association(line: bytes, about: About, streams: slice, paths: PathStates) -> Record:
    """Parse a row of assocs; raise ValueError, IndexError or OSError if it is not one."""
    left, arrow, right = line.partition(b"<->")
    words = left.split()
    if len(words) < _ASSOCIATION_TOKENS or not arrow:
        raise ValueError("too few columns")
    number, association = _parse_number(words[4]), unsigned(words[6])
    state = number - (1 if (0,) < about.kernel_version < _RENUMBERED else 0)
    addresses, _, behind = right.partition(b"\t")
    remote = addresses.split()
    primary = next((_parse_address(address) for address in remote if address.startswith(b"*")), None)
    peers = [_parse_address(address) for address in remote]
    inbound, outbound, *_ = (*map(_parse_number, behind.split()[streams]), None, None)
    return make_sctp_record(
        [_parse_address(address) for address in words[13:]],
        peers,
        association_id=association,
        local_port=_parse_number(words[11], _HIGHEST_PORT),
        remote_port=_parse_number(words[12], _HIGHEST_PORT),
        state=to_sctp_state(state) if state >= 0 else None,
        state_number=number,
        socket_state=to_tcp_state(_parse_number(words[3])),
        send_queue=unsigned(words[7]),
        recv_queue=unsigned(words[8]),
        uid=unsigned(words[9]),
        inode=_parse_number(words[10]) or None,
        sctp=make_sctp(
            inbound_streams=inbound,
            outbound_streams=outbound,
            paths=make_paths(peers, paths.of(association), primary),
        ),
    )


def _parse_number(word: bytes, most: int = GREATEST_INTEGER) -> int:
    """Return a decimal number from 0 to ``most``; raise ValueError for any other."""
    number = int(word)
    if not 0 <= number <= most:
        raise ValueError("a number is out of its range")
    return number


def _parse_address(word: bytes) -> str:
    """Return an address of the LADDRS or RADDRS column as canonical text."""
    return parse_address(word.lstrip(b"*"))
