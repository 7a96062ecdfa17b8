"""Rows of /proc/net/unix that kernels do not write, or wrote once, before the real netstat and pynetstat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from realnetstat import Command, Comparison, Stage, run_all, run_both
from unix_rows import HEADER

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("real_netstat")

ALIKE = {
    "widths": b"0: 2 0 0 1 1 5 /x\nab:2 0 0 1 1 5\n   ab: 2 0 0 1 1 5 /y\n0: 2 0 0 1 1        8 /gvisor\n",
    "numbers": b"0: FFFFFFFF 0 0 1 1 5 /x\n0: 100000001 0 0 1 1 4294967297 /y\n0: 2 0 0 1 1 0 /z\n",
    "words": b"".join(
        b"0: 2 %x %x %x %x 5 /%d\n" % (protocol, flags, kind, state, state)
        for protocol in (0, 1)
        for flags in (0, 0x10000, 0x20000, 0x40000, 0x70000, 0xF)
        for kind in (0, 1, 2, 3, 4, 5, 6, 10)
        for state in (0, 1, 2, 3, 4, 5, 255)
    ),
    "tabs": b"0:\t2 0 0 1 1 5\n",
    "cut off": b"foo\n0: 2 0 0 1\n\n0: 2 0 0\n0: 2 0 0 1 1\n",
    "no last line break": b"0: 2 0 0 1 1 5 /x\n0: 2 0 0 1 1 6 /y",
    "nothing": b"",
    "names": b"".join(b"0: 2 0 0 1 1 5 %b\n" % name for name in (b"@", b"@@x", b"caf\xc3\xa9", b"a\\b", b"%s")),
}
ARGUMENTS = [("-xan",), ("-x",), ("-xl",), ("-xanp",), ("-A", "unix", "-aneov"), ("-xlW",)]


def tree_with(folder: Path, rows: bytes) -> Stage:
    """Make a tree whose /proc/net/unix has these rows."""
    (folder / "proc/net").mkdir(parents=True)
    (folder / "proc/net/unix").write_bytes(HEADER + rows)
    return Stage(folder)


def both(stage: Stage, *arguments: str) -> Comparison:
    """Return what both do with one list of arguments."""
    (comparison,) = run_both(stage, [arguments])
    return comparison


@pytest.mark.parametrize("rows", ALIKE.values(), ids=ALIKE)
def test_alike(rows: bytes, tmp_path: Path) -> None:
    """Loose rows, numbers of any size, every word, and bad lines come out the same, with the same complaints."""
    for comparison in run_both(tree_with(tmp_path, rows), ARGUMENTS):
        assert comparison.ours == comparison.real
        assert comparison.real.stdout


def test_names_with_blanks_are_whole(tmp_path: Path) -> None:
    """Q5: netstat shows a name up to its first blank and without those it starts with."""
    comparison = both(tree_with(tmp_path, b"0: 2 0 0 1 1 5 /a b\n0: 2 0 0 1 1 6  lead\n"), "-xan")
    assert comparison.real.stdout.endswith(
        b" 5        /a\nunix  2      [ ]         STREAM                   6        lead\n"
    )
    assert comparison.ours.stdout.endswith(
        b" 5        /a b\nunix  2      [ ]         STREAM                   6         lead\n"
    )


def test_names_do_not_command_a_terminal(tmp_path: Path) -> None:
    """The real netstat sends the bytes of a name to the terminal as they are."""
    comparison = both(tree_with(tmp_path, b"0: 2 0 0 1 1 5 \x1b[2J\xff\n"), "-xan")
    assert comparison.real.stdout.endswith(b" 5        \x1b[2J\xff\n")
    assert comparison.ours.stdout.endswith(rb" 5        \x1b[2J\xff" + b"\n")


def test_names_with_line_breaks_are_whole(tmp_path: Path) -> None:
    """The real netstat calls the rest of such a name a bogus line."""
    comparison = both(tree_with(tmp_path, b"0: 2 0 0 1 1 5 /a\nb\n0: 2 0 0 1 1 6 /c\n"), "-xan")
    assert comparison.real.stderr == b"warning, got bogus unix line.\n"
    assert comparison.ours.stderr == b""
    assert comparison.ours.stdout == comparison.real.stdout.replace(b"/a\n", rb"/a\x0ab" + b"\n")


def test_masked_pointers_are_no_bad_lines(tmp_path: Path) -> None:
    """The real netstat takes rows whose address the kernel hides for bogus lines."""
    comparison = both(tree_with(tmp_path, b"(____ptrval____): 00000002 00000000 00000000 0001 01     5 /x\n"), "-xan")
    assert comparison.real.stderr == b"warning, got bogus unix line.\n"
    assert comparison.ours.stdout == comparison.real.stdout + (
        b"unix  2      [ ]         STREAM                   5        /x\n"
    )


def test_an_inode_is_not_taken_from_the_row_above(tmp_path: Path) -> None:
    """The real netstat shows a row that ends before its inode with the inode of another."""
    stage = tree_with(tmp_path, b"0: 2 0 0 1 1 5 /x\n0: 2 0 0 1 1\n")
    comparison = both(stage, "-xan")
    assert comparison.real.stdout.endswith(b" 5        \n")
    assert comparison.ours.stdout.endswith(b" 0        \n")


def test_names_of_linux_2_0(tmp_path: Path) -> None:
    """The real netstat reads a number out of the name where the file has no inodes, and shows that."""
    stage = tree_with(tmp_path, b"")
    (tmp_path / "proc/net/unix").write_bytes(
        b"Num       RefCount Protocol Flags    Type St Path\n0: 2 0 0 1 1 /dev/log\n"
    )
    real, ours = run_all(stage, [Command(program, ("-xan",)) for program in ("netstat", "pynetstat")])
    row = b"unix  2      [ ]         STREAM                   -        "
    assert real.stdout.endswith(row + b"0\n")
    assert ours.stdout.endswith(row + b"/dev/log\n")
