"""Routes displays: the real netstat and pynetstat before the same crafted files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from differences import diff
from netstat_route.proc_route import COLUMNS
from realnetstat import NETLINK_HAS, NOBODY, Outcome, Stage, run_both

from netstat_core import Query

if TYPE_CHECKING:
    from pathlib import Path

    from trees import Trees

pytestmark = pytest.mark.usefixtures("real_netstat")

HEADER = "\t".join(COLUMNS) + "\n"
ROW = "v0\t{destination}\t{gateway}\t{flags:04X}\t0\t0\t{metric}\t{mask}\t0\t0\t0\n"
USUAL = {"destination": "00000000", "gateway": "0101A8C0", "flags": 3, "metric": 0, "mask": "00000000"}
INET6 = (
    "20010db8000000000000000000000200 {length} 00000000000000000000000000000000 00 00000000000000000000000000000000 "
    "{metric} 00000002 00000000 {flags:08x} {name}\n"
)
USUAL6 = {"length": "80", "metric": "00000400", "flags": 1, "name": "v0"}
CACHE = HEADER.replace("Mask", "Source").strip() + "\tTOS\tHHRef\tHHUptod\tSpecDst\n"
CACHED = (
    "v0\t08080808\t0101A8C0\t{flags:8X}\t{number}\t{number}\t{number}\t0701A8C0\t{number}\t0\t0\t08\t-1\t1\t0701A8C0\n"
)

SILENT = "A failure netstat has no words for is none here either, but for an empty line that no one sees"
ALL_FLAGS = [1 << bit for bit in range(32)]


def row(**fields: object) -> str:
    """Return a line of /proc/net/route, a default route where nothing else is said."""
    return ROW.format(**{**USUAL, **fields})


def row6(**fields: object) -> str:
    """Return a line of /proc/net/ipv6_route."""
    return INET6.format(**{**USUAL6, **fields})


def stage(base: Path, files: dict[str, str], **changes: object) -> Stage:
    """Make a tree with these files below /proc/net, and what lets pynetstat believe that it is live."""
    net = base / "proc/net"
    net.mkdir(parents=True)
    for name in NETLINK_HAS:
        (base / "proc" / name).touch()
    for name, content in files.items():
        (net / name).write_text(content)
    return Stage(base, **changes)  # type: ignore[arg-type]


def said(outcome: Outcome) -> Outcome:
    """Return the outcome without empty lines among its complaints."""
    return replace(outcome, stderr=outcome.stderr.strip(b"\n"))


def require_same(made: Stage, *lines: str, uid: int = 0) -> list[Outcome]:
    """Insist that both programs do the same with each line of arguments; return what they did."""
    comparisons = run_both(made, [tuple(line.split()) for line in lines], uid=uid)
    for compared in comparisons:
        assert not diff(said(compared.real), said(compared.ours)), compared.arguments
    return [compared.real for compared in comparisons]


EVERY = (
    "-rn",
    "-rne",
    "-rnee",
    "-6rn",
    "-6rne",
    "-46rn",
    "-64rn",
    "-rnW",
    "-rnv",
    "-rna",
    "-rN",
    "-r -A inet6,inet -n",
)


@pytest.mark.parametrize("name", ["examples/route", "captures/routes-a-6.1", "captures/legacy-a-6.1"])
def test_trees(name: str, trees: Trees) -> None:
    """With every option that has a meaning for routes the same bytes come out of rich trees."""
    outcomes = require_same(Stage(trees[name]), *EVERY, "-rnC", "-rnCe", "-rnCee", "-6rnC", "-6rnCe", "-46rnC")
    assert all(one.stdout.count(b"\n") > 1 for one in outcomes)


def test_old_caches(trees: Trees) -> None:
    """The caches of kernels 2.0 and 2.2, IPv6 neighbours among them, look the same."""
    outcomes = require_same(Stage(trees["examples/route20"]), "-rnC", "-rnCe", "-rnCee", "-6rnC", "-6rnCe", "-46rnC")
    assert b"Neighbour Cache" in outcomes[3].stdout


@pytest.mark.skipif("fib" not in Query._fields, reason="the command line does not tell -F from nothing")
def test_table_and_cache(trees: Trees) -> None:
    """-F and -C together show the table and then the cache, of each family before the next."""
    for name in ("examples/route", "examples/route20"):
        require_same(Stage(trees[name]), "-rnFC", "-rnCF", "-6rnFC", "-46rnCF", "-64rnFCee", "-rnF", "-46rnF")


def test_flags(tmp_path: Path) -> None:
    """Each flag by itself and all of them together have the letters of the real program, in both families."""
    flags = [*(bit | 1 for bit in ALL_FLAGS), 0x203, 0xFFFFFFFF, 0xFFFFFDFF]
    flags6 = [*ALL_FLAGS, 0, 0xFEFFFFFF]
    made = stage(
        tmp_path / "tree",
        {
            "route": HEADER + "".join(row(flags=one) for one in flags),
            "ipv6_route": "".join(row6(flags=one) for one in flags6),
            "rt_cache": CACHE + "".join(CACHED.format(flags=one, number=0) for one in [*flags, 0]),
        },
    )
    require_same(made, "-46rn", "-46rnee", "-46rnC", "-46rnCee")


def test_numbers(tmp_path: Path) -> None:
    """Q18: numbers above 2^31 are negative, and wide ones push what follows to the right."""
    numbers = (0, 1, 99999, 9999999, 2147483647, 2147483648, 4294967295)
    made = stage(
        tmp_path / "tree",
        {
            "route": HEADER
            + "".join(row(metric=one).replace("\t0\t0\t0\n", f"\t{one}\t{one}\t{one}\n") for one in numbers),
            "ipv6_route": "".join(row6(metric=f"{one:08x}").replace("00000002", f"{one:08x}") for one in numbers),
            "rt_cache": CACHE + "".join(CACHED.format(flags=0, number=one) for one in numbers),
        },
    )
    require_same(made, "-46rn", "-46rne", "-46rnee", "-46rnC", "-46rnCe", "-46rnCee")


def test_names(tmp_path: Path) -> None:
    """Destinations are `default`, hosts or networks by name, unless numbers are asked for, as -N does too (Q7)."""
    rows = [
        row(),
        row(mask="00000080"),
        row(mask="FFFFFFFF", flags=7),
        row(destination="0000FEA9", mask="0000FFFF", flags=1),
        row(destination="0000FEA9", mask="0000FFFF", flags=5),
        row(destination="0000007F", mask="000000FF", gateway="0100007F"),
        row(destination="0100007F", mask="FFFFFFFF", gateway="0100007F"),
        row(destination="0100007F", mask="000000FF", flags=0x201),
    ]
    loopback = "00000000000000000000000000000001"
    rows6 = [row6(), row6(length="00").replace("20010db8000000000000000000000200", "0" * 32)]
    rows6 += [row6().replace("20010db8000000000000000000000200", one) for one in (loopback, "0" * 20 + "ffff7f000001")]
    made = stage(tmp_path / "tree", {"route": HEADER + "".join(rows), "ipv6_route": "".join(rows6)})
    plain, *_ = require_same(
        made,
        "-r",
        "-re",
        "-ree",
        "-rN",
        "-rn",
        "-r --numeric-hosts",
        "-r --numeric-ports",
        "-6r",
        "-6rN",
        "-6r --numeric-users",
    )
    assert plain.stdout.count(b"default") == 1


@pytest.mark.parametrize("missing", COLUMNS)
def test_missing_columns(missing: str, tmp_path: Path) -> None:
    """A column that is missing ends the run with its name and status 1, in the cache it is only told."""
    files = {
        "route": HEADER.replace(missing, "X") + row(),
        "rt_cache": CACHE.replace(missing, "X") if missing != "IRTT" else CACHE,
        "ipv6_route": row6(),
    }
    table, *_ = require_same(stage(tmp_path / "tree", files), "-46rn", "-64rnee", "-46rnC")
    assert table.returncode == 1
    assert f"required field {missing}".encode() in table.stderr


def test_columns_in_between(tmp_path: Path) -> None:
    """Columns nobody knows are passed over wherever they stand."""
    header = HEADER.replace("Flags", "A\tFlags").replace("Use", "B\tC\tUse").replace("IRTT\n", "IRTT\tD\n")
    line = "v0\t00000000\t0101A8C0\ta\t0003\t7\tb\tc\t8\t9\t00000000\t1\t2\t3\td\n"
    require_same(stage(tmp_path / "tree", {"route": header + line}), "-rn", "-rnee")


SHORT = ["junk\n", "\n", row()[:40] + "\n", "\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n", row(flags=2)]
SHORT += [row().replace("\t0\t0\t0\n", "\t1x\t0\t0\n"), row().replace("0003", "zz"), row().replace("\t", "   ")]


def test_rows_that_are_none(tmp_path: Path) -> None:
    """What is no route, or not up, is left out silently, and the rows around it are shown."""
    content = HEADER + row() + "".join(bad + row(metric=number) for number, bad in enumerate(SHORT))
    table, *_ = require_same(stage(tmp_path / "tree", {"route": content}), "-rn", "-rnee")
    assert (table.stderr, table.returncode) == (b"", 0)


def test_garbage_is_not_made_up(tmp_path: Path) -> None:
    """A line of ipv6_route that is no route is not shown, where the real program repeats the route before it."""
    made = stage(tmp_path / "tree", {"ipv6_route": row6() + "garbage\n\n" + row6(name="v1")})
    (compared,) = run_both(made, [("-6rn",)])
    real, ours = (outcome.stdout.decode().splitlines() for outcome in (compared.real, compared.ours))
    assert ours == [*real[:3], real[-1]]
    assert len(real) == 6


@pytest.mark.parametrize("missing", ["route", "ipv6_route", "rt_cache", "route ipv6_route rt_cache"])
def test_missing_files(missing: str, tmp_path: Path) -> None:
    """A file that is not there ends the run with the real program's words and status."""
    files = {"route": HEADER + row(), "ipv6_route": row6(), "rt_cache": CACHE}
    made = stage(tmp_path / "tree", {name: text for name, text in files.items() if name not in missing.split()})
    outcomes = require_same(made, "-rn", "-6rn", "-46rn", "-64rn", "-rnC", "-6rnC", "-46rnC", "-rnv")
    assert 1 in {one.returncode for one in outcomes}


