"""Facts: what a machine's network looks like in look-up tables, and that nothing unread looks empty."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from namespaces import NetworkNamespace
from pynetstat import show
from trees import Trees, fixture_names

from netstat_core import UsageError
from netstat_core.collection import preload_host
from netstat_core.facts import sanitise
from netstat_core.facts.gather import gather
from netstat_core.facts.ports import drop_details, listen_ports
from netstat_core.facts.query import facts_query
from netstat_core.facts.sanitise import LONGEST_TEXT, MOST_RECORDS, safe, safe_records
from netstat_core.facts.schema import FACTS_SCHEMA, FactsOfNamespaces
from netstat_core.host import checker
from netstat_core.host.discovery import Host
from netstat_core.plugin.schema import named_schema
from netstat_core.plugin.sources import NetlinkDump
from netstat_core.system.snapshot import SnapshotSystem
from netstat_core.system.stores import MemoryStore

CHECKER = jsonschema.Draft202012Validator(named_schema(FACTS_SCHEMA, FactsOfNamespaces))

SOCKETS = r"""
import ctypes, os, socket, sys
ctypes.CDLL(None).prctl(15, b"{{ 7*7 }}\x1b[1m", 0, 0, 0)
kept = []
def hold(family, kind, address, **options):
    one = socket.socket(family, kind)
    for option, value in options.items():
        one.setsockopt(socket.IPPROTO_IPV6, getattr(socket, option), value)
    one.bind(address)
    if kind == socket.SOCK_STREAM:
        one.listen()
    kept.append(one)
