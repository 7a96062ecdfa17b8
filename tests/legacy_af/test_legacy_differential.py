"""The legacy families before the real netstat and pynetstat: the same bytes, but for what is named."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from legacy_differences import DIFFERENCES, DIRECT_OF_EXAMPLES, X25_FOLDER, X25_HEADER, repaired
from option_matrix import split
from realnetstat import NOBODY, Comparison, Outcome, Stage, run_both
from trees import Trees

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from legacy_differences import Difference

pytestmark = pytest.mark.usefixtures("real_netstat")

FAMILIES = ("ipx", "ax25", "x25", "netrom", "rose")

SOCKETS = split(
    "-n", "-an", "-ln", "-nv", "-aneopW", "-A ipx", "--ipx -a", "--ipx -ne", "-A ipx -neee", "-A ipx -ao",
    "-A ax25", "--ax25 -alnp", "--protocol=ax25 -nW", "--netrom -n", "-A rose -nv", "--rose -l",
    "-A x25", "--x25 -a", "--x25 -l", "-al --x25", "--all -A x25", "-A rose,netrom,x25,ax25,ipx -n",
    "--rose --ipx -n", "-A ax25,ax25 -n", "-xn --ipx", "-tn --ax25", "-4n --netrom", "-t -A ipx,rose -an",
    "--ddp -an", "-A ddp,ax25 -n", "-A appletalk -n", "-wn --appletalk", "-A inet,ax25,ddp -an",
)  # fmt: skip
ROUTES = split(
    "-r -A ipx", "-rn --ax25", "-r --netrom", "-re -A rose", "-rv --x25", "-rW -A netrom", "-rC -A ipx",
    "-rF --ax25", "-rFC --rose", "-ree --x25", "-rN -A ax25", "-rop --ax25", "-ral --ipx", "-rt --ax25",
    "-r -A ipx,ax25,x25,netrom,rose", "-r -A rose,x25,ax25", "-r --rose --ipx", "--route --protocol=x25",
)  # fmt: skip
TREES = ("captures/legacy-a-6.1", "captures/legacy-peera-6.1", "examples/legacy", "captures/bare-a-6.18")


def differing(differences: Sequence[Difference], comparisons: list[Comparison]) -> list[Comparison]:
    """Return where our outcome is not what the real one, with the differences, makes expect."""
    assert all(both.real.stdout or both.real.stderr for both in comparisons)
    return [both for both in comparisons if repaired(differences, both.arguments, both.real) != both.ours]


@pytest.fixture
def whole_trees(trees: Trees, tmp_path: Path) -> Trees:
    """Give the trees with a file of X.25 sockets in each folder of X.25, as every kernel has it."""
    shutil.copytree(trees["examples/legacy"], tmp_path / "examples/legacy")
    (tmp_path / "examples/legacy/proc/net/x25/socket").write_text("dest_addr\n")
    return Trees(tmp_path)


@pytest.mark.parametrize("tree", TREES)
def test_sockets(tree: str, whole_trees: Trees) -> None:
    """With every option that shows sockets, alone and with other families, both print the same."""
    comparisons = run_both(Stage(whole_trees[tree]), SOCKETS)
    assert differing([one for one in DIFFERENCES.get(tree, ()) if one.why != X25_FOLDER], comparisons) == []


def test_users(trees: Trees) -> None:
    """The owners of IPX sockets have names without -n, as everywhere."""
    tree = "captures/legacy-a-6.1"
    comparisons = run_both(
        Stage(trees[tree]), split("--ipx -e", "--ipx -e --numeric-users", "--ipx -e --numeric-ports")
    )
    assert differing(DIFFERENCES[tree], comparisons) == []
    assert b" root " in comparisons[0].real.stdout


def test_a_folder_of_x25_without_sockets(trees: Trees) -> None:
    """The real program takes any folder x25 for the file of no sockets."""
    (both,) = run_both(Stage(trees["examples/legacy"]), split("--x25"))
    assert both.real == Outcome(b"Active X.25 sockets\n" + X25_HEADER, b"", 0)
    assert both.ours == Outcome(b"", b"netstat: no support for `AF X25' on this system.\n", 1)


@pytest.mark.parametrize("tree", TREES)
def test_routes(tree: str, trees: Trees) -> None:
    """With every option that shows routes, in every order of families, both print the same."""
    assert differing(DIFFERENCES.get(tree, ()), run_both(Stage(trees[tree]), ROUTES)) == []


def test_old_files(trees: Trees) -> None:
    """With the file names of Linux 2.4, but the one that the real program stumbles over, both print the same."""
    stage = Stage(trees["examples/legacy2"], absent=("net/ipx",))
    lists = split("-an", "-n", "--x25", "--x25 -a", "--ax25 -e", "-r --ipx", "-r --x25", "-A netrom", "-r -A ipx,x25")
    assert differing((*DIFFERENCES["examples/legacy2"], DIRECT_OF_EXAMPLES), run_both(stage, lists)) == []


def test_a_plain_file_of_ipx_works(trees: Trees) -> None:
    """The real program ends every listing at /proc/net/ipx where that is the plain file of Linux 2.4."""
    for both in run_both(Stage(trees["examples/legacy2"]), split("--ipx", "-an")):
        assert both.real.stderr == b"/proc/net/ipx/socket: Not a directory\n"
        assert both.real.returncode == 255
        assert (both.ours.stderr, both.ours.returncode) == (b"", 0)
        assert (
            b"\nIPX       47     16 0000ABCD:00A0C9112233:0451 12345678:000000000001:0451 ESTAB\n" in both.ours.stdout
        )


MISSING = {
    "ipx": (
        ("net/ipx",),
        split("-n", "-nv", "--ipx", "--ipx --ax25", "--ax25 --ipx -v", "-r --ipx", "-r -A ax25,ipx,x25"),
    ),
    "ax25": (
        ("net/ax25", "net/ax25_route"),
        split("-nv", "--ax25", "--ipx --ax25 --x25", "-r --ax25", "-r -A ax25,ipx"),
    ),
    "x25": (("net/x25",), split("-nv", "--x25", "-r --x25", "-r -A x25,ax25", "--x25 --rose")),
    "nr": (
        ("net/nr", "net/nr_nodes", "net/nr_neigh"),
        split("-nv", "--netrom", "-r --netrom", "--ax25 --netrom --rose"),
    ),
    "nr_neigh": (("net/nr_neigh",), split("-n", "-r --netrom", "-r -A netrom,ax25")),
    "rose": (("net/rose", "net/rose_nodes", "net/rose_neigh"), split("-nv", "--rose", "-r --rose", "-r -A rose,ipx")),
    "appletalk": (("net/atalk",), split("-nv", "--ddp -n", "-r --ddp", "-r -A ddp,ax25", "-r --appletalk")),
}


@pytest.mark.parametrize("missing", MISSING)
def test_missing_families(missing: str, trees: Trees) -> None:
    """What the kernel lacks is told in the same words, ends the listing at the same place, with the same status."""
    tree = "captures/legacy-a-6.1"
    absent, lists = MISSING[missing]
    comparisons = run_both(Stage(trees[tree], absent=absent), lists)
    assert differing(DIFFERENCES[tree], comparisons) == []
    assert any(both.real.returncode == 1 for both in comparisons)


CLOSED = ("ipx/socket", "ipx/route", "ax25", "ax25_route", "nr", "nr_nodes", "rose", "rose_nodes", "x25/route")


def test_closed_files(trees: Trees) -> None:
    """What a user may not read is told in the same words, with the same status."""
    tree = "captures/legacy-a-6.1"
    stage = Stage(trees[tree], modes=tuple((f"net/{name}", 0o600) for name in CLOSED))
    sockets = [(f"--{family}",) for family in FAMILIES if family != "x25"]
    routes = [("-r", f"--{family}") for family in FAMILIES]
    comparisons = run_both(stage, [*sockets, *routes, ("-n",)], uid=NOBODY)
    assert differing(DIFFERENCES[tree], comparisons) == []
    assert [both.real.returncode for both in comparisons] == [255] * 4 + [1] * 5 + [255]


@pytest.mark.parametrize(("closed", "mode"), [("net/ipx", 0o700), ("net/nr_neigh", 0o600)])
def test_closed_folders(closed: str, mode: int, trees: Trees) -> None:
    """A folder that a user may not enter, and the second of two files, are told alike too."""
    tree = "captures/legacy-a-6.1"
    comparisons = run_both(Stage(trees[tree], modes=((closed, mode),)), split("-r --ipx", "-r --netrom"), uid=NOBODY)
    assert differing(DIFFERENCES[tree], comparisons) == []
    assert {both.real.returncode for both in comparisons} == {0, 1}


def test_a_closed_file_of_x25_is_told(trees: Trees) -> None:
    """The real program shows no X.25 sockets where it may not read them: it does not know their file."""
    stage = Stage(trees["captures/legacy-a-6.1"], modes=(("net/x25/socket", 0o600),))
    (both,) = run_both(stage, split("--x25"), uid=NOBODY)
    assert (both.real.stderr, both.real.returncode) == (b"", 0)
    assert (both.ours.stderr, both.ours.returncode) == (b"/proc/net/x25/socket: Permission denied\n", 255)


DDP_HEADER = b"Target        Router  Flags Dev\n"
AX25 = b"0 %s N0CALL-1%s %s %d %d %d 0 0 10 0 3 0 300 0 0 0 10 0 2 256 %s %s %s\n"
NR = b"%-9s %-9s %-9s %-3s  01/02 03/04  %d %3d %3d   0   0/120  0/05   0/180   0/000  0/03   4 %5d %5d 11\n"
ROSE = b"""\
header
2080175520 N1CALL-2  2080175510 ??????-?  rose0 FFF 00001  %d  0  1  0   0 200 180 180   5   0/000     0     0 4569
"""
OLD_AX25 = (
    b"dest_addr src_addr  dev  st  vs  vr  va    t1     t2     t3      idle   n2  rtt wnd paclen   dama Snd-Q Rcv-Q\n"
)
ALIKE = {
    "ax25": [
        (b"ax0", b"*", b"VK2XYZ-3,DIGI1-0*,DIGI2-0", 4, 7, 6, b"12", b"34", b"5678"),
        (b"ax0123456789012", b"", b"*", 3, 300, 1, b"1234567", b"1234567", b"1"),
        (b"???", b"", b"*", 0, 0, 0, b"*", b"*", b"*"),
        (b"x" * 15, b"", b"N0CALL-15", 2, 127, 127, b"0", b"0", b""),
    ],
    "nr": [
        (b"*", b"*", b"NODE01-15", b"nr0", 0, 0, 0, 0, 0),
        (b"N0CALL-15", b"NODE02-15", b"NODE01-15", b"longdev12", 3, 255, 1000, 1234567, 7654321),
        (b"N0CALL", b"NODE02", b"NODE01", b"???", 2, 5, 6, 1, 2),
    ],
}
ROUTE_FILES = {
    "ax25_route": b"""\
