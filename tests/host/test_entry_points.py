"""Entry points are found as importlib.metadata finds them, without its import."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable, Sequence
from importlib import metadata
from importlib.machinery import PathFinder
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstat_core.host.entry_points import DIALECTS, GROUP, EntryPoint, read_entry_points

LIBRARY = [path for path in sys.path if path.startswith(sysconfig.get_path("stdlib")) and "-packages" not in path]
"""Where importlib.metadata, which imports late what it needs, finds it; there are no distributions."""

Found = list[tuple[str, str, str, str, str]]


def ours() -> Found:
    """Give what is found here, with the distributions."""
    return sorted((one.group, one.name, one.value, *described(one.dist)) for one in read_entry_points())


def theirs() -> Found:
    """Give what importlib.metadata finds."""
    found = [one for group in (GROUP, DIALECTS) for one in metadata.entry_points(group=group)]
    return sorted((one.group, one.name, one.value, *described(one.dist)) for one in found)


def described(dist: object) -> tuple[str, str]:
    """Give the name and the version of a distribution."""
    return getattr(dist, "name", "-"), getattr(dist, "version", "-")


SECTIONS = st.sampled_from(
    [f"[{GROUP}]", f"[{DIALECTS}]", f" [{GROUP}] ", f"[[{GROUP}]]", "[console_scripts]", f"[{GROUP}.more]", "[]"]
)
PAIRS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["inet", "a b", "é", "x.y", "", "[x"]),
    st.sampled_from([" = ", "=", "\t=  "]),
    st.sampled_from(["netstat_x", "a.b:c.d", "a [one, two]", "a = b", "[y]", "", "a:b # c"]),
)
LINES = st.one_of(SECTIONS, PAIRS, st.sampled_from(["", "# netstat.plugins", "  # a = b", "\x0c"]))
TEXTS = st.builds(
    lambda lines, end: end.join(lines), st.lists(LINES, max_size=8), st.sampled_from(["\n", "\r\n", "\r"])
)
NAMES = st.sampled_from(["foo", "Foo", "foo.bar", "foo_bar", "Foo-_.Bar", "fo--o", "x"])
KINDS = st.sampled_from(["{}-1.0.dist-info", "{}-1.0-py3.11.egg-info", "{}.egg-info", "{}-2.dist-info", "{}-1.txt"])


@st.composite
def places(draw: st.DrawFn) -> dict[str, str | None]:
    """Draw the metadata folders of one place on the path, with their files."""
    names = draw(st.lists(st.tuples(NAMES, KINDS), max_size=4))
    return {kind.format(name.replace("-", "_")): draw(st.none() | TEXTS) for name, kind in names}


def write(folder: Path, files: dict[str, str | None]) -> None:
    """Make a place on the path."""
    folder.mkdir()
    for name, text in files.items():
        (folder / name).mkdir()
        (folder / name / "METADATA").write_text(f"Name: {name.partition('-')[0]}\nVersion: 1.0\n")
        if text is not None:
            (folder / name / "entry_points.txt").write_bytes(text.encode())


@given(st.lists(places(), max_size=3))
def test_entry_points_are_those_of_importlib_metadata(drawn: Sequence[dict[str, str | None]]) -> None:
    """Whatever folders are on the path, the same entry points of the same distributions are found."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        for number, files in enumerate(drawn):
            write(Path(folder) / str(number), files)
        nowhere = [*LIBRARY, f"{folder}/nothing", f"{folder}/nothing.zip"]
        patch.setattr(sys, "path", [*(f"{folder}/{number}" for number in range(len(drawn))), f"{folder}/0", *nowhere])
        assert ours() == theirs()


@given(
    st.sampled_from(["os", "os.path", " os", "no_such", "1x", "os:", "os : path.join", "os:path. join", "os:a..b", ""]),
    st.sampled_from(["", " ", "[a]", " [a, b] ", "[a", "[a] b", "[a] [b]", ":x", "# c"]),
)
def test_values_are_read_as_importlib_metadata_does(value: str, extras: str) -> None:
    """A value names the same module, or none, and what is loaded is the same."""
    text = (value + extras).strip()
    other = metadata.EntryPoint("x", text, GROUP)
    match = other.pattern.match(text)
    mine = EntryPoint("x", text, GROUP)
    assert mine.module == (match["module"] if match else "")
    if match:
        assert outcome(mine.load) == outcome(other.load)


def outcome(load: Callable[[], object]) -> object:
    """Give what is loaded, or the class of the error."""
    try:
        return load()
    except (ImportError, AttributeError) as error:
        return type(error)