def test_closed_files(tmp_path: Path) -> None:
    """To a user who may not read the files both say so in the same words."""
    files = {"route": HEADER + row(), "ipv6_route": row6(), "rt_cache": CACHE, "ndisc": ""}
    made = stage(tmp_path / "tree", files, modes=tuple((f"net/{name}", 0o600) for name in files))
    outcomes = require_same(made, "-rn", "-6rn", "-46rn", "-rnC", "-6rnC", uid=NOBODY)
    assert {one.returncode for one in outcomes} == {1}


def test_empty_file(tmp_path: Path) -> None:
    """A namespace that never had a route shows an empty file: a heading and status 1, and what follows is not shown."""
    table, *_ = require_same(stage(tmp_path / "tree", {"route": "", "ipv6_route": row6()}), "-rn", "-46rn", "-64rn")
    assert (table.stdout.count(b"\n"), table.returncode) == (2, 1)


def test_cache_of_no_known_format(tmp_path: Path) -> None:
    """The real program's error about an unknown cache is told, the rows it makes up from memory are not.

    This is a header with an unknown column; a row in its place tells the format by its width.
    """
    for number, sign in enumerate(("SpecDst", "TOS", "IRTT")):
        files = {"rt_cache": CACHE.replace(sign, "X") + CACHED.format(flags=0, number=0)}
        (compared,) = run_both(stage(tmp_path / str(number), files), [("-rnC",)])
        assert compared.real.stdout.startswith(compared.ours.stdout)
        assert b"proc_guess_fmt" in compared.ours.stdout


def test_empty_cache(tmp_path: Path) -> None:
    """Q19: an empty cache is shown as one, where the real program fails with another error's words."""
    (compared,) = run_both(stage(tmp_path / "tree", {"rt_cache": ""}), [("-rnC",)])
    assert compared.real.returncode == 255
    assert (compared.ours.returncode, compared.ours.stdout.count(b"\n"), compared.ours.stderr) == (0, 2, b"")