hold(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 22))
hold(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.2", 22))
hold(socket.AF_INET6, socket.SOCK_STREAM, ("::", 80), IPV6_V6ONLY=0)
hold(socket.AF_INET6, socket.SOCK_STREAM, ("::", 443), IPV6_V6ONLY=1)
hold(socket.AF_INET6, socket.SOCK_STREAM, ("::ffff:127.0.0.1", 8443), IPV6_V6ONLY=0)
hold(socket.AF_INET, socket.SOCK_DGRAM, ("0.0.0.0", 53))
hold(socket.AF_UNIX, socket.SOCK_STREAM, b"\0{{ lookup('pipe', 'id') }}\n\x1b[31m\xff")
hold(socket.AF_UNIX, socket.SOCK_STREAM,
     b"\0a\n0000000000000000: 00000002 00000000 00010000 0001 01 999999 /run/forged.sock")
client = socket.create_connection(("127.0.0.1", 22))
print("ready", flush=True)
sys.stdin.read()
"""


def facts(namespace: NetworkNamespace, *arguments: str) -> dict[str, Any]:
    """Return the facts of a namespace, seen from inside, checked against their schema."""
    ran = namespace.run([sys.executable, "-m", "netstat_core", "--format", "facts", *arguments])
    assert (ran.stderr, ran.returncode) == (b"", 0)
    printed = json.loads(ran.stdout)
    assert set(printed) == {"ansible_facts", "changed"}
    assert printed["changed"] is False
    found: dict[str, Any] = printed["ansible_facts"]["netstat"]
    assert [error.message for error in CHECKER.iter_errors(found)] == []
    return found


def why(found: dict[str, Any]) -> list[str]:
    """Return why facts are not complete, as people read it."""
    return [reason["text"] for reason in found["incomplete_because"]]


@pytest.fixture(scope="module")
def machine() -> Any:
    """Give the facts of a namespace with sockets of every sort that matters, by the source that was preferred."""
    from namespaces import network_namespace, reason

    if why := reason():
        pytest.skip(why)
    with network_namespace() as namespace:
        namespace.run(["ip", "link", "set", "lo", "up"])
        namespace.run(["ip", "route", "add", "default", "via", "127.0.0.9", "dev", "lo", "metric", "70"])
        namespace.run(["ip", "route", "add", "default", "via", "127.0.0.8", "dev", "lo", "metric", "7"])
        namespace.run(["ip", "route", "add", "192.0.2.0/24", "dev", "lo"])
        with namespace.running([sys.executable, "-c", SOCKETS]):
            yield {source: facts(namespace, "--source", source) for source in ("netlink", "procfs")}


def test_listening_by_port(machine: dict[str, Any]) -> None:
    """Sockets of one port are one entry: addresses of both families, who may reach it, and who holds it."""
    found = machine["netlink"]["listening"]
    assert list(found) == ["tcp/22", "tcp/80", "tcp/443", "tcp/8443", "udp/53"]
    entry = found["tcp/22"]
    assert len(entry["pids"]) == 1
    assert entry | {"pids": []} == {
        "addresses": ["127.0.0.1", "127.0.0.2"],
        "families": ["inet"],
        "processes": [r"{{ 7*7 }}\x1b[1m"],
        "pids": [],
        "uids": [0],
        "users": ["root"],
        "v6_only": None,
        "reachable": ["inet"],
        "owner_seen": True,
    }
    assert [found[port]["reachable"] for port in ("tcp/80", "tcp/443", "tcp/8443")] == [
        ["inet", "inet6"],
        ["inet6"],
        ["inet"],
    ]
    assert [found[port]["v6_only"] for port in ("tcp/80", "tcp/443", "tcp/8443")] == [False, True, None]


def test_sockets_that_differ_are_told_apart() -> None:
    """Where the sockets of one port differ in more than their address, the entry says which is which."""
    rows = [("0100007F", 7), ("0200007F", 8), ("0300007F", 8)]
    text = "".join(f"0: {address}:0016 00000000:0000 0A 0:0 0:0 0 0 0 {inode} 1 0\n" for address, inode in rows)
    owners = {"held": {"70": [7], "80": [8]}, "denied": 0, "unread": 0}
    files = {
        "/proc/net/tcp": b"sl\n" + text.encode(),
        "/proc/70/comm": b"dnsmasq\n",
        "/proc/80/comm": b"named\n",
        "/capture.json": json.dumps({"owners": owners}).encode(),
    }
    host = Host()
    query = facts_query(host, protocols=["tcp"], families=["inet"], tables=["sockets"])
    (entry,) = gather(query, SnapshotSystem(MemoryStore(files)), host).facts["listening"].values()
    assert [(one["address"], one["processes"], one["owner_seen"]) for one in entry["sockets"]] == [
        ("127.0.0.1", ["dnsmasq"], True),
        ("127.0.0.2", ["named"], True),
        ("127.0.0.3", ["named"], True),
    ]


def test_both_sources_agree(machine: dict[str, Any]) -> None:
    """Facts from files are those from netlink, but for what files do not tell: whether :: takes IPv4."""
    known, old = machine["netlink"], machine["procfs"]
    for one in (known, old):
        for entry in one["listening"].values():
            entry.pop("v6_only", None)
            entry["reachable"] = sorted({"inet", *entry["reachable"]})
    assert old["listening"] == known["listening"]
    assert old["default_route"]["inet"] | {"protocol": "boot", "type": "unicast"} == known["default_route"]["inet"]
    assert set(old["interfaces"]) == set(known["interfaces"]) == {"lo"}


def test_names_of_others_are_harmless(machine: dict[str, Any]) -> None:
    """No control character or undecodable byte of a name gets into facts, and a forged row is no socket."""
    found = machine["netlink"]
    assert all(text.isprintable() for text in texts(found))
    assert r"@{{ lookup('pipe', 'id') }}\x0a\x1b[31m\xff" in found["unix_listening"]
    assert len(found["unix_listening"]) == 2


def test_forged_rows_are_recognised(machine: dict[str, Any]) -> None:
    """A row that a name with a line break forges is no socket for netlink; read from the file, it is doubted."""
    assert "/run/forged.sock" not in machine["netlink"]["unix_listening"]
    found = machine["procfs"]
    assert not found["unix_listening"]["/run/forged.sock"]["owner_seen"]
    assert not found["complete"]
    assert any("/run/forged.sock" in reason and "forged" in reason for reason in why(found))


def test_default_route_is_that_of_the_lowest_metric(machine: dict[str, Any]) -> None:
    """Of several default routes the kernel's choice is told; where there is none, null."""
    found = machine["netlink"]["default_route"]
    assert (found["inet"]["gateway"], found["inet"]["metric"], found["inet6"]) == ("127.0.0.8", 7, None)
    assert "routes" not in machine["netlink"]


def test_what_is_covered(machine: dict[str, Any]) -> None:
    """Protocols that were read whole are named; all was seen, so the facts are complete."""
    found = machine["netlink"]
    assert {"tcp", "udp", "unix", "sctp"} <= set(found["covers"]["protocols"])
    assert (found["complete"], found["incomplete_because"]) == (True, [])
    assert found["covers"] | {"protocols": [], "families": [], "tables": []} == {
        "tables": [],
        "protocols": [],
        "families": [],
        "sockets": "listening",
        "where": None,
        "owners": "all",
    }
    assert found["totals"]["tcp"] == {"LISTEN": 5}


def texts(value: Any) -> list[str]:
    """Return all texts of a structure, keys too."""
    if isinstance(value, dict):
        return [text for key, one in value.items() for text in (key, *texts(one))]
    if isinstance(value, list):
        return [text for one in value for text in texts(one)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("name", fixture_names("captures"))
def test_of_recorded_machines(name: str, trees: Trees) -> None:
    """Every recorded machine gives facts that match their schema, alike alone and as a module's result."""
    alone = show(trees[name], "--format", "facts-local")
    found = json.loads(alone.stdout)
    assert [error.message for error in CHECKER.iter_errors(found)] == []
    result = json.loads(show(trees[name], "--format", "facts").stdout)
    assert result == {"ansible_facts": {"netstat": found}, "changed": False}
    assert all(text.isprintable() for text in texts(found))


def test_each_protocol_that_facts_cover_can_be_asked_for() -> None:
    """Whatever stands in `covers.protocols` is a name that `protocols` takes, and then it alone is covered."""
    host = Host()
    names = gather(facts_query(host, tables=["sockets"]), host=host).facts["covers"]["protocols"]
    assert {"tcp", "unix", "ax25"} <= set(names)
    for name in names:
        facts = gather(facts_query(host, protocols=[name], tables=["sockets"]), host=host).facts
        assert facts["covers"]["protocols"] == [name]
        assert ("unix_listening" in facts) == (name == "unix")
    both = gather(facts_query(host, protocols=["tcp", "unix"]), host=host).facts
    assert {"listening", "unix_listening"} <= both.keys()
    assert both["covers"]["protocols"] == ["tcp", "unix"]


def test_the_documented_sample_is_true() -> None:
    """What the documentation of the module shows are facts, by the published schema too."""
    docs = Path(__file__).resolve().parents[2] / "docs"
    sample = json.loads((docs / "facts-sample.json").read_text("utf-8"))
    published = jsonschema.Draft202012Validator(json.loads((docs / "schemas/facts.json").read_text("utf-8")))
    assert [error.message for one in (CHECKER, published) for error in one.iter_errors(sample)] == []
    assert set(sample["listening"]) == {"tcp/22", "tcp/5432"}
    records = [*sample["interfaces"].values(), *sample["routes"], *sample["neighbours"], *sample["masquerade"]]
    owners = [sample["listening"]["tcp/22"], sample["namespaces"]["blue"]["listening"]["tcp/8080"]]
    for record in records:
        schema = json.loads((docs / f"schemas/{record.get('kind', 'interface')}.json").read_text("utf-8"))
        lacking = {"kind", "network_namespace"} & (set(schema["required"]) - set(record))
        assert [*jsonschema.Draft202012Validator({**schema, "required": []}).iter_errors(record)] == []
        assert set(schema["required"]) - set(record) == lacking
    fields = json.loads((docs / "schemas/inet.socket.json").read_text("utf-8"))["properties"]["processes"]
    for entry in owners:
        assert [*jsonschema.Draft202012Validator(fields).iter_errors(entry["owners"])] == []
    assert owners[0]["owners"][0]["unit"]
    assert owners[1]["owners"][0]["container"]["id"]


def test_other_families(trees: Trees) -> None:
    """Records of families that have no shape of their own are listed under their family and table."""
    found = json.loads(show(trees["captures/legacy-a-6.1"], "--format", "facts-local").stdout)
    families = found["families"]
    assert {"ax25", "netrom", "rose"} <= set(families)
    assert all(
        record["family"] == name for name, tables in families.items() for one in tables.values() for record in one
    )
    assert {"sockets", "routes"} <= set(families["netrom"]) | set(families["ax25"])


def test_only_what_was_asked_for(trees: Trees) -> None:
    """Tables that were not read have no key; those that were read are there even if empty."""
    tree = trees["captures/bare-a-6.18"]
    found = json.loads(show(tree, "--format", "facts-local", "-tln").stdout)
    assert found["listening"] == {}
    assert not {"unix_listening", "interfaces", "routes", "default_route", "statistics", "groups"} & set(found)
    assert found["covers"]["protocols"] == ["tcp"]
    assert found["covers"]["owners"] == "none"


def test_what_a_folder_lacks_is_not_absent() -> None:
    """A folder of files does not tell what its machine had besides: no protocol is covered that it holds no file of."""
    header = b"sl local_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode\n"
    files = {"/proc/net/tcp": header, "/proc/net/tcp6": header, "/proc/net/udp": header}
    host = Host()
    found = gather(facts_query(host), SnapshotSystem(MemoryStore(files)), host).facts
    assert found["covers"]["protocols"] == ["tcp"]
    assert "/proc/net/udp6: not there" in why(found)
    assert found["covers"]["owners"] == "some"
    assert not found["complete"]
    assert not {"interfaces", "groups", "statistics", "default_route", "unix_listening"} & set(found)


def test_without_proc_nothing_is_called_absent() -> None:
    """Where /proc is not mounted, only what netlink tells is covered, and owners are unknown."""
    from namespaces import network_namespace, reason

    if why := reason():
        pytest.skip(why)
    script = "mount -t tmpfs none /proc && exec " + sys.executable + " -m netstat_core --format facts-local"
    with network_namespace() as inside:
        ran = inside.run(["unshare", "--mount", "sh", "-c", script])
    assert b"Traceback" not in ran.stderr
    found = json.loads(ran.stdout)
    assert "tcp" in found["covers"]["protocols"]
    assert "icmp" not in found["covers"]["protocols"]
    assert found["covers"]["owners"] == "some"
    assert not found["complete"]


def described(**more: Any) -> dict[str, bytes]:
    """Return the contents of a snapshot that a capture seems to have taken, with an answer about owners."""
    held = {"capture": 1, "asked": [], "owners": {"held": {}}, "network_namespace": {"inode": 1, "name": None}}
    return {"/capture.json": json.dumps({**held, **more}).encode()}


def recorded(path: str, content: bytes, **more: Any) -> MemoryStore:
    """Return a snapshot with one file."""
    return MemoryStore({**described(asked=[{"path": path}], **more), path: content})


def found_in(store: MemoryStore, *tables: str, **options: Any) -> dict[str, Any]:
    """Return the facts of a snapshot, checked against their schema."""
    host = Host()
    found = gather(facts_query(host, tables=tables, **options), SnapshotSystem(store), host, keep_sockets=True).facts
    assert [error.message for error in CHECKER.iter_errors(found)] == []
    return found


UDP = "{0}: 00000000:{1:04X} 00000000:0000 07 00000000:00000000 00:00000000 00000000 0 0 {2} 2 0 0\n"


def test_more_damaged_rows_than_anybody_reads_are_counted() -> None:
    """A file of damaged rows costs neither the time nor the memory to tell of each."""
    found = found_in(recorded("/proc/net/udp", b"\n" * 3_000_000), "sockets", protocols=["udp"])
    assert "/proc/net/udp: 100000 rows were damaged, and the rest was not read" in why(found)
    assert "udp" not in found["covers"]["protocols"]
    rows = (
        b"sl local_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode\n"
        + UDP.format(1, 53, 7).encode()
        + b"x\n" * 5000
    )
    found = found_in(recorded("/proc/net/udp", rows), "sockets", protocols=["udp"], families=["inet"])
    assert "/proc/net/udp: 5000 rows were damaged, and 1000 of them are listed" in why(found)
    assert list(found["listening"]) == ["udp/53"]


def test_sockets_that_share_processes_beyond_reason() -> None:
    """A short snapshot cannot make facts of millions of holders: beyond a limit they are unknown, which is told."""
    row = UDP.format(1, 53, 777)
    rows = "header\n" + "".join(row.replace(" 00000000", f" {number:08X}", 1) for number in range(2000))
    owners = {"held": {str(pid): [777] for pid in range(1, 1001)}}
    found = found_in(
        recorded("/proc/net/udp", rows.encode(), owners=owners), "sockets", protocols=["udp"], families=["inet"]
    )
    assert "/proc/PID/fd: 1000 sockets left out, beyond 1000000 holders of sockets in all" in why(found)
    assert found["covers"]["owners"] == "some"


def test_a_section_that_is_told_again_and_again() -> None:
    """Statistics are numbered where a section repeats, as far as there is room."""
    found = found_in(recorded("/proc/net/snmp", b"S: a\nS: 1\n" * 20_000), "statistics", families=["inet"])
    assert len(found["statistics"]) == 10_000
    assert "statistics: truncated, 10000 more than facts hold" in why(found)


def test_groups_that_are_cut_are_not_covered() -> None:
    """Where an interface has joined more groups than facts hold, they do not claim to have all."""
    rows = "".join(f"2    eth0            ff02{number:028x}     1 00000004 0\n" for number in range(1500))
    found = found_in(recorded("/proc/net/igmp6", rows.encode()), "groups", families=["inet6"])
    assert len(found["groups"]["eth0"]) == MOST_RECORDS
    assert "groups: truncated, 500 more than facts hold" in why(found)
    assert "groups" not in found["covers"]["tables"]
    assert found["covers"]["families"] == []


def test_a_number_without_end_is_no_number() -> None:
    """Digits beyond those of any kernel's numbers cost the file, and no number in facts exceeds 64 bits."""
    for digits in ("F" * 5000, "F" * 100):
        row = UDP.format(1, 53, 7).replace("00000000:00000000 00:", f"00000000:{digits} 00:")
        found = found_in(recorded("/proc/net/udp", b"h\n" + row.encode()), "sockets", protocols=["udp"], sockets="all")
        assert not found.get("listening")
        assert "udp" not in found["covers"]["protocols"]
        assert not found["complete"]


def test_a_namespace_is_read_once() -> None:
    """A snapshot that tells of one namespace again and again has it once; odd names are shown, whatever they are."""
    place = {"network_namespace": {"inode": 8, "name": "\ud800x"}, "asked": []}
    store = MemoryStore(described(namespaces=[place] * 300, missed=[["permission", "\ud800", "no", 1, 0, 9]]))
    found = found_in(store, "sockets", all_netns=True)
    (name,) = found["namespaces"]
    assert name.isprintable()
    assert found["covers"]["namespaces"] == "some"
    assert any("network namespace" in reason and "no" in reason for reason in why(found))


def test_replies_are_those_of_their_namespace() -> None:
    """A namespace of a snapshot cannot bring out again and again what another has, or what is of a process."""
    dump = {"name": "sock_diag/tcp", "protocol": 4, "type": 20, "body": "00", "reply": "proc/1/x"}
    system = SnapshotSystem(MemoryStore({**described(netlink=[dump]), "/proc/1/x": b"\0\0\0\0"}))
    request = NetlinkDump("sock_diag/tcp", protocol=4, type=20, body=b"\0")
    assert list(system.dump(request)) == []


def test_what_was_not_recorded_does_not_look_empty() -> None:
    """Tables that a snapshot does not hold have no key, as if they had not been asked for; the facts say why."""
    found = found_in(MemoryStore(described()), "routes", "neighbours", "interfaces", "sockets")
    assert not {"routes", "neighbours", "interfaces", "listening", "default_route"} & set(found)
    assert not found["complete"]


def test_a_port_that_cannot_be_read_is_not_covered() -> None:
    """A protocol whose table could not be read is not among those covered, and the facts are not complete."""
    row = b"   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 17 1 0 100 0 0 10 0\n"
    header = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    files = {"/proc/net/tcp": header + row, "/proc/net/udp": header + b"nonsense\n"}
    host = Host()
    found = gather(
        facts_query(host, families=["inet"], tables=["sockets"]), SnapshotSystem(MemoryStore(files)), host
    ).facts
    assert list(found["listening"]) == ["tcp/22"]
    assert "tcp" in found["covers"]["protocols"]
    assert "udp" not in found["covers"]["protocols"]
    assert not found["complete"]
    assert any(reason.startswith("/proc/net/udp, line 2") for reason in why(found))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sockets": "some"}, "sockets must be one of listening, all"),
        ({"families": ["ipv4"]}, "unknown family 'ipv4'; known: "),
        ({"protocols": ["http"]}, "unknown protocol 'http'; known: "),
        ({"tables": ["ports"]}, "unknown table 'ports'; known: "),
        ({"tables": ["groups"], "families": ["unix"]}, "table 'groups' has no records of the selected families"),
        ({"where": "no_such == 1"}, "unknown field no_such"),
        ({"where": "local_port == 'ssh'"}, "local_port is a number and cannot equal the text 'ssh'"),
    ],
)
def test_what_is_unknown_is_refused(options: dict[str, Any], words: str) -> None:
    """An option that names nothing known is refused before anything is read, and says what there is."""
    with pytest.raises(UsageError, match=words.replace("(", r"\(")):
        facts_query(Host(), **options)


