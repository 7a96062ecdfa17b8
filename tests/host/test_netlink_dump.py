"""The netlink dump loop: rows, ends, errors and interruptions as a kernel sends them, and the live system above it."""

from __future__ import annotations

import errno
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from netstat_core import SourceError
from netstat_core.plugin import AF, NetlinkDump, align4
from netstat_core.system import capture
from netstat_core.system.capture import DumpFailed, DumpInterrupted, dump, dump_whole
from netstat_core.system.live import LiveSystem

ERROR, DONE, ROW = 2, 3, 20
INTERRUPTED = 0x10
Message = tuple[int, int, bytes]


def row(number: int, flags: int = 2) -> Message:
    """Make a row of a dump."""
    return ROW, flags, struct.pack("=I", number)


def done(status: int = 0, flags: int = 2) -> Message:
    """Make the message that ends a dump."""
    return DONE, flags, struct.pack("=i", status)


def refusal(number: int) -> Message:
    """Make the message that refuses a request."""
    return ERROR, 0, struct.pack("=i", -number) + bytes(16)


class Kernel:
    """Answers each dump request with the next list of datagrams; raw bytes and exceptions go out as they are."""

    def __init__(self, *answers: list[Any]) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self.options: list[tuple[int, ...]] = []
        self.timeouts: list[float] = []
        self.open = 0

    def socket(self, *_arguments: object) -> KernelSocket:
        """Open a netlink socket."""
        self.open += 1
        return KernelSocket(self)


class KernelSocket:
    """A netlink socket of port 4711."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.sequence = 0
        self.waiting: list[Any] = []

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_why: object) -> None:
        self.kernel.open -= 1

    def settimeout(self, seconds: float) -> None:
        """Keep what was set."""
        self.kernel.timeouts.append(seconds)

    def setsockopt(self, *option: int) -> None:
        """Keep what was set."""
        self.kernel.options.append(option)

    def bind(self, _address: tuple[int, int]) -> None:
        """Be bound."""

    def getsockname(self) -> tuple[int, int]:
        """Give the port."""
        return 4711, 0

    def sendto(self, request: bytes, _address: tuple[int, int]) -> None:
        """Take a request."""
        self.kernel.requests.append(request)
        self.sequence = struct.unpack_from("=I", request, 8)[0]
        self.waiting = [*self.kernel.answers.pop(0)]

    def recvmsg_into(self, buffers: list[bytearray]) -> tuple[int, list[Any], int, None]:
        """Give the next datagram."""
        answer = self.waiting.pop(0)
        if isinstance(answer, Exception):
            raise answer
        datagram = answer if isinstance(answer, bytes) else b"".join(self.packed(*message) for message in answer)
        size = min(len(datagram), len(buffers[0]))
        buffers[0][:size] = datagram[:size]
        return size, [], socket.MSG_TRUNC if len(datagram) > size else 0, None

    def packed(self, kind: int, flags: int, payload: bytes) -> bytes:
        """Make a message of this conversation."""
        return struct.pack("=IHHII", 16 + len(payload), kind, flags, self.sequence, 4711) + payload


@pytest.fixture
def kernel_with(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give a function that puts a kernel with certain answers in the place of the real one."""

    def make(*answers: list[Any]) -> Kernel:
        kernel = Kernel(*answers)
        monkeypatch.setattr(socket, "socket", kernel.socket)
        made.append(kernel)
        return kernel

    made: list[Kernel] = []
    yield make
    assert [kernel.open for kernel in made] == [0] * len(made)


def rows(datagrams: Any) -> list[int]:
    """Give the numbers of all rows."""
    found = []
    for datagram in datagrams:
        raw = bytes(datagram)
        for start in range(0, len(raw), 20):
            length, kind = struct.unpack_from("=IH", raw, start)
            assert (length, kind) == (20, ROW)
            found.append(struct.unpack_from("=I", raw, start + 16)[0])
    return found