default   ax1     *
VK2XYZ-15 bpq10   vc DIGI1-0 DIGI2-0
N0CALL    a     dg
N1        ax0  7
""",
    "ipx/route": b"""\
00000000   00001234     000000000000
FFFFFFFF   00000000     00A0C9AABBCC
FFFFFFFE   12345678     FFFFFFFFFFFF
""",
    "nr_nodes": b"""\
NODE-1    ONE      3 3  192   6 00001  100   5 00002   50   4 00003
NODE-3    ABCDEF   1 1    0   0 00002
""",
    "nr_neigh": b"""\
00001 N0CALL-5  ax0   255 0      2      0
00002 N9CALL    bpq10 100 1      1      0 DIGI-1 DIGI-2
00003 N9CALL-15 longdev12  100 1      1      0
00001 N0SECOND  ax0   255 0      2      0
""",
    "rose_nodes": b"""\
2080175524 0010 3 00001 00002 00003
2080175525 0010 2 00001 00077
*          0000 1 00002
""",
    "rose_neigh": b"""\
00001 F6ABC-11  ax0      1   0  DTE     yes   0   0
00002 F1XYZ     bpq0     1   0  DCE      no   0   0 DIGI
00003 F1XYZ-3   longdev12     1   0  DCE      no   0   0
""",
    "x25/route": b"""\
                 0       lapb0
