"""The text of UNIX sockets, and what is said where there is none."""

from __future__ import annotations

import io
import json
from functools import partial
from typing import TYPE_CHECKING

import pytest
from netstat_unix.net_tools import LAYOUT
from pynetstat import show
from unix_rows import CLOSED, ESTABLISHED, HEADER, LISTEN, Crafted, Made, dump, listing

from netstat_core import Query
from netstat_core.dialects import Request
from netstat_core.dialects.net_tools.session import NetToolsSession
from netstat_core.host.discovery import Host
from netstat_core.plugin import Batch, Problem, Style
from netstat_core.plugin.outcomes import Gap
from netstat_core.report.drain import drain
from netstat_core.report.run import Run

if TYPE_CHECKING:
    from pathlib import Path

    from trees import Trees

TITLE = b"Active UNIX domain sockets (servers and established)\n"
HEADS = b"Proto RefCnt Flags       Type       State         I-Node   Path\n"


def tree_with(folder: Path, content: bytes) -> Path:
    """Make a tree that holds this /proc/net/unix only."""
    (folder / "proc/net").mkdir(parents=True)
    (folder / "proc/net/unix").write_bytes(content)
    return folder


def text_of(system: Crafted, **wanted: str) -> bytes:
    """Return the text of a system's UNIX sockets, as the text sink writes it."""
    out = io.BytesIO()
    query = Query(families=("unix",), **wanted)  # type: ignore[arg-type]
    session = NetToolsSession(Request(query, Style(query)))
    run = Run(query, system, Host(), demands=session.demand, shown=partial(session.shown, is_text=True), by_place=True)
    assert list(drain(run, session.page(out)))
    return out.getvalue()


SOCKETS = [
    Made(5, b"/run/listen", state=LISTEN, queues=(1, 5)),
    Made(0, b"/run/listen", state=ESTABLISHED, ref_count=3),
    Made(1234567890, b"\0two\0nuls", type=5, state=ESTABLISHED, ref_count=1234567),
    Made(7, type=2),
    Made(8, b"\0line\nbreak and  blanks ", state=CLOSED),
    Made(9, b"caf\xc3\xa9 \xff\x1b[31m\\", state=CLOSED),
]
ROWS = [
    b"unix  2      [ ACC ]     STREAM     LISTENING     5        /run/listen\n",
    b"unix  3      [ ]         STREAM     CONNECTING    0        /run/listen\n",
    b"unix  1234567 [ ]         SEQPACKET  CONNECTED     1234567890 @two@nuls\n",
    b"unix  2      [ ]         DGRAM                    7        \n",
    rb"unix  2      [ ]         STREAM                   8        @line\x0abreak and  blanks " + b"\n",
    b"unix  2      [ ]         STREAM                   9        caf\xc3\xa9 " + rb"\xff\x1b[31m" + b"\\\n",
]


def test_rows_of_both_interfaces() -> None:
    """Every kind of row has netstat's columns; names are whole, on one line, and nothing commands a terminal."""
    assert text_of(Crafted(listing(SOCKETS), dump(SOCKETS))) == TITLE + HEADS + b"".join(ROWS)


def test_rows_of_the_file_alone() -> None:
    """Without a dump the text is the same."""
    assert text_of(Crafted(listing(SOCKETS))) == TITLE + HEADS + b"".join(ROWS)


def test_rows_of_the_dump_alone() -> None:
    """Without the file the unknown reference count is a dash, and waiting connections are missing."""
    shown = text_of(Crafted(None, dump(SOCKETS))).removeprefix(TITLE + HEADS).splitlines(keepends=True)
    expected = [b"unix  %-6b %b" % (b"-", row.split(b" ", 1)[1].lstrip().partition(b" ")[2].lstrip()) for row in ROWS]
    assert shown == [expected[0], *expected[2:]]


@pytest.mark.parametrize(
    ("asked", "title", "rows"),
    [
        ("all", b"(servers and established)", ROWS),
        ("listening", b"(only servers)", ROWS[:1]),
        ("connected", b"(w/o servers)", ROWS[1:]),
    ],
)
def test_what_is_shown(asked: str, title: bytes, rows: list[bytes]) -> None:
    """-l shows what accepts connections, the default everything else."""
    shown = text_of(Crafted(listing(SOCKETS), dump(SOCKETS)), show=asked)
    assert shown == b"Active UNIX domain sockets " + title + b"\n" + HEADS + b"".join(rows)


def test_linux_2_0(tmp_path: Path) -> None:
    """A file without inodes shows dashes for inode and program, and the names that netstat itself garbles."""
    tree = tree_with(
        tmp_path, b"Num       RefCount Protocol Flags    Type St Path\n0: 2 0 10000 1 1 /dev/log\n0: 3 0 0 1 3\n"
    )
    assert show(tree, "-xanp").stdout.splitlines()[2:] == [
        b"unix  2      [ ACC ]     STREAM     LISTENING     -        -                    /dev/log",
        b"unix  3      [ ]         STREAM     CONNECTED     -        -                    ",
    ]


