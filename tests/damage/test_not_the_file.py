"""What stands where a file of /proc/net should be: told in every output, and no answer is drawn from it."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynetstat import show
from trees import FIXTURES, Trees

from netstat_core import Query
from netstat_core.answers.listening import NotSeen, listening_on
from netstat_core.cli import main as entry
from netstat_core.facts.gather import gather
from netstat_core.plugin import Header, TextFile
from netstat_core.system.snapshot import SnapshotSystem

DENIED = b"cat: /proc/net/tcp: Permission denied\n"
LISTENING = Query(tables=("sockets",), show="listening")
NET = FIXTURES / "captures/tcp-a-6.18/proc/net"

ROW = b"0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4711 1 0 100 0 0 10 0\n"


def replace_all(trees: Trees, name: str, content: bytes, target: Path) -> Path:
    """Copy the files of a capture with another content in each."""
    shutil.copytree(trees[f"captures/{name}"] / "proc/net", target / "proc/net", symlinks=True)
    for path in target.rglob("*"):
        if path.is_file():
            path.write_bytes(content)
    return target


@pytest.mark.parametrize("content", [DENIED, b"", b"\0" * 300, b"<html>\n<body>403 Forbidden</body>\n</html>\n"])
@pytest.mark.parametrize("name", ["tcp-a-6.18", "legacy-a-6.1", "sctp-a-6.1"])
def test_nothing_is_concluded(name: str, content: bytes, trees: Trees, tmp_path: Path) -> None:
    """A copy of which every file is something else covers nothing, has no records, and answers no question."""
    tree = replace_all(trees, name, content, tmp_path / "copy")
    facts = json.loads(show(tree, "--format", "facts-local").stdout)
    covers = facts["covers"]
    assert (facts["complete"], covers["tables"], covers["protocols"], covers["families"]) == (False, [], [], [])
    report = json.loads(show(tree, "--json", "--tables", "all", "-a").stdout)
    assert not any(report["tables"].values())
    for target in ("tcp/22", "udp/53", "tcp/65000"):
        with pytest.raises(NotSeen):
            listening_on(gather(LISTENING, SnapshotSystem(tree)).facts, target)


def test_a_person_is_told(tmp_path: Path) -> None:
    """In text, one line on stderr names the file; the display and the status are netstat's."""
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "proc/net/tcp").write_bytes(DENIED)
    outcome = show(tmp_path, "-tln")
    assert outcome.stderr.startswith(b"pynetstat: /proc/net/tcp: does not begin as the kernel writes it")
    assert (outcome.stderr.count(b"\n"), outcome.returncode) == (1, 0)
    (tmp_path / "proc/net/tcp").write_bytes((NET / "tcp").read_bytes()[:-20])
    assert show(tmp_path, "-tan").stderr == b"pynetstat: /proc/net/tcp: ends within a line: only a part of the file\n"


def test_a_row_without_header_is_a_row(tmp_path: Path) -> None:
    """A file whose header was cut off keeps all rows; that its beginning is missing is told."""
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "proc/net/tcp").write_bytes(ROW)
    report = json.loads(show(tmp_path, "--json", "-tan").stdout)
    assert [record["local_port"] for record in report["tables"]["sockets"]] == [22]
    assert [(entry["reason"], entry["source"]) for entry in report["completeness"]] == [("damaged", "/proc/net/tcp")]
    facts = gather(LISTENING, SnapshotSystem(tmp_path)).facts
    assert listening_on(facts, "tcp/22") is True
    with pytest.raises(NotSeen):
        listening_on(facts, "tcp/23")


@pytest.mark.parametrize("name", ["tcp-a-6.18", "udp-a-6.18", "bare-a-6.18", "nat-a-6.18", "misc-a-6.1", "mcast-a-6.1"])
def test_real_files_are_the_files(name: str, trees: Trees) -> None:
    """No file of a real machine is called damaged, not even those that are empty with nothing to show."""
    report = json.loads(show(trees[f"captures/{name}"], "--json", "--tables", "all", "-a").stdout)
    assert [entry for entry in report["completeness"] if entry["reason"] == "damaged"] == []
    assert report["problems"] == []


def test_the_running_kernel_writes_what_is_expected() -> None:
    """On this machine, in its own network namespace, nothing is called damaged in any source of text."""
    for source in ("procfs", "auto"):
        stdout = io.BytesIO()
        entry.run(["--json", "--tables", "all", "-a", "--source", source], stdout, io.BytesIO())
        report = json.loads(stdout.getvalue())
        assert [each for each in report["completeness"] if each["reason"] == "damaged"] == []