123450000000000  5       x25a
123450000000000  14      verylongdevice
123456789012345  16      x
""",
}
"""Rows as kernels print them, below whatever header."""


def laid_out(folder: Path, files: dict[str, bytes]) -> Stage:
    """Make a tree with these files below proc/net."""
    for name, content in files.items():
        path = folder / "proc/net" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return Stage(folder)


def test_rows_of_all_widths(tmp_path: Path) -> None:
    """Names and numbers wider than their columns, and what kernels print where there is nothing, look the same."""
    files = {
        "ax25": b"".join(AX25 % row for row in ALIKE["ax25"]),
        "nr": b"header\n" + b"".join(NR % row for row in ALIKE["nr"]),
        **{name: b"header\n" + rows for name, rows in ROUTE_FILES.items()},
    }
    lists = split("--ax25", "--netrom", *(f"-r --{family}" for family in FAMILIES))
    for both in run_both(laid_out(tmp_path, files), lists):
        assert both.ours == both.real
        assert both.real.stdout.count(b"\n") > 3


def test_routes_of_appletalk(tmp_path: Path) -> None:
    """Routes of AppleTalk in the file of Linux 2.4 look the same, with every flag."""
    rows = b"".join(b"1001:05     1000:09  %-4d  ltalk0\n" % flags for flags in (0, 1, 3, 5, 7, 0x1FF, 0x601, 0x7FF))
    stage = laid_out(tmp_path, {"atalk_route": DDP_HEADER + b"Default     FF00:80  3     eth0\n" + rows})
    (both,) = run_both(stage, split("-r --ddp"))
    assert both.ours == both.real
    assert both.real.stdout.count(b"\n") == 10


def test_bad_lines_of_sockets(tmp_path: Path) -> None:
    """Lines that are no sockets are told among the rows in the same words, and change no status."""
    files = {
        "ax25": b"0 ax0 N0CALL-1 * 2 1 1 0 0 10 0 3 0 300 0 0 0 10 0 2 256 1\n" + AX25 % ALIKE["ax25"][0],
        "nr": b"header\nfoo\n" + NR % ALIKE["nr"][0] + b"N0CALL    NODE02    NODE01    ??? 01/01 02/02  0   0\n",
        "rose": b"header\nfoo\n",
    }
    for both in run_both(laid_out(tmp_path, files), split("--ax25", "--netrom", "--rose")):
        assert both.ours == both.real
        assert b"roblem reading data from /proc/net/" in both.real.stdout


@pytest.mark.parametrize(
    ("row", "wrong"),
    [(b"foo\n", b"source port"), (b"00000001:4003 foo 0 0 7 0\n", b"destination port")],
)
def test_bad_lines_of_ipx(row: bytes, wrong: bytes, tmp_path: Path) -> None:
    """A line without an address ends the listing with netstat's internal error; structured output goes on."""
    good = b"00000001:4003 Not_Connected 00000000 00000000 07 000\n"
    stage = laid_out(tmp_path, {"ipx/socket": b"header\n" + row + good, "ax25": b""})
    for both in run_both(stage, split("--ipx", "-n", "--ipx --ax25")):
        assert both.ours == both.real
        assert both.real.stderr == b"netstat.c: Internal Error `ipx socket format error in %s'.\n" % wrong
        assert both.real.returncode == 255
    (json,) = run_both(stage, split("--ipx --json"))
    assert b'"local_port":16387' in json.ours.stdout.replace(b" ", b"")


