"""SCTP endpoints and associations: /proc/net/sctp/{eps,assocs}, sock_diag, and their text of several lines."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from socket import AF_INET6, inet_pton
from typing import Any

from netstat_core.plugin import (
    AF,
    GREATEST_INTEGER,
    About,
    Asked,
    Attributes,
    Complaint,
    Datagrams,
    File,
    Gap,
    Input,
    Layout,
    Names,
    Problem,
    Record,
    Style,
    attributes,
    feed,
    from_asked,
    messages,
    unsigned,
)
from netstat_inet import netlink_inet_diag
from netstat_inet.addresses import ipv4_text, ipv6_text
from netstat_inet.messages import MESSAGE_SIZE
from netstat_inet.net_tools import BLOCK, complain, needs, shown_sctp, tail_of
from netstat_inet.record import LISTEN, SCTP_STATES, tcp_state

_RENUMBERED = (3, 0)
"""Until then association states began with EMPTY, so every number was one more."""

_HIGHEST_PORT = 0xFFFF
_ENDPOINT_TOKENS, _ASSOCIATION_TOKENS = 8, 13
_LOCALS, _PEERS, _STORAGE = 12, 13, 128


def _socket(locals_: list[str], remotes: list[str] | None, **known: Any) -> Record:
    """A record with what both feeds know, the rest unknown."""
    both = locals_ + (remotes or [])
    record = {
        "family": "inet6" if any(":" in address for address in both) else "inet",
        "protocol": "sctp",
        "local_address": locals_[0] if locals_ else None,
        "local_port": None,
        "remote_address": remotes[0] if remotes else None,
        "remote_port": None,
        "state": None,
        "state_number": None,
        "listening": known["socket_state"] == "LISTEN" and remotes is None,
        "recv_queue": 0,
        "send_queue": 0,
        "backlog": None,
        "uid": None,
        "inode": None,
        "timer": None,
        "v4_mapped": False,
        "v6_only": None,
        "interface": None,
        "drops": None,
        "local_addresses": locals_,
        "remote_addresses": remotes,
        "socket_state": None,
        "association_id": None,
        "ip_protocol": None,
        "icmp_id": None,
    }
    return {**record, **known}


def parse_procfs(about: About, *contents: bytes | None) -> Iterator[Record | Problem]:
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
    return _socket(
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
    return _socket(
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


def sctp_state(number: int) -> str:
    """The word for the state of an association."""
    return SCTP_STATES[number] if 0 <= number < len(SCTP_STATES) else f"UNKNOWN({number})"


def parse_netlink(about: About, inet: Datagrams | None, inet6: Datagrams | None) -> Iterator[Record | Problem]:
    """The rows of both dumps: an association is one that has peers."""
    unpack = struct.Struct(f"{about.order}16x4B2s2s32xI8x5I").unpack_from
    for family, datagrams in (("inet", inet), ("inet6", inet6)):
        dump = netlink_inet_diag.dump_name("sctp", family)
        for message in messages(
            dump, datagrams or (), netlink_inet_diag.SOCK_DIAG_BY_FAMILY, MESSAGE_SIZE, about.order
        ):
            if isinstance(message, Problem):
                yield message
            else:
                yield _from_diag(unpack(message), attributes(message, MESSAGE_SIZE, about.order))


def _from_diag(fields: tuple[Any, ...], found: Attributes) -> Record:
    _, state, _, _, sport, dport, _, _, received, sent, uid, inode = fields
    peers = _storages(found[_PEERS]) if _PEERS in found else None
    is_listening = peers is None and state == LISTEN
    return _socket(
        _storages(found.get(_LOCALS, b"")),
        peers,
        local_port=int.from_bytes(sport, "big"),
        remote_port=None if peers is None else int.from_bytes(dport, "big"),
        state=tcp_state(state) if peers is None else sctp_state(state),
        state_number=state,
        socket_state=tcp_state(state) if peers is None else None,
        recv_queue=received,
        send_queue=0 if is_listening else sent,
        backlog=sent if is_listening else None,
        uid=uid,
        inode=inode or None,
    )


def _storages(payload: bytes) -> list[str]:
    """The addresses of an array of struct sockaddr_storage."""
    addresses = []
    for start in range(0, len(payload) - _STORAGE + 1, _STORAGE):
        raw = payload[start : start + _STORAGE]
        is_inet6 = AF["inet6"] in (raw[0], raw[1])
        addresses.append(ipv6_text(raw[8:24]) if is_inet6 else ipv4_text(raw[4:8]))
    return addresses


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


def _dump(family: str) -> Input[Datagrams | None]:
    dump = from_asked(lambda asked: netlink_inet_diag.request("sctp", family, asked))
    return dump.when(lambda asked: asked.serves_family(family))


FEEDS = (
    feed(
        "netlink",
        _dump("inet"),
        _dump("inet6"),
        parse=parse_netlink,
        lacks=("association_id", "socket_state"),
    ),
    # Endpoints only where servers are shown, associations only where others are, as netstat reads them. Where both are
    # asked for, neither needs the other: what is absent is noted, and the rows of the other count.
    feed(
        "procfs",
        _endpoints("sctp").either.when(_of("inet", _servers)),
        _associations("sctp").either.when(_of("inet", _others)),
        _endpoints("sctp6").optional.when(_of("inet6", _servers)),
        _associations("sctp6").optional.when(_of("inet6", _others)),
        parse=parse_procfs,
        lacks=("backlog",),
    ),
)


def rows(style: Style, names: Names, _traits: Mapping[str, Any]) -> Callable[[Sequence[Record]], str]:
    """The formatter: a line for each address, user and program behind the last one."""
    tail = tail_of(style, names)
    numeric = style.numeric_hosts or style.numeric_ports or style.numeric_users or style.symbolic
    host: Callable[[str], str] = str if numeric else names.host

    def format_batch(batch: Sequence[Record]) -> str:
        return "".join("\n".join(_lines(record, host)) + (tail(record) if tail else "") + "\n" for record in batch)

    return format_batch


def _lines(record: Record, host: Callable[[str], str]) -> list[str]:
    local, remote = record["local_addresses"], record["remote_addresses"]
    port = record["local_port"]
    state = f"{record['socket_state'] or '':<11}"
    if remote is None:
        places = [f"{host(one)}:{port or '*'}" for one in local] or [""]
        return [f"{_start(row):<20}{place:<47} {state if not row else '':<11}" for row, place in enumerate(places)]
    first = f"sctp  {record['recv_queue']:>6} {record['send_queue']:>6} "
    lines = []
    for row in range(max(len(local), len(remote), 1)):
        ports = ("", "") if row else (f":{port or '*'}", f":{record['remote_port'] or '*'}")
        left, right = (host(side[row]) + ports[n] if row < len(side) else "" for n, side in enumerate((local, remote)))
        lines.append(f"{first if not row else '':<20}{left:<23} {right:<23} {state if not row else '':<11}")
    return lines


def _start(row: int) -> str:
    return "" if row else "sctp"


def _needs(style: Style) -> frozenset[str]:
    return needs(style) | {"local_addresses", "remote_addresses", "socket_state"}


def _complain(trouble: Problem | Gap, style: Style) -> Complaint | None:
    """Where endpoints and associations are both missing netstat says so twice, unless it stops at the first."""
    complaint = complain("sctp", f"sctp {trouble.code}" if isinstance(trouble, Problem) else "")(trouble, style)
    are_both = isinstance(trouble, Gap) and bool(trouble.attempts) and style.query.show == "all"
    if complaint and are_both and not complaint.ends_run:
        return complaint.replace(text=f"{complaint.text}\n{complaint.text}")
    return complaint


LAYOUT = Layout(block=BLOCK, rows=rows, needs=_needs, shown=shown_sctp, complain=_complain)
