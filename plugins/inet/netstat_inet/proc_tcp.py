"""/proc/net/{tcp,udp,udplite,raw,icmp} and the IPv6 files (tcp6, ...).

::

      sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
       2: 0100007F:0277 00000000:0000 0A 00000000:00000000 00:00000000 00000000     7        0 1500581 1 00000000d85b...

Address words are in the kernel's byte order (here 127.0.0.1), ports are not (0x277 is 631). Two columns share a colon:
tx_queue:rx_queue and tr:tm->when. retrnsmt is hexadecimal, timeout (the probes) decimal. raw files have the IP
protocol in the place of the local port, icmp files the identifier of echo requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from netstat_core.plugin import GREATEST_INTEGER, About, Gap, Header, Problem, Record, TextFile, bounded, unsigned
from netstat_inet.addresses import HexAddresses
from netstat_inet.record import TCP_LISTEN, WINDOWS, States, to_timer_kind
from netstat_inet.sctp_record import SCTP
from netstat_inet.tcp_info_record import TCP_INFO

HEADER = Header("sl local_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode")
_LEAST_TOKENS = 10
_DROPS = 12
_HIGHEST_PORT = 0xFFFF
_UNSPECIFIED = {"inet": "0.0.0.0", "inet6": "::"}  # noqa: S104 - not bound to, only compared

_ELSEWHERE = dict.fromkeys((TCP_INFO, SCTP, *WINDOWS))
"""The last fields of a record, which these files do not tell."""

Parse = Callable[[About, "bytes | None", "bytes | None"], Iterator["Record | Problem | Gap"]]


def make_parser(protocol: str, suffix: str = "") -> Parse:
    """Return the parser of ``/proc/net/PROTOCOL`` and ``/proc/net/PROTOCOL6``; ``suffix`` extends both names."""

    def parse(about: About, inet: bytes | None, inet6: bytes | None) -> Iterator[Record | Problem | Gap]:
        line = _LineParser(protocol, about)
        for source, content in ((protocol, inet), (f"{protocol}6", inet6)):
            if content is not None:
                yield from _parse_file(line, f"/proc/net/{source}{suffix}", content)

    return parse


def _parse_file(parse_line: _LineParser, source: str, content: bytes) -> Iterator[Record | Problem | Gap]:
    """Yield the records, without repeated rows.

    The kernel resumes a read of udp, raw and icmp files by counting sockets, so it may print a socket twice.
    """
    text = TextFile(source, content, HEADER)
    repeats: set[tuple[Any, ...]] | None = None if parse_line.protocol == "tcp" else set()
    repeated = 0
    for number, line in text.rows():
        try:
            record = parse_line(line)
        except (ValueError, IndexError, OverflowError):
            yield text.problem("a row needs sl, two addresses, state, queues, timer, uid and inode", line, number)
            continue
        if repeats is not None and record["inode"]:
            known = len(repeats)
            repeats.add((record["inode"], record["local_address"], record["remote_address"], record["remote_port"]))
            if len(repeats) == known:
                repeated += 1
                continue
        yield record
    if repeated:
        yield Gap("raced", source, "rows that the kernel repeated were dropped; others may be missing", count=repeated)
    yield from text.gaps


class _LineParser:
    """Parses a row; raises ValueError, IndexError or OverflowError if the line is not one."""

    def __init__(self, protocol: str, about: About) -> None:
        self.protocol = protocol
        self._addresses = HexAddresses(about.order)
        self._ticks = about.ticks_per_second
        self._states = States(datagram=protocol != "tcp")

    def __call__(self, line: bytes) -> Record:
        words = line.split()
        if len(words) < _LEAST_TOKENS:
            raise ValueError("too few columns")
        bounded(int(words[0].removesuffix(b":")))
        local, _, local_port = words[1].partition(b":")
        remote, _, remote_port = words[2].partition(b":")
        family, local_address, local_mapped = self._addresses[local]
        _, remote_address, remote_mapped = self._addresses[remote]
        state = int(words[3], 16)
        sent, _, received = words[4].partition(b":")
        timer = self._parse_timer(words)
        uid = unsigned(words[7])
        connectable = self.protocol in ("tcp", "udp", "udplite")
        port, far_port, inode = int(local_port, 16), int(remote_port, 16), int(words[9])
        recv_queue, send_queue = int(received, 16), int(sent, 16)
        ports = port | far_port  # an OR is negative if an operand is, and as long as the longest
        if not 0 <= state | recv_queue | send_queue | inode | ports <= GREATEST_INTEGER or ports > _HIGHEST_PORT:
            raise ValueError("a number is out of its range")
        return {
            "family": family,
            "protocol": self.protocol,
            "local_address": local_address,
            "local_port": port if connectable else None,
            "remote_address": remote_address,
            "remote_port": far_port,
            "state": self._states[state] if self.protocol != "raw" else None,
            "state_number": state,
            "listening": state == TCP_LISTEN if self.protocol == "tcp" else remote_address == _UNSPECIFIED[family],
            "recv_queue": recv_queue,
            "send_queue": send_queue,
            "backlog": None,
            "uid": None if timer["kind"] == "timewait" and not uid else uid,
            "inode": inode or None,
            "timer": timer,
            "v4_mapped": local_mapped or remote_mapped,
            "v6_only": None,
            "interface": None,
            "drops": self._parse_drops(words),
            "local_addresses": None,
            "remote_addresses": None,
            "socket_state": None,
            "association_id": None,
            "ip_protocol": port if self.protocol == "raw" else None,
            "icmp_id": port if self.protocol == "icmp" else None,
            **_ELSEWHERE,
        }

    def _parse_timer(self, words: list[bytes]) -> Record:
        """Parse tr:tm->when, retrnsmt and timeout; tm->when is meaningless while tr is 0 (off)."""
        code, _, when = words[5].partition(b":")
        number = int(code, 16)
        ticks = int(when, 16)
        retransmits = int(words[6], 16)
        if not 0 <= number | ticks | retransmits <= GREATEST_INTEGER:
            raise ValueError("a timer is out of its range")
        return {
            "kind": to_timer_kind(number),
            "expires_seconds": ticks / self._ticks if number else None,
            "retransmits": retransmits,
            "probes": unsigned(words[8]),
        }

    def _parse_drops(self, words: list[bytes]) -> int | None:
        """Return column drops of datagram rows (since Linux 2.6.27; signed before 5.3); tcp has its timeout there."""
        if self.protocol == "tcp" or len(words) <= _DROPS:
            return None
        return unsigned(words[_DROPS])