def until_error(datagrams: Iterator[Any]) -> tuple[list[int], Any]:
    """Give the rows up to the error that a dump ends with, and that error."""
    found = []
    try:
        for datagram in datagrams:
            found += rows([datagram])
    except (OSError, SourceError) as error:
        return found, error
    pytest.fail("no error ended this dump")


WHOLE: dict[str, list[Any]] = {
    "DONE alone": [[row(1), row(2)], [row(3)], [done()]],
    "DONE glued to the last datagram": [[row(1), row(2)], [row(3), done()]],
    "all in one datagram": [[row(1), row(2), row(3), done()]],
    "an acknowledgement of more than a status": [
        [row(1)],
        [row(2), row(3)],
        [(DONE, 2, struct.pack("=i", 0) + b"more")],
    ],
}


@pytest.mark.parametrize("shape", WHOLE)
def test_dumps_end_with_done(shape: str, kernel_with: Any) -> None:
    """Wherever NLMSG_DONE stands, all rows come and it does not."""
    kernel_with(WHOLE[shape])
    assert rows(dump(4, 20, b"")) == [1, 2, 3]


@pytest.mark.parametrize("answer", [[[done()]], [[refusal(0)]]], ids=["DONE", "acknowledgement"])
def test_dumps_may_be_empty(answer: list[Any], kernel_with: Any) -> None:
    """A dump without a row is no datagram."""
    kernel_with(answer)
    assert list(dump(4, 20, b"")) == []