REPAIRED = {
    "states of ax25": ("ax25", AX25 % (b"ax0", b"", b"*", 5, 0, 0, b"0", b"0", b"1"), b"  UNKNOWN      000/000"),
    "states of netrom": ("nr", b"header\n" + NR % (b"*", b"*", b"N", b"nr0", 4, 0, 0, 0, 0), b"  UNKNOWN      000/000"),
    "states of x25": (
        "x25/socket",
        b"header\n2342777    31060000   x25a  003  5  0  0  0 193   3 200 180 180     0     0 457\n",
        b"  UNKNOWN      00/00",
    ),
    **{
        f"state {number} of rose": ("rose", ROSE % number, b"2080175510  ??????-?  rose0 4095     1   UNKNOWN\n")
        for number in (4, 5, 6)
    },
}


@pytest.mark.parametrize("name", REPAIRED)
def test_states_out_of_range(name: str, tmp_path: Path) -> None:
    """Q14: the real program reads other memory for a state that it has no word for, or crashes."""
    file, content, shown = REPAIRED[name]
    family = {"nr": "netrom", "x25/socket": "x25"}.get(file, file)
    (both,) = run_both(laid_out(tmp_path, {file: content}), split(f"-a --{family}"))
    assert shown in both.ours.stdout
    assert (both.ours.stderr, both.ours.returncode) == (b"", 0)
    assert b"UNKNOWN" not in both.real.stdout


