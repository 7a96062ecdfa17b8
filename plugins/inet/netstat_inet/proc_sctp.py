"""The lines of /proc/net/sctp/eps and assocs: SCTP endpoints and associations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from socket import AF_INET6, inet_pton

from netstat_core.plugin import GREATEST_INTEGER, About, Asked, File, Problem, Record, unsigned
from netstat_inet.addresses import ipv4_text, ipv6_text
from netstat_inet.record import sctp_socket, sctp_state, tcp_state

_RENUMBERED = (3, 0)
"""Until then association states began with EMPTY, so every number was one more."""

_HIGHEST_PORT = 0xFFFF
_ENDPOINT_TOKENS = 8
_ASSOCIATION_TOKENS = 13


def _servers(asked: Asked) -> bool:
    return asked.show != "connected"


def _others(asked: Asked) -> bool:
    return asked.show != "listening"


def _of(family: str, rule: Callable[[Asked], bool]) -> Callable[[Asked], bool]:
    return lambda asked: asked.serves_family(family) and rule(asked)


def _endpoints(folder: str) -> File:
    return File(f"/proc/net/{folder}/eps", inode_column=7, uid_column=6)


def _associations(folder: str) -> File:
    return File(f"/proc/net/{folder}/assocs", inode_column=10, uid_column=9)


INPUTS = (
    _endpoints("sctp").either.when(_of("inet", _servers)),
    _associations("sctp").either.when(_of("inet", _others)),
    _endpoints("sctp6").optional.when(_of("inet6", _servers)),
    _associations("sctp6").optional.when(_of("inet6", _others)),
)
"""Endpoints only where servers are shown, associations only where others are, as netstat reads them.

Where both are asked for, neither needs the other: what is absent is noted, and the rows of the other count.
"""


def parse(about: About, *contents: bytes | None) -> Iterator[Record | Problem]:
    """The rows of eps and assocs; the sctp6 twins exist for kernels that never had them but netstat looks there."""
    paths = [f"/proc/net/{folder}/{name}" for folder in ("sctp", "sctp6") for name in ("eps", "assocs")]
    for path, content in zip(paths, contents, strict=True):
        if content is None:
            continue
        is_endpoints = path.endswith("eps")
        for number, line in enumerate(content.removesuffix(b"\n").split(b"\n")[1:], 2):
            try:
                yield _endpoint(line.split()) if is_endpoints else _association(line, about)
            except (ValueError, IndexError, OSError):
                code = "eps" if is_endpoints else "assoc"
                yield Problem(path, f"not the columns of an SCTP {code} row", line, number, code)


def _endpoint(words: list[bytes]) -> Record:
    """``ENDPT SOCK STY SST HBKT LPORT UID INODE LADDRS``."""
    if len(words) < _ENDPOINT_TOKENS:
        raise ValueError("too few columns")
    state, port, inode = _number(words[3]), _number(words[5], _HIGHEST_PORT), _number(words[7])
    word = tcp_state(state)
    return sctp_socket(
        [_address(one) for one in words[8:]],
        None,
        local_port=port,
        state=word,
        state_number=state,
        socket_state=word,
        uid=unsigned(words[6]),
        inode=inode or None,
    )


def _association(line: bytes, about: About) -> Record:
    """``ASSOC SOCK STY SST ST HBKT ASSOC-ID TX RX UID INODE LPORT RPORT LADDRS <-> RADDRS``, then a tab and more."""
    left, arrow, right = line.partition(b"<->")
    words = left.split()
    if len(words) < _ASSOCIATION_TOKENS or not arrow:
        raise ValueError("too few columns")
    number = _number(words[4])
    state = number - (1 if (0,) < about.kernel_version < _RENUMBERED else 0)
    return sctp_socket(
        [_address(one) for one in words[13:]],
        [_address(one) for one in right.partition(b"\t")[0].split()],
        association_id=unsigned(words[6]),
        local_port=_number(words[11], _HIGHEST_PORT),
        remote_port=_number(words[12], _HIGHEST_PORT),
        state=sctp_state(state) if state >= 0 else None,
        state_number=number,
        socket_state=tcp_state(_number(words[3])),
        send_queue=unsigned(words[7]),
        recv_queue=unsigned(words[8]),
        uid=unsigned(words[9]),
        inode=_number(words[10]) or None,
    )


def _number(word: bytes, most: int = GREATEST_INTEGER) -> int:
    number = int(word)
    if not 0 <= number <= most:
        raise ValueError("a number is out of its range")
    return number


def _address(word: bytes) -> str:
    """Dotted quad, or eight full groups; a star marks the primary path."""
    text = word.lstrip(b"*").decode("ascii")
    if ":" in text:
        return ipv6_text(inet_pton(AF_INET6, text))
    return ipv4_text(bytes(int(part) for part in text.split(".")))