FAILURES: dict[str, tuple[list[Any], list[int], int]] = {
    "refused": ([[refusal(errno.EPERM)]], [], errno.EPERM),
    "DONE with an error, nothing before": ([[done(-errno.ENOENT)]], [], errno.ENOENT),
    "DONE with an error after rows": ([[row(1)], [done(-errno.ENOBUFS)]], [1], errno.ENOBUFS),
    "DONE with an error behind rows": ([[row(1)], [row(2), done(-errno.ENOBUFS)]], [1, 2], errno.ENOBUFS),
    "refused later": ([[row(1)], [refusal(errno.EIO)]], [1], errno.EIO),
    "a datagram too large": ([[row(1)], bytes(capture._CHUNK + 1)], [1], errno.EMSGSIZE),
    "a datagram too short": ([[row(1)], b"short"], [1], errno.EBADMSG),
    "the receive buffer overran": ([[row(1)], OSError(errno.ENOBUFS, "No buffer space")], [1], errno.ENOBUFS),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_dumps_that_fail_keep_their_rows(failure: str, kernel_with: Any) -> None:
    """Wherever the kernel reports an error, its number is raised after the rows that came before it."""
    answer, expected, number = FAILURES[failure]
    kernel_with(answer)
    seen, error = until_error(dump(4, 20, b""))
    assert (seen, error.errno) == (expected, number)


def test_a_kernel_that_says_nothing_is_not_waited_for_forever(kernel_with: Any) -> None:
    """The socket has a time limit, and running into it is an error like others."""
    kernel = kernel_with([[row(1)], TimeoutError("timed out")])
    with pytest.raises(OSError, match="timed out"):
        list(dump(4, 20, b""))
    assert 0 < kernel.timeouts[0] <= 60


def test_rows_that_look_like_an_end(kernel_with: Any) -> None:
    """A row whose last bytes look like another conversation's DONE does not end a dump."""
    false_end = struct.pack("=IHHIIi", 20, DONE, 2, 1, 4711, 0)
    kernel_with([[(ROW, 2, false_end)], [row(1)], [done()]])
    received = b"".join(bytes(datagram) for datagram in dump(4, 20, b""))
    assert len(received) == 16 + len(false_end) + 20
    assert false_end in received


def test_requests_are_well_formed(kernel_with: Any) -> None:
    """A request is a header with type, dump flags and a number of its own, then the body."""
    kernel = kernel_with([[done()]], [[done()]])
    for _ in range(2):
        list(dump(0, 18, b"body"))
    lengths, kinds, flags, numbers, ports = zip(
        *(struct.unpack_from("=IHHII", one) for one in kernel.requests), strict=True
    )
    assert (lengths, kinds, flags, ports) == ((20, 20), (18, 18), (0x301, 0x301), (0, 0))
    assert numbers[0] != numbers[1]
    assert [one[16:] for one in kernel.requests] == [b"body"] * 2


def test_strict_requests_ask_for_checking(kernel_with: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A strict dump sets NETLINK_GET_STRICT_CHK, and does without where the kernel does not have it."""
    kernel = kernel_with([[done()]])
    list(dump(0, 18, b"", strict=True))
    assert kernel.options == [(270, 12, 1)]
    old = kernel_with([[done()]])

    def refuse(_self: object, *_option: int) -> None:
        raise OSError(errno.ENOPROTOOPT, "Protocol not available")

    monkeypatch.setattr(KernelSocket, "setsockopt", refuse)
    assert list(dump(0, 18, b"", strict=True)) == []
    assert old.options == []


INTERRUPTIONS = {
    "at the end": [[row(9)], [done(flags=INTERRUPTED)]],
    "in a row": [[row(8), row(9, INTERRUPTED)], [done()]],
}
CLEAN = [[row(1)], [row(2), done()]]


@pytest.mark.parametrize("place", INTERRUPTIONS)
def test_interrupted_dumps_are_asked_for_again(place: str, kernel_with: Any) -> None:
    """What changed while it was dumped is dumped again, and the rows of the first try are forgotten."""
    kernel = kernel_with(INTERRUPTIONS[place], INTERRUPTIONS[place], CLEAN)
    datagrams, is_consistent = dump_whole(0, 18, b"")
    assert (rows(datagrams), is_consistent, len(kernel.requests)) == ([1, 2], True, 3)


@pytest.mark.parametrize("place", INTERRUPTIONS)
def test_dumps_that_never_settle_are_told(place: str, kernel_with: Any) -> None:
    """What changes all the time is given as it was at the last try, with word that it is not consistent."""
    kernel = kernel_with(*[INTERRUPTIONS[place]] * 4)
    datagrams, is_consistent = dump_whole(0, 18, b"")
    assert 9 in rows(datagrams)
    assert (is_consistent, len(kernel.requests)) == (False, 4)


@pytest.mark.parametrize("place", INTERRUPTIONS)
def test_live_dumps_that_never_settle_are_told(place: str, kernel_with: Any) -> None:
    """A live system gives what it got at the last try, and then says that it changed all the time."""
    kernel_with(*[INTERRUPTIONS[place]] * 4)
    seen, error = until_error(LiveSystem().dump(NetlinkDump("canned", protocol=0, type=18, body=b"", restart=True)))
    assert (9 in seen, error.source, error.reason) == (True, "canned", "raced")


def test_interruptions_of_a_stream_are_raised(kernel_with: Any) -> None:
    """A dump that is parsed as it comes tells of an interruption at its end, after its rows."""
    kernel_with(INTERRUPTIONS["at the end"])
    datagrams = dump(0, 18, b"")
    assert rows([next(datagrams)]) == [9]
    with pytest.raises(DumpInterrupted):
        next(datagrams)


def test_whole_dumps_pass_errors_on(kernel_with: Any) -> None:
    """An error that is no interruption is not tried again."""
    kernel = kernel_with([[refusal(errno.EPERM)]])
    with pytest.raises(DumpFailed):
        dump_whole(0, 18, b"")
    assert len(kernel.requests) == 1


_ROWS = 2000
LONG = [[row(number) for number in range(start, start + _ROWS)] for start in range(0, 40 * _ROWS, _ROWS)]
"""A dump of 1.6 MB in datagrams of 40 kB."""


def test_datagrams_are_read_ahead_in_order(kernel_with: Any) -> None:
    """While one datagram is parsed the next are fetched: all come, each once, in order, and unchanged meanwhile."""
    kernel_with([*LONG, [done()]])
    kept = []
    for datagram in LiveSystem().dump(NetlinkDump("canned", protocol=4, type=20, body=b"")):
        kept.append(bytes(datagram))
        time.sleep(0.0001)
    assert rows(kept) == list(range(40 * _ROWS))


def test_datagrams_are_joined_within_the_bounds_of_a_replay(kernel_with: Any) -> None:
    """A dump comes in few pieces of more than 128 KiB, none larger than the 256 KiB that a snapshot may hold of one."""
    large = [row(number) for number in range(12_500)]
    kernel_with([*LONG, large, [row(0)], large, [done()]])
    pieces = [bytes(piece) for piece in dump(4, 20, b"")]
    sizes = [len(piece) for piece in pieces]
    assert max(sizes) <= 1 << 18
    assert sum(size <= 1 << 17 for size in sizes) <= 2  # before a large one, and at the end
    assert rows(pieces) == [*range(40 * _ROWS), *range(12_500), 0, *range(12_500)]


def test_a_dump_of_one_piece_starts_no_thread(kernel_with: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all has come at once, nothing is read ahead."""
    monkeypatch.setattr(threading.Thread, "start", lambda _: pytest.fail("a thread was started"))
    kernel_with([[row(1)], [row(2)], [row(3)], [row(4)], [row(5), done()]])
    found = LiveSystem().dump(NetlinkDump("canned", protocol=4, type=20, body=b""))
    assert rows([bytes(piece) for piece in found]) == [1, 2, 3, 4, 5]


def test_errors_come_behind_what_was_read_ahead(kernel_with: Any) -> None:
    """An error far into a dump is raised after all rows before it, as the error of this source."""
    kernel_with([*LONG, [done(-errno.ENOBUFS)]])
    seen, error = until_error(LiveSystem().dump(NetlinkDump("canned", protocol=4, type=20, body=b"")))
    assert seen == list(range(40 * _ROWS))
    assert (error.source, error.errno) == ("canned", errno.ENOBUFS)


def test_a_dump_that_is_left_alone_stops(kernel_with: Any) -> None:
    """Who stops reading in the midst of a dump leaves no thread and no setting of the interpreter behind."""
    interval = sys.getswitchinterval()
    kernel = kernel_with([*LONG, [done()]])
    datagrams = LiveSystem().dump(NetlinkDump("canned", protocol=4, type=20, body=b""))
    for _ in range(4):
        next(datagrams)
    datagrams.close()  # type: ignore[attr-defined]
    deadline = time.monotonic() + 5
    while kernel.open and time.monotonic() < deadline:
        time.sleep(0.01)
    assert kernel.open == 0
    assert sys.getswitchinterval() == interval
    assert not [
        one for one in threading.enumerate() if one.name.startswith("Thread") and one.is_alive() and "fetch" in str(one)
    ]


def test_the_real_kernel_answers() -> None:
    """The running kernel dumps its links, refuses what it does not know, and has no handler for protocol 253."""
    links = [bytes(datagram) for datagram in dump(0, 18, bytes(16))]
    assert any(b"lo\0" in datagram for datagram in links)
    assert dump_whole(0, 18, bytes(16))[1]
    for request, numbers in (
        ((0, 9999, bytes(16)), {errno.EOPNOTSUPP}),
        ((4, 20, struct.pack("=BBBBI48x", 2, 253, 0, 0, 0xFFF)), {errno.ENOENT, errno.EOPNOTSUPP}),
    ):
        with pytest.raises(DumpFailed) as raised:
            list(dump(*request))
        assert raised.value.errno in numbers


def test_messages_start_at_the_same_places_everywhere() -> None:
    """The travelling file's alignment is the project's: up to the next multiple of four."""
    lengths = [*range(1 << 12), *range((1 << 16) - 8, (1 << 16) + 8), (1 << 31) - 1]
    assert [capture.align4(length) for length in lengths] == [align4(length) for length in lengths]
    assert [align4(length) for length in range(6)] == [0, 4, 4, 4, 4, 8]


def test_address_families_are_those_of_linux() -> None:
    """The numbers that messages have, which on Linux are those of its sockets."""
    assert {name: getattr(socket, f"AF_{name.upper()}") for name in AF} == AF
