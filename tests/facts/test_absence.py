"""Nothing is concluded from absence: an answer holds in every world that the facts leave open."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from facts.made_facts import machine
from pynetstat import show
from trees import Trees

from netstat_core.answers.diff import CHOICES, drift
from netstat_core.answers.listening import NotSeen, listening_on
from netstat_core.facts.gather import gather
from netstat_core.facts.query import facts_query
from netstat_core.host.discovery import Host
from netstat_core.system.snapshot import SnapshotSystem
from netstat_core.system.stores import MemoryStore

Facts = dict[str, Any]
PORTS = ("tcp/22", "tcp/23", "tcp/80", "tcp/5432", "tcp/8080", "udp/53", "udp/54", "udp/40000", "raw/1")
ADDRESSES = (None, "127.0.0.1", "192.0.2.2", "::1", "2001:db8::5", "0.0.0.0", "::")
PROCESSES = (None, "sshd", "nobody*")


def ask(facts: Facts, *question: Any) -> bool | None:
    """Return the answer to a question; None if there is none."""
    try:
        return listening_on(facts, *question)
    except NotSeen:
        return None


def questions(ports: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield questions about ports, at any address and by any process."""
    return ((port, address, process) for port in ports for address in ADDRESSES for process in PROCESSES)


def lose_protocol(facts: Facts, protocol: str) -> None:
    """Take a protocol out of facts, as if it had not been read."""
    facts["covers"]["protocols"].remove(protocol)
    facts["listening"] = {key: entry for key, entry in facts["listening"].items() if not key.startswith(f"{protocol}/")}
    if protocol == "unix":
        del facts["unix_listening"]


def lose_table(facts: Facts, table: str) -> None:
    """Take a table out of facts."""
    facts["covers"]["tables"].remove(table)
    keys = {"sockets": ("listening", "unix_listening", "totals")}.get(table, (table,))
    for key in keys:
        facts.pop(key, None)
    if table == "sockets":
        facts["covers"]["protocols"] = []


def lose_family(facts: Facts, family: str) -> None:
    """Take an address family out of facts."""
    facts["covers"]["families"].remove(family)
    for entry in facts["listening"].values():
        entry["addresses"] = [one for one in entry["addresses"] if (":" in one) != (family == "inet6")]
    facts["listening"] = {key: entry for key, entry in facts["listening"].items() if entry["addresses"]}
    facts["default_route"].pop(family, None)


UNSEEN: Facts = {"processes": [], "pids": [], "owner_seen": False}


def lose_owners(facts: Facts, covered: str) -> None:
    """Take the processes out of facts."""
    facts["covers"]["owners"] = covered
    for entry in (*facts["listening"].values(), *facts["unix_listening"].values()):
        entry.update(UNSEEN if covered == "some" else dict.fromkeys(UNSEEN))


def lose_rest(facts: Facts, expression: str) -> None:
    """Take out what an expression does not match, here everything."""
    facts["covers"]["where"] = expression
    facts |= {"listening": {}, "unix_listening": {}, "interfaces": {}, "groups": {}}


def lose_list(facts: Facts, name: str) -> None:
    """Take out all that ``covers`` says of protocols or of tables."""
    facts["covers"].pop(name)
    keys = {"protocols": ("listening", "unix_listening"), "tables": ("interfaces", "groups", "default_route")}
    facts |= {key: {} for key in keys[name]}


WHOLE = machine()
LOSSES: list[tuple[Callable[[Facts, str], None], str]] = [
    *((lose_protocol, name) for name in WHOLE["covers"]["protocols"]),
    *((lose_table, name) for name in WHOLE["covers"]["tables"]),
    *((lose_family, name) for name in ("inet", "inet6")),
    *((lose_owners, name) for name in ("some", "none")),
    (lose_rest, "local_port == 1"),
    *((lose_list, name) for name in ("protocols", "tables")),
]


def make_whole() -> Facts:
    """Return facts with a client and a socket that is bound to a device."""
    facts = machine()
    seen = {"v6_only": None, "processes": ["dig"], "owner_seen": True}
    facts["listening"]["udp/ephemeral"] = {
        **facts["listening"]["udp/53"],
        "processes": ["dig"],
        "sockets": [{"port": 40000, "address": "0.0.0.0", **seen}],
    }
    facts["listening"]["tcp/5432"]["addresses"].append("0.0.0.0%eth0")
    return facts


@pytest.mark.parametrize(("lose", "name"), LOSSES)
def test_an_answer_holds_in_each_world(lose: Callable[[Facts, str], None], name: str) -> None:
    """Where facts cover less, a test has the answer of the whole facts or none; never another one."""
    whole, less = make_whole(), make_whole()
    lose(less, name)
    known = {question: ask(whole, *question) for question in questions(PORTS)}
    assert {None, True, False} >= set(known.values()) >= {True, False}
    wrong = [question for question, answer in known.items() if ask(less, *question) not in (None, answer)]
    assert wrong == []


@pytest.mark.parametrize(("lose", "name"), LOSSES)
def test_a_comparison_holds_in_each_world(lose: Callable[[Facts, str], None], name: str) -> None:
    """Where facts cover less than the baseline, a comparison is refused or tells no difference; as baseline alike."""
    whole, less = make_whole(), make_whole()
    lose(less, name)
    for part in CHOICES:
        for now, before in ((less, whole), (whole, less)):
            try:
                found = drift(now, before, parts=[part])
            except NotSeen:
                continue
            assert found["same"], (part, found)
    is_compared = name in ("statistics", "raw")  # nothing of these is compared
    if not is_compared and lose is not lose_list:
        with pytest.raises(NotSeen):
            drift(less, whole)


