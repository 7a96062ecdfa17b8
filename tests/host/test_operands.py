"""Operands: what they mean to pynetstat, what it says of others, and that netstat ignores those."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstat_core.cli import main as entry
from netstat_core.cli.main import COMMANDS
from netstat_core.dialects.net_tools.operands import distance

HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
DEV = (
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast"
    "|bytes    packets errs drop fifo colls carrier compressed\n"
)
ROW = "   0: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1001 1\n"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a snapshot with one TCP listener, and one interface."""
    folder = tmp_path_factory.mktemp("tree")
    (folder / "proc/net").mkdir(parents=True)
    (folder / "proc/net/tcp").write_text(HEADER + ROW)
    counters = " 0" * 16
    (folder / "proc/net/dev").write_text(f"{DEV}  eth0:{counters}\n")
    return folder


def run(tree: Path, *arguments: str, program: str = "pynetstat") -> tuple[str, str, int]:
    """Run the command on the snapshot, in this process."""
    stdout, stderr = io.BytesIO(), io.BytesIO()
    status = entry.run([*arguments, "--from", str(tree)], stdout, stderr, program)
    return stdout.getvalue().decode(), stderr.getvalue().decode(), status


KNOWN = f"commands: {', '.join(COMMANDS)}"
REFUSED = {
    "expct-not-known web.yml": f"'expct-not-known' is neither a number nor a command; {KNOWN}",
    "captur": "'captur' is neither a number nor a command; did you mean capture?",
    "captur x.tar -an": "'captur' is neither a number nor a command; did you mean capture?",
    "cpature x.tar": "'cpature' is neither a number nor a command; did you mean capture?",
    "--json somewhere": f"'somewhere' is neither a number nor a command; {KNOWN}",
    "-tan 5 somewhere": f"'somewhere' is neither a number nor a command; {KNOWN}",
    "-tan somewhere 5": f"'somewhere' is neither a number nor a command; {KNOWN}",
    "-tan eth0": f"'eth0' is neither a number nor a command; {KNOWN}",
    "-tan -": f"'-' is neither a number nor a command; {KNOWN}",
    "-tan nan": f"'nan' is neither a number nor a command; {KNOWN}",
    "-tan 99999999999": f"'99999999999' is neither a number nor a command; {KNOWN}",
    "-tan 5 3 1": "unexpected operand '1' after a delay and a count",
    "-i eth0 5 3 1": "unexpected operand '1' after a delay and a count",
    "--json capture": "the command 'capture' must be the first argument",
    "--schema interface somewhere": f"'somewhere' is neither a number nor a command; {KNOWN}",
    "--schema=interface somewhere": f"'somewhere' is neither a number nor a command; {KNOWN}",
    "--plugins somewhere": f"'somewhere' is neither a number nor a command; {KNOWN}",
    "--tcpip somewhere": f"'somewhere' is neither a number nor a command; {KNOWN}",
}


@pytest.mark.parametrize("line", REFUSED)
def test_an_operand_that_means_nothing_is_refused(line: str, tree: Path) -> None:
    """An operand that means nothing is told in one line, with status 3, and nothing is printed."""
    assert run(tree, *line.split()) == ("", f"pynetstat: {REFUSED[line]}\n", 3)


def test_operands_behind_two_dashes_are_judged_alike(tree: Path) -> None:
    """What stands behind -- is an operand, whatever it begins with."""
    stdout, stderr = io.BytesIO(), io.BytesIO()
    status = entry.run(["--from", str(tree), "-tan", "--", "-x"], stdout, stderr)
    line = f"pynetstat: '-x' is neither a number nor a command; {KNOWN}\n"
    assert (stdout.getvalue(), stderr.getvalue().decode(), status) == (b"", line, 3)


@pytest.mark.parametrize("words", [("-tan", "expct", "web.yml"), ("-tan", "captur"), ("-tan", "--", "-x", "\x1b[1m")])
def test_netstat_ignores_operands(words: tuple[str, ...], tree: Path) -> None:
    """Called as netstat, operands that mean nothing change nothing, as with the real one."""
    options = ["--from", str(tree)]
    outcomes = []
    for arguments in ((*options, *words), (*options, "-tan")):
        stdout, stderr = io.BytesIO(), io.BytesIO()
        outcomes.append((entry.run(arguments, stdout, stderr, "netstat"), stdout.getvalue(), stderr.getvalue()))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0] == 0


@pytest.mark.parametrize("line", ["-i eth0", "-i eth0 0 1", "-i 0 1", "-tan 0 1", "--schema interface", "-tan -- 0 1"])
def test_operands_that_mean_something_are_taken(line: str, tree: Path) -> None:
    """Delay and count, interfaces behind -i and a kind behind --schema are what they were."""
    stdout, stderr = io.BytesIO(), io.BytesIO()
    assert entry.run(["--from", str(tree), *line.split()], stdout, stderr) == 0
    assert (stdout.getvalue() != b"", stderr.getvalue()) == (True, b"")


@pytest.mark.parametrize(("line", "stray"), [("x.tar y.tar", "y.tar"), ("x.tar 5", "5"), ("x.tar -i eth0 5", "5")])
def test_capture_takes_one_operand(line: str, stray: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands behind capture's file and is no interface is refused, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    stderr = io.BytesIO()
    assert entry.run(["capture", *line.split()], io.BytesIO(), stderr) == 3
    assert stderr.getvalue().decode() == f"pynetstat: capture takes no further operand: '{stray}'\n"
    assert list(tmp_path.iterdir()) == []


@given(st.text(min_size=1, max_size=300).filter(lambda text: not text.startswith("-")))
def test_no_operand_reaches_the_terminal_raw(word: str) -> None:
    """Whatever an operand is made of, what is said of it is one printable line."""
    stderr = io.BytesIO()
    status = entry.run(["-tan", f"x{word}"], io.BytesIO(), stderr)
    assert status == 3
    assert stderr.getvalue().decode().removesuffix("\n").isprintable()


SHORT = st.text("abc", max_size=7)


@given(SHORT, SHORT)
def test_distance_is_the_edit_distance(one: str, other: str) -> None:
    """The distance of two words is that by the textbook's recursion, as far as it is of use."""

    def textbook(left: str, right: str) -> int:
        if not left or not right:
            return len(left) + len(right)
        if left[0] == right[0]:
            return textbook(left[1:], right[1:])
        return 1 + min(textbook(left[1:], right), textbook(left, right[1:]), textbook(left[1:], right[1:]))

    wanted = textbook(one, other)
    assert distance(one, other) == wanted or min(distance(one, other), wanted) > 2