def test_crashes_are_none(tmp_path: Path) -> None:
    """Q19: an empty file of AppleTalk routes and a missing one of ROSE neighbours end the real program by a signal."""
    stage = laid_out(tmp_path, {"atalk_route": b"", "rose_nodes": b"header\n2080175524 0010 1 00001\n"})
    ddp, rose = run_both(stage, split("-r --ddp", "-r --rose"))
    assert ddp.real.returncode < 0
    assert ddp.ours == Outcome(b"Destination     Gateway         Device          Flags\n", b"", 0)
    assert rose.real.returncode < 0
    missing = b"/proc/net/rose_neigh: No such file or directory\nROSE not configured in this system.\n"
    assert rose.ours == Outcome(b"", missing, 1)


def test_queues_of_linux_2_0(tmp_path: Path) -> None:
    """The real program takes the DAMA column of Linux 2.0 for the queue, and shows both queues as empty."""
    row = b"N1ABC-15  N0CALL-1  ax0   3   2   3   4   0/010  0/03   0/300   0/000  0/10   5   2    256 "
    stage = laid_out(tmp_path, {"ax25": OLD_AX25 + row + b" slave     7     8\n" + row + b"    no\n"})
    (both,) = run_both(stage, split("--ax25"))
    shown = b"N1ABC-15   N0CALL-1   ax0     ESTABLISHED  003/002  "
    empty, filled = shown + b"0       0     \n", shown + b"7       8     \n"
    assert both.real.stdout.endswith(empty + empty)
    assert both.ours.stdout.endswith(filled + empty)


def test_nodes_without_a_mnemonic_look_alike(tmp_path: Path) -> None:
    """Linux 2.0 prints blanks where later kernels print a star; pynetstat shows the star for both."""
    nodes = b"header\nNODE-1             1 1  192   6 00001\nNODE-1    *        1 1  192   6 00001\n"
    neighbours = b"header\n00001 N0CALL-5  ax0   255 0      2\n"
    (both,) = run_both(laid_out(tmp_path, {"nr_nodes": nodes, "nr_neigh": neighbours}), split("-r --netrom"))
    row = b"NODE-1       %s         192      N0CALL-5   ax0 \n"
    assert both.real.stdout.endswith(row % b" " + row % b"*")
    assert both.ours.stdout.endswith(row % b"*" + row % b"*")


def test_repeated_default_routes_are_one(tmp_path: Path) -> None:
    """Linux 2.6 and later print AppleTalk's default route again before every other one."""
    default = b"Default     FF00:80  3     eth0\n"
    content = (
        DDP_HEADER + default + b"0001:00     FF00:80  1     eth0\n" + default + b"0002:00     FF00:80  1     eth0\n"
    )
    stage = laid_out(tmp_path, {"atalk_route": content})
    (both,) = run_both(stage, split("-r --ddp"))
    assert both.real.stdout.count(b"Default") == 2
    assert both.ours.stdout.count(b"Default") == 1
    assert both.ours.stdout.count(b"\n") == 4


def test_names_do_not_command_a_terminal(tmp_path: Path) -> None:
    """The real program sends the bytes of a device's name to the terminal as they are."""
    stage = laid_out(tmp_path, {"ax25": AX25 % (b"\x1b[2J", b"", b"*", 0, 0, 0, b"0", b"0", b"1")})
    (both,) = run_both(stage, split("--ax25"))
    assert b"\x1b[2J" in both.real.stdout
    assert rb"  \x1b[2J" in both.ours.stdout