def test_pointers_that_netstat_cannot_read(tmp_path: Path) -> None:
    """A kernel that masks its addresses has UNIX sockets nevertheless."""
    pointers = (b"(____ptrval____)", b"        (ptrval)", b"(null)")
    tree = tree_with(
        tmp_path, HEADER + b"".join(b"%b: 00000002 00000000 00000000 0001 01 5 /x\n" % one for one in pointers)
    )
    outcome = show(tree, "-xan")
    assert outcome.stdout.count(b" 5        /x\n") == 3
    assert outcome.stderr == b""


def test_programs(trees: Trees) -> None:
    """-p shows the owner, its heading included; a socket without an inode has none."""
    lines = show(trees["examples/sock"], "-xanp").stdout.splitlines()
    assert lines[1] == b"Proto RefCnt Flags       Type       State         I-Node   PID/Program name     Path"
    assert (
        b"unix  3      [ ]         STREAM     CONNECTED     7002     1/init               /run/connected.sock" in lines
    )


def test_contexts() -> None:
    """-Z adds a column of fifty behind the program; a long context keeps its end, an unknown one is a dash."""
    style = Style(Query(owners=("processes", "contexts")))
    assert (
        LAYOUT.block.heading(style, {}).splitlines()[1].endswith(f"PID/Program name    {' Security Context':<50} Path")
    )
    contexts = [None, "system_u:system_r:sshd_t:s0", "begins:" + "c" * 48]
    owned = [
        {"pid": 1, "uid": 0, "name": "x", "command": ["/x"], **({"context": one} if one else {})} for one in contexts
    ]
    record = {
        "ref_count": 2,
        "protocol": "unix",
        "flags_text": "",
        "type": "stream",
        "state": "CONNECTED",
        "inode": 5,
        "path": "/p",
        "abstract": False,
    }
    format_batch = LAYOUT.rows(style, None, {})  # type: ignore[arg-type]  # names are not asked
    shown = format_batch(Batch([{**record, "processes": [one]} for one in owned])).splitlines()
    cells = [line.partition("1/x")[2] for line in shown]
    assert cells == [f"{'':17} {cell:<50} /p" for cell in ("-", contexts[1], "c" * 48)]


@pytest.mark.parametrize("name", ["captures/unix-a-6.1", "captures/unix-a-6.18"])
def test_captured_records(name: str, trees: Trees) -> None:
    """The records of real kernels hold what their rows do: a name for each, and one connection that waits."""
    report = json.loads(show(trees[name], "-xan", "--json").stdout)
    records = report["tables"]["sockets"]
    assert len(records) == (trees[name] / "proc/net/unix").read_bytes().count(b"\n") - 1
    by_path = {one["path"]: one for one in records if one["path"]}
    assert by_path["two@nuls@"]["abstract"] is True
    assert by_path["/tmp/u/with space"]["state"] == "LISTENING"
    assert by_path["/tmp/u/@looks-abstract"]["abstract"] is False
    assert [one["path"] for one in records if one["inode"] is None] == ["/tmp/u/docker.sock"]
    assert {one["type"] for one in records} == {"stream", "dgram", "seqpacket"}
    assert report["problems"] == report["completeness"] == []


def words(trouble: Problem | Gap, style: Style) -> tuple[str, bool, int] | None:
    """Return what is said of something: the text, whether it ends the run, and the status."""
    complaint = LAYOUT.complain(trouble, style)
    return None if complaint is None else (complaint.text, complaint.ends_run, complaint.status)


def test_complaints() -> None:
    """What netstat says: always for a bad line, of an absent kernel part only where asked by name or with -v."""
    absent = "netstat: no support for `AF UNIX' on this system."
    assert words(Problem("/proc/net/unix", "no row"), Query()) == ("warning, got bogus unix line.", False, 0)
    for reason in ("not_in_kernel", "permission"):
        gap = Gap(reason, "/proc/net/unix", "")
        assert words(gap, Style(Query(required=frozenset({"unix"})))) == (absent, True, 1)
        assert words(gap, Style(verbose=True)) == (absent, False, 0)
        assert words(gap, Style()) is None
    assert words(Gap("raced", "/proc/net/unix", "", count=3), Style(verbose=True)) is None


def test_an_absent_file(tmp_path: Path) -> None:
    """The heading is printed all the same; asked for by name the absence is an error."""
    (tmp_path / "proc/net").mkdir(parents=True)
    outcome = show(tmp_path, "-xan")
    assert outcome.stdout == TITLE + HEADS
    assert (outcome.stderr, outcome.returncode) == (b"netstat: no support for `AF UNIX' on this system.\n", 1)