ENTRY = f"[{GROUP}]\nfoo = netstat_foo\n"


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder that is all there is on the path, with one distribution."""
    write(tmp_path / "site", {"foo-1.0.dist-info": ENTRY})
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site"), *LIBRARY])
    return tmp_path


def archive(folder: Path) -> Path:
    """Make an archive with a distribution."""
    with zipfile.ZipFile(folder / "bar.zip", "w") as made:
        made.writestr("bar-1.0.dist-info/METADATA", "Name: bar\nVersion: 1.0\n")
        made.writestr("bar-1.0.dist-info/entry_points.txt", ENTRY.replace("foo", "bar"))
    return folder / "bar.zip"


def egg(folder: Path) -> Path:
    """Make a folder that is an egg."""
    write(folder / "bar-1.0.egg", {"EGG-INFO": ENTRY.replace("foo", "bar")})
    (folder / "bar-1.0.egg/EGG-INFO/METADATA").write_text("Name: bar\nVersion: 1.0\n")
    return folder / "bar-1.0.egg"


def unnamed(folder: Path) -> Path:
    """Make a place whose folder does not tell the name of its distribution."""
    write(folder / "other", {"-1.0.dist-info": ENTRY.replace("foo", "bar")})
    (folder / "other/-1.0.dist-info/METADATA").write_text("Name: bar\nVersion: 1.0\n")
    return folder / "other"


@pytest.mark.parametrize("make", [archive, egg, unnamed])
def test_unusual_places_are_left_to_importlib_metadata(
    make: Callable[[Path], Path], alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Archives, eggs and folders without a name are searched like folders."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(make(alone))])
    assert [entry.name for entry in read_entry_points()] == ["foo", "bar"]
    assert ours() == theirs()


class Finder:
    """A finder of another package, which knows a distribution that lies nowhere."""

    @staticmethod
    def find_spec(*_arguments: object) -> None:
        """Find no module."""

    @staticmethod
    def find_distributions(context: object) -> list[metadata.Distribution]:
        """Find a distribution."""
        return [Hidden()]


class Hidden(metadata.Distribution):
    """A distribution without files."""

    def read_text(self, filename: str) -> str | None:
        """Give its metadata."""
        return {"METADATA": "Name: bar\nVersion: 1.0\n", "entry_points.txt": ENTRY.replace("foo", "bar")}.get(filename)

    def locate_file(self, path: object) -> Path:
        """Give no file."""
        raise NotImplementedError


def test_other_finders_are_asked(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A finder of another package that knows distributions is asked for them."""
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])
    assert {entry.name for entry in read_entry_points()} == {"foo", "bar"}
    assert ours() == theirs()
    monkeypatch.setattr(sys, "meta_path", [finder for finder in sys.meta_path if finder is not PathFinder])
    assert [entry.name for entry in read_entry_points()] == ["bar"]


GARBLED = [b"\xff\xfe", b"[netstat.plugins\nfoo = x", b"[netstat.plugins]\nno equals sign\n=\n\xff = \xff\n"]


@pytest.mark.parametrize("garbled", GARBLED)
@pytest.mark.parametrize("others", [(), ("bar",)])
def test_a_damaged_file_hides_no_other(
    garbled: bytes, others: Sequence[str], alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is no list of entry points costs itself; those of others are found, also where finders are asked."""
    (alone / "site/bad-1.0.dist-info").mkdir()
    (alone / "site/bad-1.0.dist-info/entry_points.txt").write_bytes(garbled)
    if others:
        monkeypatch.setattr(sys, "path", ["nul\0", *sys.path, str(archive(alone))])
    found = [entry for entry in read_entry_points() if entry.module]
    assert {entry.name for entry in found} == {"foo", *others}


def test_a_damaged_file_is_a_broken_plugin(tmp_path: Path) -> None:
    """Lines that name no module are told as broken plugins, a line each, whatever bytes they have."""
    (tmp_path / "bad-1.0.dist-info").mkdir()
    (tmp_path / "bad-1.0.dist-info/entry_points.txt").write_bytes(GARBLED[2])
    command = [sys.executable, "-m", "netstat_core", "--plugins"]
    ran = subprocess.run(command, capture_output=True, check=False, timeout=60, env={"PYTHONPATH": str(tmp_path)})
    broken = [line for line in ran.stdout.splitlines() if line.startswith(b"broken: ")]
    assert (ran.returncode, ran.stderr, len(broken)) == (1, b"", 3)
    assert all(b"does not name a module" in line for line in broken)
