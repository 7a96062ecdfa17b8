"""Captures are written where the command says, whole or not at all, for their owner alone, whoever else is at work."""

from __future__ import annotations

import io
import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neighbours import UID, exchanging, grounds, hand_over, moments, needs_root, paused

from netstat_core.errors import SnapshotError
from netstat_core.system import writing

TREE = {"capture.json": b"{}\n", "proc/net/tcp": b"tcp\n", "proc/net-x": b"x", "sys/class/net/lo/mtu": b"65536\n"}
FORMS = ("folder/", "file.txt", "file.tar", "file.tar.gz", "file.tar.xz")


def write(target: Path | str, tree: dict[str, bytes] | None = None) -> None:
    """Write contents where nothing goes to standard output."""
    writing.write(TREE if tree is None else tree, str(target), io.BytesIO())


def written(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder by path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def entries(folder: Path) -> list[str]:
    """Return everything below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def refusal(target: Path | str, tree: dict[str, bytes] | None = None) -> str:
    """Return the one line with which writing fails."""
    with pytest.raises(SnapshotError) as raised:
        write(target, tree)
    text = str(raised.value)
    assert text.startswith(f"{target}: ")
    assert "\n" not in text
    return text.removeprefix(f"{target}: ")


PATHS = st.lists(st.sampled_from(["a", "b", "-", "a-", "net", "é"]), min_size=1, max_size=4).map("/".join)


@settings(deadline=None)
@given(st.dictionaries(PATHS, st.binary(max_size=9), max_size=12))
def test_what_is_written_is_the_tree(tree: dict[str, bytes]) -> None:
    """Whatever paths a snapshot has, they are all written; if one is a file and a folder, nothing is."""
    with grounds() as own:
        if any(other.startswith(f"{path}/") for path in tree for other in tree):
            refusal(f"{own}/new/", tree)
            assert entries(own) == []
        else:
            write(f"{own}/new/", tree)
            assert written(own / "new") == tree


@pytest.mark.parametrize("form", FORMS)
def test_modes_are_narrow_from_the_start(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the umask, no file is ever open to others, not even when it is empty, and no new folder is."""
    seen: list[int] = []
    real_open, real_mkdir = os.open, os.mkdir

    def observe(path: str, *rest: object, dir_fd: int | None = None) -> int:
        descriptor = real_open(path, *rest, dir_fd=dir_fd)  # type: ignore[arg-type] - as they come
        if rest and isinstance(rest[0], int) and rest[0] & os.O_CREAT:
            seen.append(os.fstat(descriptor).st_mode)
        return descriptor

    def observe_folder(path: str, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        real_mkdir(path, mode, dir_fd=dir_fd)
        seen.append(os.stat(path, dir_fd=dir_fd).st_mode)

    monkeypatch.setattr(os, "open", observe)
    monkeypatch.setattr(os, "mkdir", observe_folder)
    before = os.umask(0)
    try:
        write(f"{tmp_path}/{form}")
    finally:
        os.umask(before)
    assert seen
    assert not any(mode & 0o077 for mode in seen)
    assert not any(path.stat().st_mode & 0o077 for path in tmp_path.rglob("*"))


def test_folders_above_are_made_private(tmp_path: Path) -> None:
    """Missing folders above a new folder are made for their owner only, and removed again after an error."""
    before = os.umask(0)
    try:
        write(f"{tmp_path}/a/b/../c/new/")
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "a", tmp_path / "a/b", tmp_path / "a/c")} == {0o700}
    refusal(f"{tmp_path}/x/y/new/", {"a": b"", "a/b": b""})
    assert not (tmp_path / "x").exists()


def test_an_empty_folder_is_kept(tmp_path: Path) -> None:
    """An empty folder is filled as it is, with its owner, mode and place, under any of its names."""
    for name in ("plain", "slash/", "dots/.", "dots/../back"):
        folder = tmp_path / name
        folder.mkdir(parents=True, mode=0o750, exist_ok=True)
        before = folder.stat()
        write(f"{tmp_path}/{name}")
        assert written(folder) == TREE
        assert (folder.stat().st_ino, folder.stat().st_mode) == (before.st_ino, before.st_mode)
    assert refusal(f"{tmp_path}/plain/") == "is not empty"