@given(content=st.binary(max_size=60), lines=st.lists(st.binary(max_size=9).filter(lambda line: b"\n" not in line)))
def test_no_line_is_lost(content: bytes, lines: list[bytes]) -> None:
    """The header and the rows together are the content, whatever it is; without gaps it is a whole file."""
    for whole in (content, b"a b\n" + b"\n".join(lines)):
        text = TextFile("x", whole, Header("a b"))
        rows = list(text.rows())
        assert text.head + b"\n".join(row for _, row in rows) in (whole, whole.removesuffix(b"\n"))
        assert [row.removesuffix(b"\n") for _, row in text.stream()] == [row for _, row in rows]
        assert not rows or rows[0][0] == (1 if text.header is None else 2)
        assert bool(text.gaps) is not (whole.endswith(b"\n") and text.header is not None)


def test_a_header_is_known_by_its_last_column() -> None:
    """Columns that some kernels add do not matter; half a header is none."""
    header = Header("sl local st inode")
    assert header.begins(b"  sl local remote st more inode ref\n")
    assert not header.begins(b"  sl local remote st\n")
    assert not header.begins(b"x sl local st inode\n")
    assert Header("a\nb c").begins(b"a 1\nb 2 c\n")
    assert not Header("a\nb c").begins(b"a 1\n")


def test_the_documented_command_copies(tmp_path: Path) -> None:
    """`cp -r /proc/net/. DIR` copies the files, and `--from DIR` reads them; `cp -r /proc/net DIR` is explained."""
    target = tmp_path / "DIR"
    subprocess.run(f"mkdir {target} && cp -r /proc/net/. {target}", shell=True, check=False, capture_output=True)
    report = json.loads(show(target, "--json", "-tan", "--tables", "sockets").stdout)
    assert not [entry for entry in report["completeness"] if entry["reason"] == "damaged"]
    assert report["tables"].keys() == {"sockets"}
    for source, link in ((tmp_path / "link", tmp_path / "link"), (tmp_path / "inside", tmp_path / "inside/net")):
        link.parent.mkdir(exist_ok=True)
        link.symlink_to("self/net")
        outcome = show(source, "-tan")
        assert b"cp -r /proc/net/. DIR" in outcome.stderr
        assert outcome.returncode == 1


def layouts(tmp_path: Path) -> dict[str, Path]:
    """Make the forms in which people have a copy of /proc/net."""
    roots = {name: tmp_path / name for name in ("net", "parent", "process", "host", "self")}
    shutil.copytree(NET, roots["net"])
    shutil.copytree(NET, roots["parent"] / "net")
    shutil.copytree(NET, roots["process"] / "proc/4711/net")
    (roots["process"] / "proc/net").symlink_to("self/net")
    shutil.copytree(NET, roots["host"] / "proc/net")
    shutil.copytree(NET, roots["self"] / "proc/self/net")
    (roots["self"] / "proc/net").symlink_to("self/net")
    return roots


@pytest.mark.parametrize("name", ["net", "parent", "process", "host", "self"])
def test_copies_as_people_have_them(name: str, tmp_path: Path) -> None:
    """A folder with the files, with `net`, with `proc/net`, or with a dead link beside `proc/PID/net`: all are read."""
    root = layouts(tmp_path)[name]
    expected = show(tmp_path / "host", "-tan").stdout
    assert expected.count(b"\n") > 10
    assert show(root, "-tan").stdout == expected
    assert show(root, "-s").stdout == show(tmp_path / "host", "-s").stdout
    archive = tmp_path / f"{name}.tar"
    subprocess.run(["tar", "cf", archive, "-C", tmp_path, name], check=True)
    assert show(archive, "-tan").stdout == expected


def test_several_processes_are_not_guessed(tmp_path: Path) -> None:
    """Where the link is dead and several processes were copied, no one's namespace is taken for the machine's."""
    for process in ("20", "30"):
        shutil.copytree(NET, tmp_path / f"proc/{process}/net")
    (tmp_path / "proc/net").symlink_to("self/net")
    assert json.loads(show(tmp_path, "--json", "-tan").stdout)["tables"]["sockets"] == []


def test_ipx_devices_with_long_names(tmp_path: Path) -> None:
    """A device name of eleven and more characters runs into the frame type, and is split from it."""
    (tmp_path / "proc/net/ipx").mkdir(parents=True)
    rows = (("eth0", "802.2"), ("enp0s31f6vl", "EtherII"), ("enxaabbccddeef", "802.2"), ("wlx00c0caabc", "802.3"))
    text = "Network    Node_Address   Primary  Device     Frame_Type\n"
    text += "".join(
        f"{n:08X}   5254000A0B0{n:X}   {'No':<8} {device:<11}{frame}\n" for n, (device, frame) in enumerate(rows)
    )
    (tmp_path / "proc/net/ipx/interface").write_text(text + "00000009   5254000A0B09   No       enp0s31f6vl1FDDI\n")
    report = json.loads(show(tmp_path, "--json", "--tables", "interfaces", "--ipx").stdout)
    found = [(record["interface"], record["frame_type"]) for record in report["tables"]["interfaces"]]
    assert found == [(device, frame.lower()) for device, frame in rows]
    assert [problem["line"] for problem in report["problems"]] == [6]
