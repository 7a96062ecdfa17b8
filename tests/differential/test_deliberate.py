"""Where pynetstat is right and net-tools 2.10 is not: what each prints, so that no difference grows unnoticed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from pynetstat import show
from realnetstat import Command, Stage, run_all

if TYPE_CHECKING:
    from pathlib import Path

    from trees import Trees

pytestmark = pytest.mark.usefixtures("real_netstat")

TCP = "   0: 0100007F:0050 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 1001 1\n"
UDP_CUT = "   1: 0100007F:0051 00000000:0000 07 00000000:00000000 00:00000000\n"


@pytest.fixture
def tree(trees: Trees, tmp_path: Path) -> Path:
    """Give a tree of our own to change."""
    return shutil.copytree(trees["examples/sock"], tmp_path / "tree", symlinks=True)


def real(tree: Path, *arguments: str) -> bytes:
    """Return the standard output of the real netstat."""
    (outcome,) = run_all(Stage(tree), [Command("netstat", arguments)])
    return outcome.stdout


def ours(tree: Path, *arguments: str) -> bytes:
    """Return the standard output of pynetstat."""
    return show(tree, *arguments).stdout


def test_process_names_cannot_command_a_terminal(tree: Path) -> None:
    """Q12: control characters of a process name are dots, where the real program sends them to the terminal."""
    (tree / "proc/1/cmdline").write_bytes(b"/sbin/i\x1b[2Jn\x07it\x7f\n\0--x\0")
    assert b" LISTEN      1/i\x1b[2Jn\x07it\x7f\n" in real(tree, "-tlnp")
    assert b" LISTEN      1/i.[2Jn.it..       \n" in ours(tree, "-tlnp")


@pytest.mark.parametrize("state", ["0C", "0D", "40", "FF"])
def test_states_the_kernel_does_not_have(state: str, tree: Path) -> None:
    """Q14: a state out of range is UNKNOWN, where the real program shows whatever its memory holds there."""
    (tree / "proc/net/tcp").write_text("header\n" + TCP.format(state=state))
    assert b"127.0.0.1:80            0.0.0.0:*               UNKNOWN    \n" in ours(tree, "-4tan")
    assert b"UNKNOWN" not in real(tree, "-4tan")


def test_rows_cut_off_are_not_shown(tree: Path) -> None:
    """Q19: a datagram row that ends early is no socket, where the real program makes up the missing fields."""
    (tree / "proc/net/udp").write_text("header\n" + UDP_CUT)
    assert b"127.0.0.1:81 " in real(tree, "-4uan")
    assert b"127.0.0.1:81 " not in ours(tree, "-4uan")


def test_unix_paths_are_whole(tree: Path) -> None:
    """Q5: a UNIX path is shown to its end, where the real program stops at the first blank."""
    (tree / "proc/net/unix").write_text("Inode\n0: 2 0 10000 1 1 5 /run/a b  c\n0: 2 0 0 2 1 6 @x y\n")
    listening = b"unix  2      [ ACC ]     STREAM     LISTENING     5        /run/a"
    assert listening + b"\n" in real(tree, "-xan")
    assert listening + b" b  c\n" in ours(tree, "-xan")
    assert b" 6        @x y\n" in ours(tree, "-xan")