def test_the_description_comes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is being filled has no description of files that are not there yet."""
    seen = []
    real = os.fdopen

    def observe(*arguments: object, **named: object) -> object:
        seen.append(sorted(path for path in written(tmp_path) if path in TREE))
        return real(*arguments, **named)  # type: ignore[call-overload] - as they come

    monkeypatch.setattr(os, "fdopen", observe)
    write(f"{tmp_path}/")
    assert len(seen) == len(TREE)
    assert [("capture.json" in paths) for paths in seen] == [False] * (len(TREE) - 1) + [True]


def test_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dot stands for the working folder, and relative names begin there."""
    monkeypatch.chdir(tmp_path)
    write("x/")
    write("y.txt")
    assert written(tmp_path / "x") == TREE
    monkeypatch.chdir((tmp_path / "z").mkdir() or tmp_path / "z")
    write("./")
    write("../w.txt")
    assert written(tmp_path / "z") == TREE
    assert (tmp_path / "w.txt").read_bytes() == (tmp_path / "y.txt").read_bytes()


@pytest.mark.parametrize("name", ["link", "link/", "dangling/", "loop/"])
def test_a_name_that_is_a_link_to_a_folder(name: str, tmp_path: Path) -> None:
    """A link is not followed to a folder, with or without a slash behind it."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    before = entries(tmp_path)
    assert refusal(f"{tmp_path}/{name}") == "is a link, which is not followed"
    assert entries(tmp_path) == before


def test_a_link_in_the_place_of_a_file(tmp_path: Path) -> None:
    """A link in the place of a file is replaced, wherever it leads."""
    (tmp_path / "victim").write_text("kept")
    for name, target in (("a", "victim"), ("b", "nowhere"), ("c", "c")):
        (tmp_path / name).symlink_to(target)
        write(tmp_path / name)
        assert stat.S_ISREG((tmp_path / name).lstat().st_mode)
    assert (tmp_path / "victim").read_text() == "kept"
    assert not (tmp_path / "nowhere").exists()


def make_socket(path: Path) -> None:
    """Make a UNIX socket; its name is short, as it must be."""
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


@pytest.mark.parametrize("make", [os.mkfifo, make_socket])
@pytest.mark.parametrize("slash", ["", "/"])
def test_what_is_neither_file_nor_folder(make: Callable[[Path], object], slash: str) -> None:
    """Pipes and sockets are refused at once; nobody waits, and they stay."""
    with grounds() as own:
        make(own / "odd")
        thread = threading.Thread(target=lambda: refusal(f"{own}/odd{slash}"), daemon=True)
        thread.start()
        thread.join(10)
        assert not thread.is_alive(), "it waits"
        assert entries(own) == ["odd"]


@pytest.mark.parametrize("target", ["", "no/such.txt", "file/x", "file/x/", "file/", "l" * 300, "l" * 300 + "/"])
def test_targets_that_cannot_be(target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target that cannot be written ends in one line, and nothing is made."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("kept")
    refusal(target)
    assert entries(tmp_path) == ["file"]
    assert (tmp_path / "file").read_text() == "kept"


@pytest.mark.parametrize("form", [*FORMS, "empty"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), MemoryError()])
def test_nothing_is_left_of_what_fails(
    form: str, error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At whichever call writing is broken off, nothing that it made is left, or all if it was in its place by then."""
    failing = ("open", "mkdir", "fdopen", "rename", "listdir", "stat")
    counts = dict.fromkeys(failing, 0)
    limit = {"name": "", "at": -1}

    def break_at(name: str) -> Callable[..., object]:
        real = getattr(os, name)

        def call(*arguments: object, **named: object) -> object:
            counts[name] += 1
            if name == limit["name"] and counts[name] == limit["at"]:
                raise error
            return real(*arguments, **named)

        return call

    target = f"{tmp_path}/above/{form}" if form.endswith("/") else str(tmp_path / form)
    (tmp_path / "empty").mkdir()
    before = entries(tmp_path)
    with monkeypatch.context() as patch:
        for name in failing:
            patch.setattr(os, name, break_at(name))
        write(target)
        totals, whole = dict(counts), entries(tmp_path)
        for name in failing:
            for at in range(1, totals[name] + 1):
                clear(tmp_path)
                counts.update(dict.fromkeys(failing, 0))
                limit.update(name=name, at=at)
                with pytest.raises((SnapshotError, KeyboardInterrupt, MemoryError)):
                    write(target)
                limit["at"] = -1
                is_check_of_place = name == "stat" and at == totals["stat"] and form != "empty"
                assert entries(tmp_path) == (whole if is_check_of_place else before), (name, at)
    assert sum(totals.values()) > 3