def test_long_tables_are_cut(trees: Trees, tmp_path: Path) -> None:
    """Of routes that were asked for, facts hold a thousand, and say that there were more; the default route counts."""
    folder = tmp_path / "proc/net"
    folder.mkdir(parents=True)
    header = (trees["captures/routes-a-6.1"] / "proc/net/route").read_text().splitlines()[0]
    rows = [f"lo\t{number:08X}\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0" for number in range(1500)]
    default = "lo\t00000000\t0100007F\t0003\t0\t0\t0\t00000000\t0\t0\t0"
    (folder / "route").write_text("\n".join([header, *rows, default, ""]))
    host = Host()
    system = SnapshotSystem(tmp_path)
    found = gather(facts_query(host, tables=["routes"], families=["inet"]), system, host).facts
    assert len(found["routes"]) == MOST_RECORDS
    assert found["default_route"]["inet"]["gateway"] == "127.0.0.1"
    assert not found["complete"]
    assert "routes: truncated, 501 more than facts hold" in why(found)
    assert found["covers"]["tables"] == []  # a folder does not tell of policy rules either


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        (["unreachable default metric 10", "default via 127.0.0.9 metric 20"], ("unreachable", None, 10)),
        (["default via 127.0.0.9 metric 20"], ("unicast", "127.0.0.9", 20)),
        (["default via 127.0.0.9 tos 0x10", "default via 127.0.0.8 metric 5"], ("unicast", "127.0.0.8", 5)),
        (["default via 127.0.0.9 table 50"], None),
        (["blackhole default metric 2"], ("blackhole", None, 2)),
        (["throw default metric 1", "blackhole default metric 2"], None),  # the kernel leaves the table
    ],
)
def test_the_default_route_is_the_one_that_decides(routes: list[str], expected: tuple[Any, ...] | None) -> None:
    """Of default routes the least metric counts, also if it lets nothing out; those for some packets only do not."""
    from namespaces import network_namespace, reason

    if why := reason():
        pytest.skip(why)
    with network_namespace() as inside:
        inside.run(["ip", "link", "set", "lo", "up"])
        for route in routes:
            inside.run(["ip", "route", "add", *route.split(), *(["dev", "lo"] if "via" in route else [])])
        found = facts(inside)["default_route"]["inet"]
    assert (found and (found["type"], found["gateway"], found["metric"])) == expected


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters())
    | st.binary().map(lambda raw: raw.decode("latin-1")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_any_value_can_be_made_safe(value: Any) -> None:
    """Whatever texts a value holds, they come out printable, and making them safe again changes nothing."""
    made = safe(value)
    assert all(text.isprintable() for text in texts(made))
    assert safe(made) == made
    json.dumps(made).encode("ascii")


@given(st.lists(st.dictionaries(st.text(max_size=5), JSON, max_size=4), max_size=4))
def test_safe_records_are_left_alone(records: list[dict[str, Any]]) -> None:
    """Records are made safe as facts are; one that is safe already is the very same."""
    made = safe_records(records)
    assert made == [safe(record) for record in records]
    assert all(after is before for before, after in zip(records, made, strict=True) if safe(before) == before)


HOSTILE = st.one_of(
    st.sampled_from(
        ["{{ 7*7 }}", "\x1b[1m", "\n", "\x7f", "\x9b", "\u202e", "\u200b", "\u2028", "\ud800", '"', "\\x1b"]
    ),
    st.integers(LONGEST_TEXT - 40, LONGEST_TEXT + 1).map("x".__mul__),
    st.integers(LONGEST_TEXT // 2 - 20, LONGEST_TEXT + 1).map("\u00e9".__mul__),
    st.text(max_size=5),
)
PLACES: list[Callable[[str], Any]] = [
    lambda text: {"name": text},
    lambda text: {"name": "x", text: 1},
    lambda text: {"processes": [{"command": ["x", text]}]},
    lambda text: {"processes": [{text: None}]},
]


@given(st.lists(st.tuples(st.integers(0, 199), st.sampled_from(PLACES), HOSTILE), max_size=3))
def test_one_look_finds_what_a_walk_finds(hostile: list[tuple[int, Callable[[str], Any], str]]) -> None:
    """Among many harmless records, those with a text that no terminal may show are found, wherever it stands."""
    records: list[dict[str, Any]] = [{"name": f"caf\u00e9{number}", "port": number} for number in range(200)]
    for number, place, text in hostile:
        records[number] = place(text)
    made = safe_records(records)
    assert made == [safe(record) for record in records]
    assert all(after is before for before, after in zip(records, made, strict=True) if safe(before) == before)


def test_a_host_that_is_loaded_ahead_compiles_no_schema_later(trees: Trees, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Ansible's workers would each compile is there before they are forked."""
    host = preload_host()
    compiled = []
    compile_schema = checker._compile

    def count(schema: Any) -> Any:
        compiled.append(schema)
        return compile_schema(schema)

    monkeypatch.setattr(checker, "_compile", count)
    for name in ("captures/tcp-a-6.18", "captures/unix-a-6.18", "captures/routes-a-6.1"):
        assert gather(facts_query(host), SnapshotSystem(trees[name]), host).facts["covers"]["tables"]
    assert compiled == []


def test_few_records_are_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Harmless records are not walked value by value, and one hostile text makes that of few of its neighbours."""
    walked = []
    walk = sanitise._is_safe

    def count(value: Any, known: dict[int, bool]) -> bool:
        walked.append(value)
        return walk(value, known)

    monkeypatch.setattr(sanitise, "_is_safe", count)
    records: list[dict[str, Any]] = [{"name": "x"} for _ in range(1000)]
    assert safe_records(records) == records
    assert walked == []
    records[500] = {"name": "\x1b"}
    assert safe_records(records)[500] == {"name": "\\x1b"}
    assert 0 < sum(isinstance(value, dict) for value in walked) < 100


def test_long_texts_are_cut() -> None:
    """A text of a megabyte does not travel with every task."""
    assert safe({"x" * 10**6: ["y" * 10**6]}) == {"x" * LONGEST_TEXT + "...": ["y" * LONGEST_TEXT + "..."]}


def test_the_facts_of_another_module() -> None:
    """tcp_listen and udp_listen have a row for each process and address, and one for a socket without a process."""
    process = {"pid": 7, "uid": 70, "name": "postgres", "command": [], "started_at": "2026-11-21T09:05:03Z"}
    socket = {"kind": "inet.socket", "listening": True, "protocol": "tcp", "local_address": "::1", "local_port": 5432}
    socket["v4_mapped"] = False
    found = listen_ports(
        [
            {**socket, "processes": [process, process | {"pid": 8, "started_at": None}]},
            {**socket, "protocol": "udp", "processes": None},
            {**socket, "protocol": "udp", "processes": None, "local_address": "127.0.0.1", "v4_mapped": True},
            {**socket, "protocol": "sctp", "processes": [process]},
            {**socket, "listening": False, "processes": [process]},
        ],
        {70: "postgres"}.__getitem__,
    )
    row = {"address": "::1", "port": 5432, "protocol": "tcp", "name": "postgres", "pid": 7, "user": "postgres"}
    unowned = row | {"protocol": "udp", "name": "", "pid": 0, "user": "", "stime": ""}
    assert found == {
        "tcp_listen": [row | {"stime": "Sat Nov 21 09:05:03 2026"}, row | {"pid": 8, "stime": ""}],
        "udp_listen": [unowned, unowned | {"address": "::ffff:127.0.0.1"}],
    }


def test_lists_of_protocols_that_were_not_read_are_absent() -> None:
    """For another module's playbooks, too, an empty list means that nothing listens."""
    assert listen_ports([], str, ["tcp", "sctp"]) == {"tcp_listen": []}
    assert listen_ports([], str, []) == {}


@pytest.mark.parametrize("arguments", [False, True])
def test_details_read_for_another_module_can_be_dropped(*, arguments: bool) -> None:
    """Facts that were not asked for details of processes hold none, though their start was needed for a list."""
    process = {"pid": 1, "uid": 0, "name": "x", "command": ["x", "--a"], "executable": "/bin/x", "unit": "x.service"}
    entry = {"processes": ["x"], "owners": [process]}
    found = {"listening": {"tcp/1": dict(entry)}, "namespaces": {"n": {"unix_listening": {"@x": dict(entry)}}}}
    drop_details(found, arguments=arguments)
    left = {"processes": ["x"]}
    if arguments:
        left["owners"] = [{"pid": 1, "uid": 0, "name": "x", "command": ["x", "--a"]}]  # type: ignore[list-item]
    assert found == {"listening": {"tcp/1": left}, "namespaces": {"n": {"unix_listening": {"@x": left}}}}