def files_of(tree: Path) -> dict[str, bytes]:
    """Return the files of a folder below ``proc/net`` by path."""
    return {f"/{path.relative_to(tree)}": path.read_bytes() for path in tree.glob("proc/net/**/*") if path.is_file()}


@functools.cache
def make_host() -> Host:
    """Return the host that all facts here are made with."""
    return Host()


def facts_from(files: dict[str, bytes], **options: Any) -> Facts:
    """Return the facts of a snapshot with some files."""
    host = make_host()
    return gather(facts_query(host, **options), SnapshotSystem(MemoryStore(files)), host).facts


FOLDER = "captures/tcp-a-6.18"


def test_no_lost_file_becomes_an_answer(trees: Trees) -> None:
    """Whichever file a folder lacks, no port is called closed that the whole folder shows open."""
    names = ("tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6", "icmp", "icmp6", "if_inet6", "snmp6")
    files = {path: content for path, content in files_of(trees[FOLDER]).items() if path.rpartition("/")[2] in names}
    assert len(files) > 5
    whole = facts_from(files, tables=["sockets"])
    ports = (*whole["listening"], "tcp/1", "udp/1")
    for lost in files:
        less = facts_from({path: files[path] for path in files if path != lost}, tables=["sockets"])
        wrong = [port for port in ports if ask(less, port) is False and ask(whole, port) is not False]
        assert wrong == [], lost
        if lost.rpartition("/")[2] in ("tcp", "tcp6", "udp", "udp6"):
            assert ask(less, f"{lost.rpartition('/')[2].rstrip('6')}/1") is None, lost


HEADER = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
SCTP = {
    "/proc/net/sctp/eps": b" ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS\n",
    "/proc/net/sctp/assocs": b" ASSOC     SOCK   STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT\n",
}


def completeness(tmp_path: Path, files: dict[str, bytes]) -> list[str]:
    """Return the sources that a report on a folder says are missing."""
    for path, content in files.items():
        (tmp_path / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path[1:]).write_bytes(content)
    return [gap["source"] for gap in json.loads(show(tmp_path, "--json", "-tln").stdout)["completeness"]]


def test_a_folder_without_tcp6_says_so_where_ipv6_is_in_use(tmp_path: Path) -> None:
    """Where a folder shows that the machine has IPv6, a report lists tcp6 as missing, as facts do."""
    files = {"/proc/net/tcp": HEADER, "/proc/net/if_inet6": b""}
    assert completeness(tmp_path, files) == ["/proc/net/tcp6"]
    found = facts_from(files, protocols=["tcp"])
    assert found["covers"]["protocols"] == []
    assert any(
        "/proc/net/tcp6: not there, although /proc/net/if_inet6 is" in one["text"]
        for one in found["incomplete_because"]
    )


def test_without_ipv6_nothing_is_missing(tmp_path: Path) -> None:
    """Where the kernel's list of protocols has no IPv6, the lack of tcp6 is no gap."""
    files = {"/proc/net/tcp": HEADER, "/proc/net/protocols": b"protocol  size\nTCP        2496\nUDP  1000\n"}
    assert completeness(tmp_path, files) == []
    assert facts_from(files, protocols=["tcp"])["covers"]["protocols"] == ["tcp"]
    files["/proc/net/protocols"] += b"TCPv6  2632\n"
    assert facts_from(files, protocols=["tcp"])["covers"]["protocols"] == []


def test_sctp_is_covered_by_its_two_files() -> None:
    """The sockets of both IP versions are in eps and assocs; files that no kernel has are not missed."""
    assert facts_from(SCTP, protocols=["sctp"])["covers"]["protocols"] == ["sctp"]
    assert facts_from(SCTP, protocols=["sctp"], families=["inet6"])["covers"]["protocols"] == []
    eps = {path: content for path, content in SCTP.items() if path.endswith("eps")}
    assert facts_from(eps, protocols=["sctp"], sockets="all")["covers"]["protocols"] == []


@pytest.mark.parametrize(
    ("plugin", "table", "key"), [("inet", "sockets", "listening"), ("iface", "interfaces", "interfaces")]
)
def test_a_plugin_that_is_left_out_is_told(trees: Trees, plugin: str, table: str, key: str) -> None:
    """A table without its built-in plugin is named in completeness and not covered by facts; nothing goes to stderr."""
    ran = show(trees[FOLDER], "--no-plugin", plugin, "--json", "--tables", "sockets")
    gaps = [gap for gap in json.loads(ran.stdout)["completeness"] if gap["source"] == f"plugin {plugin}"]
    assert [(gap["reason"], gap["about"], gap["table"]) for gap in gaps] == (
        [("no_reader", "plugin", "sockets")] if table == "sockets" else []
    )
    assert b"left out" not in ran.stderr
    found = json.loads(show(trees[FOLDER], "--no-plugin", plugin, "--format", "facts-local").stdout)
    assert table not in found["covers"]["tables"]
    assert key not in found
    assert any(f"plugin {plugin}: was left out" in one["text"] for one in found["incomplete_because"])


def test_a_family_that_was_read_and_is_empty_has_a_key() -> None:
    """A family whose file is there has an entry, though without rows; one that the kernel does not have has none."""
    found = facts_from(
        {"/proc/net/x25/socket": b"dest_addr  src_addr   dev   lci st vs vr va t  t2 t21 t22 t23 Snd-Q Rcv-Q inode\n"}
    )
    assert found["families"] == {"x25": {"sockets": []}}


def test_the_whole_facts_are_not_changed() -> None:
    """The made facts that the others start from are the same in each test."""
    assert copy.deepcopy(WHOLE) == machine()