def clear(folder: Path) -> None:
    """Empty a folder but for its folder ``empty``."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.name != "empty":
            path.rmdir() if path.is_dir() else path.unlink()


def test_streams_are_written_behind_what_they_hold(tmp_path: Path) -> None:
    """A descriptor that a command line names is written to as it is: a file behind it keeps what it held."""
    program = "from netstat_core.system.writing import write\nimport sys\nwrite({'a': b''}, sys.argv[1], None)"
    log = tmp_path / "log"
    log.write_text("before\n")
    for name in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"):
        with log.open("a") as file:
            subprocess.run([sys.executable, "-c", program, name], stdout=file, check=True)
    lines = log.read_text().splitlines()
    assert lines[0] == "before"
    assert [line.startswith("netstat-capture/1:") for line in lines[1:]] == [True] * 3
    piped = subprocess.run([sys.executable, "-c", program, "/dev/stdout"], capture_output=True, check=True)
    assert piped.stdout.decode().splitlines() == lines[1:2]
    assert refusal("/dev/fd/987654") == "Bad file descriptor"
    assert refusal("/dev/full") == "No space left on device"
    write("/dev/null")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_names_that_only_begin_like_streams() -> None:
    """A name below /dev/fd that is no number is a path like any other, and leads nowhere."""
    refusal("/dev/fd/../../../nowhere-at-all/x")
    assert not os.path.exists("/dev/stdout.d")
    refusal("/dev/stdout.d/x")


@needs_root
@pytest.mark.parametrize("form", FORMS)
def test_links_of_others_on_the_way(form: str) -> None:
    """A link of another user above the target is not followed; a link of root or of this user is."""
    with grounds() as own:
        elsewhere = own.parent / "elsewhere"
        elsewhere.mkdir(mode=0o700)
        (own / "way").symlink_to(elsewhere)
        os.chown(own / "way", UID, UID, follow_symlinks=False)
        assert refusal(f"{own}/way/{form}") == "way is a link of another user, which is not followed"
        (own / "to-way").symlink_to("way")
        assert "another user" in refusal(f"{own}/to-way/{form}")
        assert entries(elsewhere) == []
        (own / "roots").symlink_to("../elsewhere/.")
        write(f"{own}/roots/{form}")
        assert len(entries(elsewhere)) >= 1


def lay_trap(own: Path, name: str) -> Path:
    """Make a folder whose names lead to a secret of root; return the secret."""
    secret = own.parent / "secret"
    secret.mkdir(mode=0o700)
    for path in (*TREE, "file.txt", "file.tar"):
        (secret / path).parent.mkdir(parents=True, exist_ok=True)
        (secret / path).write_text("secret")
    (own / name).mkdir()
    (own / name / "capture.json").symlink_to(secret / "capture.json")
    (own / name / "proc").symlink_to(secret / "proc")
    (own / name / "sys").symlink_to(secret / "sys")
    return secret


RACES = {
    "an empty folder for one with links": ("target", "target/"),
    "an empty folder for one with links, without a slash": ("target", "target"),
    "a folder above for one with links": ("target", "target/file.txt"),
    "a folder above for a link to a folder": ("link", "target/file.txt"),
    "a folder above for a link to a folder, folders": ("link", "target/new/"),
    "an empty folder for a link to a folder": ("link", "target/"),
    "a new folder for a link to a folder": ("link", "target/proc/"),
}


@needs_root
@pytest.mark.parametrize("race", RACES)
def test_a_race_leads_nowhere_else(race: str) -> None:
    """While a neighbour exchanges the target or what is above it, nothing of root's is overwritten or added to."""
    kind, target = RACES[race]
    with grounds() as own:
        secret = lay_trap(own, "trap")
        if kind == "link":
            (own / "other").symlink_to(secret)
            (own / "other-parts").mkdir()
        else:
            (own / "trap").rename(own / "other")
        before = {path: path.read_bytes() for path in secret.rglob("*") if path.is_file()}
        (own / "target").mkdir()
        hand_over(own)
        outcomes: set[str] = set()
        with exchanging(own / "target", own / "other") as neighbour:
            for _moment in moments(lambda: "written" in outcomes and (len(outcomes) > 1 or not target.endswith("/"))):
                try:
                    write(f"{own}/{target}")
                    outcomes.add("written")
                    with paused(neighbour):
                        empty(own)
                except SnapshotError as error:
                    outcomes.add(str(error))
        assert {path: path.read_bytes() for path in secret.rglob("*") if path.is_file()} == before
        assert "written" in outcomes
        assert len(outcomes) > 1 or not target.endswith("/"), "nothing was exchanged in time"


def empty(own: Path) -> None:
    """Remove what root wrote into the folders of the neighbour, so that it can be written again."""
    for folder in (own / "target", own / "other"):
        for path in sorted(folder.rglob("*") if not folder.is_symlink() else (), reverse=True):
            if path.lstat().st_uid == 0:
                path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
