"""An ordinary user's many processes, sockets and namespaces beside a listener of root, on a real kernel."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import namespaces
import pytest

from netstat_core.facts.gather import gather, plan_facts
from netstat_core.facts.query import facts_query
from netstat_core.host.discovery import Host
from netstat_core.query import Query
from netstat_core.report.plan import plan
from netstat_core.system import archive, capture, packed_text
from netstat_core.system.snapshot import SnapshotSystem

CROWD = str(Path(__file__).with_name("crowd.py"))
USER = 65534
MOST = 1 << 22

pytestmark = [
    pytest.mark.skipif(namespaces.reason() is not None, reason=str(namespaces.reason())),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user"),
]


@pytest.fixture(scope="module")
def crowd() -> Iterator[namespaces.NetworkNamespace]:
    """Start 150 processes with 100 kB of arguments, 900 listeners and three namespaces of one user."""
    with namespaces.network_namespace() as outer, outer.running([sys.executable, CROWD, "150", "100000", "900", "3"]):
        yield outer


def take(crowd: namespaces.NetworkNamespace, planned: dict[str, Any], folder: Path) -> dict[str, bytes]:
    """Run the one file of captures inside, as on another machine, and return what it captured."""
    path = folder / "plan.json"
    path.write_text(json.dumps(planned))
    done = crowd.run([sys.executable, "-I", str(Path(capture.__file__).resolve()), "--plan", str(path)])
    assert (done.stderr, done.returncode) == (b"", 0)
    return packed_text.unpack(done.stdout, planned["most_bytes"])


def test_processes_with_long_arguments(crowd: namespaces.NetworkNamespace, tmp_path: Path) -> None:
    """Their arguments are cut to a fair share, every holder keeps its first one, and root's listener loses nothing."""
    host = Host()
    query = facts_query(host, protocols=["tcp"], who=True, arguments=True)
    tree = take(crowd, dict(plan_facts(query, host), most_bytes=MOST), tmp_path)
    about = json.loads(tree[capture.DESCRIPTION])
    assert about["owners"]["cut"][str(USER)][1] > 50
    system = SnapshotSystem(archive.unpack_text(capture.pack(tree), MOST))
    facts = gather(query, system, host).facts
    roots = [one["command"] for one in facts["listening"]["tcp/2222"]["owners"]]
    assert ["sh", "-c", "read line", "roots", "--all"] in roots
    commands = [one["command"] for one in facts["listening"]["tcp/5999"]["owners"]]
    assert len([one for one in commands if one and one[0] == "sh"]) >= 150
    assert not facts["complete"]
    assert any(f"of user {USER}" in one["text"] for one in facts["incomplete_because"])


def test_facts_without_arguments_are_whole(crowd: namespaces.NetworkNamespace, tmp_path: Path) -> None:
    """Without arguments nothing is cut: facts are as complete as without such neighbours."""
    host = Host()
    query = facts_query(host, protocols=["tcp"])
    tree = take(crowd, dict(plan_facts(query, host), most_bytes=MOST), tmp_path)
    facts = gather(query, SnapshotSystem(archive.unpack_text(capture.pack(tree), MOST)), host).facts
    assert json.loads(tree[capture.DESCRIPTION])["owners"]["cut"] == {}
    assert len(facts["listening"]["tcp/5999"]["pids"]) >= 150
    assert not any("left out" in one["text"] for one in facts["incomplete_because"])


@pytest.mark.parametrize("source", ["netlink", "procfs"])
def test_listeners_without_room(crowd: namespaces.NetworkNamespace, source: str, tmp_path: Path) -> None:
    """Of too many listeners those of root stay, and a replay does not claim that nothing else listens."""
    host = Host()
    query = Query(protocols=("tcp",), families=("inet",), show="listening", owners=("processes",), source=source)
    tree = take(crowd, dict(plan(query, host), most_bytes=1 << 17), tmp_path)
    assert sum(map(len, tree.values())) < 1 << 17
    asked = facts_query(host, protocols=["tcp"], families=["inet"])._replace(source=source)
    gathered = gather(asked, SnapshotSystem(archive.unpack_text(capture.pack(tree))), host, keep_sockets=True)
    ports = Counter(one["local_port"] for one in gathered.sockets)
    assert ports[2222] == 1
    assert 100 < ports[5998] < 900
    assert "tcp" not in gathered.facts["covers"]["protocols"]
    assert any(
        f"{900 + 2 - ports[5998] - ports[5999]}" in one["text"] or f"{USER}" in one["text"]
        for one in gathered.facts["incomplete_because"]
    )


def test_text_costs_as_much_as_without(crowd: namespaces.NetworkNamespace) -> None:
    """Text with owners reads the first argument of each process alone, whatever its length: memory stays small."""
    measure = (
        "import resource, sys; from netstat_core.cli import main;"
        "main.run(['-tlnp', '--arguments'], sys.stdout.buffer, sys.stderr.buffer); sys.stdout.flush();"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    done = crowd.run([sys.executable, "-c", measure])
    assert done.stderr == b""
    *rows, peak = done.stdout.decode().splitlines()
    assert sum(":5999 " in row for row in rows) == 1
    assert int(peak) < 45 << 10


def test_namespaces_say_who_made_them(crowd: namespaces.NetworkNamespace) -> None:
    """Namespaces that a user made give way to those of root, and are told by the kernel."""
    find = (
        "from netstat_core.system.find_namespaces import NamespaceFinder, _find_owner_of, choose;"
        "from netstat_core.system import capture;"
        "found = NamespaceFinder(capture.own_namespace_inode()).find_all()[0];"
        "print([_find_owner_of(one) for one in found], len(choose(found, 2)), choose(found, 2)[0] == found[0])"
    )
    done = crowd.run([sys.executable, "-c", find])
    owners = json.loads(done.stdout.decode().partition("]")[0] + "]")
    if owners.count(USER) < 3:
        pytest.skip("users may not make namespaces here")
    assert owners[0] == 0
    assert done.stdout.decode().partition("] ")[2] == "2 True\n"
