"""How the plugin fits into its host: what it loads, what it declares, and where its tables show."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import netstat_legacy_af
import pytest
from legacy_trees import CAPTURES, FAMILIES, TABLES
from pynetstat import show

from netstat_core.host.checker import check_schemas
from netstat_core.host.discovery import Host
from netstat_core.plugin.schema import reader_schema

if TYPE_CHECKING:
    from trees import Trees

CAPTURE = CAPTURES[0]
BARE = "captures/bare-a-6.18"
READERS = [offer.reader for offer in Host().offers(TABLES, FAMILIES) if offer.plugin.name == "legacy_af"]
DISPLAYED = ("sockets", "routes", "interfaces")
"""Tables that netstat has a display for."""


@pytest.mark.parametrize("family", FAMILIES)
def test_only_the_family_asked_for_is_loaded(family: str) -> None:
    """Asked for a table of one family, the plugin imports that family's module and no other."""
    program = (
        "import sys, netstat_legacy_af as plugin\n"
        f"readers = plugin.netstat_readers(tables=('sockets',), families=({family!r},))\n"
        "print(*(name.rpartition('.')[2] for name in sys.modules if name.startswith('netstat_legacy_af.')))\n"
        "print(*(reader.kind for reader in readers))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    modules, kinds = done.stdout.splitlines()
    assert set(modules.split()) & set(FAMILIES) == {family}
    assert {kind.partition(".")[0] for kind in kinds.split()} == {family}


def test_nothing_is_loaded_for_other_tables() -> None:
    """Asked for statistics, or for an Internet family, the plugin has nothing and loads nothing."""
    program = (
        "import sys, netstat_legacy_af as plugin\n"
        "assert not plugin.netstat_readers(tables=('statistics',), families=())\n"
        "assert not plugin.netstat_readers(tables=(), families=('inet', 'unix'))\n"
        "print(sum(name.startswith('netstat_legacy_af.') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert done.stdout == "0\n"


def test_modules_import_the_host_and_the_standard_library_only() -> None:
    """No module reads a file, opens a socket, or knows another plugin."""
    folder = Path(netstat_legacy_af.__file__).parent
    imported = set()
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").partition(".")[0])
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "open"
    assert imported <= sys.stdlib_module_names | {"netstat_core", "netstat_legacy_af"}
    assert not imported & {"os", "pathlib", "socket", "io", "subprocess"}


def test_declarations_agree() -> None:
    """The tables that decide what is loaded are those of the readers; names, kinds and positions are unique."""
    declared: dict[str, set[str]] = {}
    for reader in READERS:
        (family,) = reader.families
        declared.setdefault(family, set()).add(reader.table)
        assert reader.name == reader.kind
        assert reader.kind.startswith(f"{family}.")
    assert declared == {family: set(tables) for family, tables in netstat_legacy_af.TABLES.items()}
    assert len({reader.kind for reader in READERS}) == len(READERS) == 23
    assert len({reader.position for reader in READERS}) == len(READERS)


def test_schemas_hold() -> None:
    """Each kind has a schema that the meta-schema accepts, with a meaning for each field."""
    assert list(check_schemas(READERS)) == []
    for reader in READERS:
        schema = reader_schema(reader)
        assert schema["description"]
        assert all(one["description"] for one in schema["properties"].values()), reader.kind
        family = schema["properties"]["family"]
        assert family.get("enum", [family.get("const")]) == [*reader.families]


def test_interfaces_show_where_their_family_is_named(trees: Trees) -> None:
    """``netstat -i`` shows none of the families' interfaces, nor does the table unless a family is named."""
    tree = trees[CAPTURE]
    titles = (b"IPX interfaces\n", b"AX.25 over Ethernet\n", b"AppleTalk interfaces\n")
    for arguments in (("-i",), ("--tables", "interfaces")):
        assert not [title for title in titles if title in show(tree, *arguments).stdout]
    named = show(tree, "--tables", "interfaces", "-A", "ipx,ax25,ddp").stdout
    assert [named.count(title) for title in titles] == [1, 1, 1]
    assert b"\n000BADC0 00A0C9000011 no       ipxe1      802.3\n" in named


def test_appletalk_sockets_show_where_their_family_is_named(trees: Trees) -> None:
    """Netstat has no display of AppleTalk sockets: ``--ddp`` alone prints what no option prints."""
    tree = trees[CAPTURE]
    plain = show(tree, "-n")
    assert b"AppleTalk" not in plain.stdout
    assert show(tree, "-n", "--ddp") == plain
    assert show(tree, "-n", "--appletalk") == plain
    table = show(tree, "--tables", "sockets", "-A", "ddp")
    assert table.stdout.startswith(b"AppleTalk sockets\nType  Recv-Q Send-Q Local Address Port ")
    assert b"\ndgram 0      0      03E8:07       254  03E8:FF         2     ESTABLISHED 1000\n" in table.stdout
    found = json.loads(show(tree, "--json", "-an").stdout)["tables"]["sockets"]
    assert sum(record["kind"] == "ddp.socket" for record in found) == 5


def test_plain_tables_show_by_name(trees: Trees) -> None:
    """Tables that netstat has no display for show whole, each family's rows under its own title."""
    nodes = show(trees[CAPTURE], "--tables", "nodes")
    assert nodes.stdout == (
        b"NET/ROM nodes\n"
        b"Node      Mnemonic In use Neighbours (quality/obsolescence)\n"
        b"TEXNOD-15 DALLAS   1      00001(255/3)\n"
        b"KB5NOD-0  -        1      00002(10/4)\n"
        b"OH7NOD-1  OULU     1      00001(192/6),00002(128/5)\n"
        b"ROSE nodes\n"
        b"Address    Mask Neighbours\n"
        b"3100201001 10   1\n"
        b"2080175524 10   1\n"
        b"2080175000 7    2\n"
        b"5050200000 6    3\n"
        b"2080000000 4    2\n"
        b"-          0    4\n"
    )
    assert b"NET/ROM" not in show(trees[CAPTURE], "--tables", "nodes", "-A", "rose").stdout


@pytest.mark.parametrize("table", [table for table in TABLES if table not in DISPLAYED])
def test_a_missing_family_is_told_where_it_was_named(table: str, trees: Trees) -> None:
    """A plain table of a family that the kernel lacks is an error where the family was named, else nothing."""
    family = next(family for family, tables in netstat_legacy_af.TABLES.items() if table in tables)
    named = show(trees[BARE], "--tables", table, "-A", family)
    assert named.stdout == b""
    assert named.stderr == b"netstat: no support for `AF %s' on this system.\n" % family.upper().encode()
    assert named.returncode == 1
    unnamed = show(trees[BARE], "--tables", table)
    assert (unnamed.stderr, unnamed.returncode) == (b"", 0)


def test_what_the_kernel_lacks_is_in_the_report(trees: Trees) -> None:
    """Structured output says of each family that the kernel has none of it, and ends as netstat does."""
    everything = json.loads(show(trees[BARE], "--json", "-n").stdout)
    gaps = [gap for gap in everything["completeness"] if gap["reason"] == "not_in_kernel"]
    missing = {name for gap in gaps for name in gap["readers"] or [gap["reader"]]}
    assert {reader.name for reader in READERS if reader.table == "sockets"} <= missing
    for arguments in (("--ax25",), ("-r", "--ax25"), ("--tables", "nodes", "-A", "rose")):
        outcome = show(trees[BARE], "--json", *arguments)
        (gap,) = json.loads(outcome.stdout)["completeness"]
        assert gap["reason"] == "not_in_kernel"
        assert outcome.returncode == 1


def test_structured_routes_keep_the_order_asked_for(trees: Trees) -> None:
    """Routes of several families come in the order of -A in text, all of them in the table of routes in JSON."""
    text = show(trees[CAPTURE], "-r", "-A", "rose,ipx").stdout
    assert text.index(b"Kernel ROSE") < text.index(b"Kernel IPX")
    found = json.loads(show(trees[CAPTURE], "-r", "-A", "rose,ipx", "--json").stdout)["tables"]["routes"]
    assert {record["kind"] for record in found} == {"rose.route", "ipx.route"}


def test_sockets_hidden_from_text_are_hidden_from_records(trees: Trees) -> None:
    """X.25 sockets without a circuit are shown with -a only, in both."""
    for arguments, count in ((("-n",), 5), (("-ln",), 5), (("-an",), 7)):
        outcome = show(trees[CAPTURE], "--x25", *arguments)
        found = json.loads(show(trees[CAPTURE], "--x25", "--json", *arguments).stdout)["tables"]["sockets"]
        assert len(found) == outcome.stdout.count(b"\n") - 2 == count


def test_a_capture_travels(trees: Trees) -> None:
    """A folder with nothing but the files of one family is enough to read it elsewhere."""
    outcome = show(trees["examples/legacy2"], "--ax25")
    assert outcome.stdout.endswith(b"N1ABC-15   N0CALL-1   ax0     SABM SENT    003/002  7       8     \n")
    assert outcome.returncode == 0


def test_the_running_kernel() -> None:
    """On a live kernel a family shows its sockets, or is said to be missing as netstat says it."""
    for family in FAMILIES:
        if family == "ddp":
            continue
        done = subprocess.run(
            [sys.executable, "-m", "netstat_core", f"--{family}", "-n"], capture_output=True, check=False
        )
        file = Path("/proc/net", {"netrom": "nr"}.get(family, family))
        if file.exists():
            assert done.stdout.startswith(b"Active ")
        else:
            assert done.stderr == b"netstat: no support for `AF %s' on this system.\n" % family.upper().encode()
            assert done.returncode == 1
