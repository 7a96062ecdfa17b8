"""What the net runs: command lines over every snapshot, and calls of the Python API and of the collection."""

from __future__ import annotations

import io
import tarfile
from itertools import islice, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import option_matrix
from option_matrix import split
from outcomes import Case
from trees import FIXTURES, fixture_names, materialise
from worker import unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from option_matrix import Arguments

PACKED = FIXTURES / "netlink"
BROKEN = "broken"
RICH = (
    *("netlink/sockets", "netlink/tcp-time-wait", "netlink/owners-denied", "netlink/unix-odd-names"),
    *("netlink/namespaces", "captures/sctp-a-6.1", "captures/misc-a-6.1", "examples/sock"),
)
"""Snapshots that all options of the sockets displays are tried on."""

SAMPLE = 2
"""Of the many trees of files each gets every second display; together they get all."""

DISPLAYS = split(
    *("-an", "-a", "-anpeo", "-tulnp", "-xanp", "-wan", "-San", "-6tan", "-an --icmp", "-aNW"),
    *("-rn", "-r", "-6rnee", "-rnC", "-6rnC", "-rn --route-table all", "-6rn --route-table local", "-rnv -4 -6"),
    *("-ian", "-iae", "--interfaces=lo", "-gn", "-g6", "-s", "-stu", "-6s", "-sw", "-Mn", "-M", "-Mne6"),
    *("--neighbours -n", "--multicast-routes -n", "--tables all -n", "--tables memory", "--tables sockets,routes -an"),
)
"""One or more of each display."""

TEXT_MODES = split("", "--source procfs", "--source netlink", "-v --no-plugin inet")
JSON_MODES = split(
    *("", "--resolve", "--redact", "--source procfs", "--source netlink", "-p --who"),
)
OTHER_FORMATS = split(
    *("--ndjson", "--ndjson --resolve", "--ndjson --redact", "--format facts", "--format facts-local"),
)
WITH_NAMESPACES = ("netlink/namespaces", "netlink/namespaces-asked", "captures/misc-a-6.1")
"""Snapshots of several network namespaces, and one that is of none in particular."""

NAMESPACE_MODES = split(
    *("--all-netns", "--netns red", "--netns ghost", "--json --all-netns", "--json --netns red"),
    *("--ndjson --all-netns", "--format facts --all-netns", "--format facts --netns red"),
)
WHERE = [
    (*display, "--where", expression, *output)
    for display, expression in (
        (("-an",), "local_port < 1024 || local_port == 7000"),
        (("-anp",), "state in ['LISTEN', 'TIME_WAIT'] && family == 'inet6'"),
        (("-anpeo",), "recv_queue > 0 && timer.kind == 'off'"),
        (("-tanp",), "size(processes) > 0 && processes[0].name.matches('^(p|w)')"),
        (("-xan",), "path.contains('stream')"),
        (("-xanp",), "listening && abstract"),
        (("-rn",), "gateway == null"),
        (("--route-table", "all", "-rn"), "table == 'local' && prefix_length > 24"),
        (("-ian",), "mtu > 1500 || name == 'lo'"),
        (("-gn",), "group.startsWith('239.')"),
        (("-Mn",), "nat != 'none'"),
        (("--neighbours",), "state == 'permanent' && family == 'inet'"),
        (("--tables", "all"), "family == 'inet'"),
        (("-an",), "local_prt == 1"),
        (("-an",), "state == 'LISTENIN'"),
        (("-an",), "local_port =="),
        (("-s",), "section == 'tcp'"),
    )
    for output in ((), ("--json",), ("--ndjson", "--redact"), ("--format", "facts"), ("--all-netns",))
]
REPEATED = split(
    *("-s --delta 1 3", "-st --delta --json 1 2", "-6s --delta --ndjson 1 2", "-an 1 2", "-i --json 2 2", "-r 1 2"),
    *("--delta -an 1 2", "--delta -s --format facts", "-s --delta --where counters.InSegs>0 1 2", "-sc 1 2"),
)
NAMESPACES = split(
    *("-an --netns blue --netns red", "-tan --netns pid:1", "-tan --netns inode:1", "-an --all-netns --netns-limit 2"),
    *("-an --netns inode:x", "-an --netns ..", "--json -an --netns red --netns ghost", "-rn --all-netns --json"),
    *("-an --netns red --all-netns", "-an --netns-limit x --all-netns", "--tables all --all-netns --ndjson --redact"),
    *("-anp --who --json --all-netns --where local_port>1001", "-s --all-netns --delta 1 2", "-i --netns red -v"),
)
RECORDED = [
    (*options, "--record", target)
    for options, target in product(
        split("-an", "-anp --who --json", "-tln -p", "-r", "-rC --route-table all", "-i", "-s", "-M", "--tables all -n")
        + split("-a --resolve --json", "--format facts", "-an --all-netns", "-an --netns red", "-g --source procfs"),
        ("made.txt",),
    )
]
RECORDED_FORMS = split(
    *("-an --record made.tar", "-an --record made.tar.gz", "-an --record made.txz", "-an --record made/"),
    *("-an --record -", "-an --record absent/made.txt", "-an --record made.txt -c", "-s --record made.txt 1 2"),
    "-s --delta --record made.txt",
)
COUNTERS = ("InSegs", "tcp.InSegs", "ListenDrops", "Ip6InOctets", "nothing", "")
ALONE = [
    *split("--help", "-h", "-?", "-V", "--version", "--plugins", "--plugins --no-plugin inet", "--schema", "-h -K"),
    *split("--schema inet.socket", "--schema=route", "--schema nope", "--explain", "-an --explain InErrs --json"),
    *(("--explain", counter) for counter in COUNTERS),
    *(("--schema", kind) for kind in ("unix.socket", "interface", "statistics.change", "masquerade", "neighbour")),
    *split("capture", "capture -K", "capture --help", "capture - -A nope", "capture - --tables nope"),
    *split("capture - --from x", "capture - --record x", "capture - --redact", "capture - --netns ..", "capture - -K"),
    *split("capture made.txt --ax25 -n -t --foo", "capture absent/made.txt -tln --netns pid:x", "capture -x"),
    *split("--tables nope", "--tables sockets,nope --json", "--format nope", "--format text --json -K"),
    *split("--source nope -an", "--netns", "--from", "--json --redact --resolve", "--redact -an"),
]
ENVIRONED = split("-an", "--json -an", "-rn", "-6s", "-K", "--all-netns -tan", "--tables= -n", "--no-plugin nope -a")
QUERIES: list[dict[str, Any]] = [
    {},
    {"tables": ["sockets"], "processes": True, "who": True},
    {"tables": ["sockets"], "families": ["inet6"], "protocols": ["tcp", "udp"], "show": "listening"},
    {"tables": ["sockets"], "families": ["unix", "inet"], "families_in_order": True, "source": "procfs"},
    {"tables": ["routes"], "route_table": "all"},
    {"tables": ["routes"], "default_routes": True, "families": ["inet", "inet6"]},
    {"tables": ["routes"], "cache": True, "fib": True},
    {"tables": ["interfaces"], "interfaces": ["lo", "veth2"]},
    {"tables": [], "all_network_namespaces": True},
    {"tables": ["sockets"], "network_namespaces": ["red", "ghost"], "where": "local_port > 1000"},
    {"tables": ["groups", "multicast_routes", "neighbours", "masquerade"], "resolve": True},
    {"tables": ["statistics", "memory"], "where": "section == 'tcp'"},
    {"tables": ["nope"]},
    {"families": ["nope"]},
    {"protocols": ["nope"]},
    {"source": "netlink", "dialect": "nope", "context": True},
]
FACTS: list[dict[str, Any]] = [
    {},
    {"sockets": "all", "who": True},
    {"tables": ["routes", "neighbours", "masquerade", "multicast_routes", "memory"]},
    {"tables": ["default_route"], "families": ["inet"]},
    {"protocols": ["tcp"], "where": "local_port < 3000"},
    {"all_netns": True},
    {"netns": ["red"]},
    {"netns": ["ghost"], "tables": ["sockets"]},
    {"tables": ["rooms"]},
    {"families": ["nope"]},
    {"tables": ["groups"], "families": ["unix"]},
    {"where": "local_prt == 2"},
    {"sockets": "most"},
]
TASKS: list[dict[str, Any]] = [
    *({**one, "netns": ["all"]} if one.pop("all_netns", None) else one for one in map(dict, FACTS[:8])),
    {"compat": "listen_ports_facts"},
    {"compat": "listen_ports_facts", "sockets": "all", "where": "protocol == 'udp'"},
]
EXPRESSIONS = [
    ("sockets", "local_port == 7000 && state == 'TIME_WAIT'"),
    ("sockets", "processes.exists(p, p.pid > 1)"),
    ("sockets", "local_prt == 7000"),
    ("sockets", "state == 'LISTENIN'"),
    ("sockets", "path.matches('.*')"),
    ("routes", "family == 'inet6' && gateway != null"),
    ("interfaces", "name == 'lo'"),
    ("interfaces", "name =="),
]
ASKED: list[list[Any]] = [
    ["tcp/7000"],
    ["tcp/2000", "127.0.0.1"],
    ["tcp/2000", "::", "worker"],
    ["udp/5000", "0.0.0.0"],
    ["tcp/8000", "::1", "python*"],
    [1001],
    ["sctp/1"],
    ["ssh"],
    ["tcp/2002", "10.0.0.1", "of-nobody-else-at-all"],
]
DRIFTS: list[dict[str, Any]] = [
    {},
    {"parts": ["listening"]},
    {"ignore": ["listening/*", "interfaces/lo*"]},
    {"parts": ["x"]},
]


class Snapshots:
    """All snapshots below one folder, the same for both trees."""

    def __init__(self, base: Path) -> None:
        self.trees: dict[str, Path] = {}
        for shelf in ("captures", "examples"):
            for name in fixture_names(shelf):
                if (FIXTURES / name / "proc").is_dir():
                    self.trees[name] = materialise(name, base / name)
        self.packed = {f"netlink/{path.stem}": path for path in sorted(PACKED.glob("*.txt"))}
        self.broken = {path.name: path for path in _broken(base / BROKEN)}
        self.forms = {path.name: path for path in _forms(base / "forms")}
        self.all = {**self.packed, **self.trees}


def _broken(base: Path) -> Iterator[Path]:
    """Make snapshots that are none, or that were damaged on the way."""
    base.mkdir(parents=True)
    whole = (PACKED / "tcp-time-wait.txt").read_bytes()
    contents = {
        "empty": b"",
        "rubbish": b"rubbish\n" * 90,
        "cut": whole[:2000],
        "no-base64": whole[:60] + b"*" + whole[60:],
        "other-version": whole.replace(b"capture/1:", b"capture/2:"),
        "no.tar.gz": b"\x1f\x8b" + bytes(30),
    }
    for name, content in contents.items():
        (base / name).write_bytes(content)
        yield base / name
    for name, description in (
        ("json", "{"),
        ("list", "[]"),
        ("number", '{"capture": 7}'),
        ("order", '{"byte_order": 1}'),
    ):
        (base / name / "proc/net").mkdir(parents=True)
        (base / name / "capture.json").write_text(description)
        yield base / name
    (base / "bare").mkdir()
    yield base / "bare"
    cut = base / "cut-dump"
    for path, content in unpacked(whole):
        (cut / path).parent.mkdir(parents=True, exist_ok=True)
        (cut / path).write_bytes(content[:1001] if path == "netlink/0" else content)
    yield cut
    yield base / "absent"


def _forms(base: Path) -> Iterator[Path]:
    """Make the same snapshot a folder and archives."""
    contents = unpacked((PACKED / "sockets.txt").read_bytes())
    for path, content in contents:
        (base / "folder" / path).parent.mkdir(parents=True, exist_ok=True)
        (base / "folder" / path).write_bytes(content)
    yield base / "folder"
    for name, mode in (("made.tar", "w"), ("made.tgz", "w:gz"), ("made.tar.xz", "w:xz")):
        with tarfile.open(base / name, mode) as archive:  # type: ignore[call-overload]
            for path, content in contents:
                member = tarfile.TarInfo(f"around/{path}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        yield base / name


def offline(snapshots: Snapshots) -> Iterator[Case]:
    """All cases that need nothing but snapshots."""
    for name, path in snapshots.packed.items():
        yield from _displays(name, path)
        yield from (_shown("where", name, path, one) for one in WHERE)
    for place, (name, path) in enumerate(snapshots.trees.items()):
        yield from islice(_displays(name, path), place % SAMPLE, None, SAMPLE)
        yield from (_shown("where", name, path, one) for one in WHERE[place % SAMPLE :: SAMPLE])
    for name in RICH:
        yield from (_shown("matrix", name, snapshots.all[name], one) for one in matrix())
    for name, path in snapshots.packed.items():
        yield from (_shown("record", name, path, one) for one in RECORDED)
    for name in (*WITH_NAMESPACES, "netlink/sockets"):
        yield from (_shown("namespaces", name, snapshots.all[name], one) for one in NAMESPACES)
    yield from _some(snapshots)
    yield from _alone()
    yield from _python(snapshots)


def matrix() -> list[Arguments]:
    """All options of the sockets displays."""
    lists = (option_matrix.PROTOCOLS, option_matrix.COLUMNS, option_matrix.FAMILIES, option_matrix.NAMES)
    return [*(one for some in lists for one in some), *option_matrix.SPELLINGS]


def _displays(name: str, path: Path) -> Iterator[Case]:
    for display in DISPLAYS:
        modes = [*TEXT_MODES, *(("--json", *mode) for mode in JSON_MODES), *OTHER_FORMATS]
        modes += NAMESPACE_MODES if name in WITH_NAMESPACES else []
        yield from (_shown("displays", name, path, (*display, *mode)) for mode in modes)


def _some(snapshots: Snapshots) -> Iterator[Case]:
    """What is tried on some snapshots: forms, what is broken, repeated reports, standard input."""
    few = {name: snapshots.all[name] for name in ("netlink/sockets", "netlink/namespaces", "captures/misc-a-6.1")}
    for name, path in {**snapshots.broken, **snapshots.forms}.items():
        for options in split("-an", "--json -anp", "--tables all --ndjson", "--format facts", "-an --all-netns"):
            yield _shown("forms", name, path, options)
    for name, path in few.items():
        yield from (_shown("repeated", name, path, one) for one in REPEATED)
        yield from (_shown("record", name, path, one) for one in RECORDED_FORMS)
        yield from (_shown("program", name, path, one, program="netstat") for one in ENVIRONED)
    for arguments, program in product(option_matrix.REFUSED, ("pynetstat", "netstat")):
        path = snapshots.trees["examples/sock"]
        yield _shown("refused", f"{program} examples/sock", path, arguments, program=program)
    for path in (snapshots.packed["netlink/owners"], snapshots.broken["cut"], snapshots.forms["made.tgz"]):
        yield _shown("stdin", path.name, Path("-"), ("-tanp",), stdin=str(path))


def _alone() -> Iterator[Case]:
    """What needs no snapshot, and reads nothing of this machine either."""
    for arguments in ALONE:
        for program in ("pynetstat", "netstat"):
            given = {"arguments": list(arguments), "program": program}
            if arguments not in READING or program == "pynetstat":
                yield Case("alone", f"{program} {' '.join(arguments)}", "run", given)


READING = frozenset(one for one in ALONE if one[0] == "capture")
"""A command of pynetstat only: netstat takes its name for a delay."""


def _python(snapshots: Snapshots) -> Iterator[Case]:
    for name, path in snapshots.all.items():
        for query in QUERIES:
            yield Case("collect", f"{name} {query}", "collect", {"snapshot": str(path), "query": query})
        for options in FACTS:
            given = {"snapshot": str(path), "options": options, "keep": "sockets" in options}
            yield Case("gather", f"{name} {options}", "gather", given)
    yield Case("plan", "everything", "plan", {})
    yield from (Case("plan", f"query {query}", "plan", {"query": query}) for query in QUERIES)
    yield from (Case("plan", f"facts {options}", "plan", {"options": options}) for options in FACTS)
    yield from _collection(snapshots)


def _collection(snapshots: Snapshots) -> Iterator[Case]:
    for name, path in snapshots.packed.items():
        for kind, lists in (("parse", [*FACTS, {"tabels": []}, {"where": 7}]), ("task", TASKS)):
            for options in lists:
                yield Case(kind, f"{name} {options}", kind, {"snapshot": str(path), "options": options})
        for table, expression in EXPRESSIONS:
            given = {"snapshot": str(path), "table": table, "expression": expression}
            yield Case("where filter", f"{name} {table}: {expression}", "where", given)
        for arguments in ASKED:
            given = {"snapshot": str(path), "arguments": arguments}
            yield Case("listening_on", f"{name} {arguments}", "listening_on", given)
        for (other, baseline), options in product(snapshots.packed.items(), DRIFTS):
            given = {"snapshot": str(path), "baseline": str(baseline), "options": options}
            yield Case("drift", f"{name} since {other} {options}", "drift", given)
    for name, path in snapshots.broken.items():
        if path.is_file():
            yield Case("parse", f"{name} {{}}", "parse", {"snapshot": str(path), "options": {}})
    given = {"snapshot": str(snapshots.packed["netlink/owners"]), "options": {}, "cut": 200}
    yield Case("parse", "netlink/owners cut", "parse", given)


def _shown(group: str, name: str, path: Path, arguments: Arguments, **given: Any) -> Case:
    return Case(
        group,
        f"{name} {' '.join(arguments)}".strip(),
        "run",
        {"arguments": ["--from", str(path), *arguments], **given},
    )


def live() -> Iterator[Case]:
    """What reads the kernel, in namespaces where nothing happens meanwhile."""
    for options in split(
        *(
            "-an",
            "-anp",
            "-tulnp",
            "-xanp",
            "-rn",
            "-6rn",
            "-ian",
            "-gn",
            "-Mn",
            "--neighbours",
            "-anp --source procfs",
        ),
        *("-a", "-tan --netns red", "-tan --netns ghost", "-tanp --all-netns", "-anp --who --all-netns"),
        "--tables sockets,routes,interfaces,groups -anp",
    ):
        for output in ((), ("--json",), ("--ndjson",), ("--format", "facts-local")):
            arguments = [*options, *output]
            yield Case("live", " ".join(arguments), "run", {"arguments": arguments})
        for target in ("made.txt", "made.tar.gz"):
            arguments = ["capture", target, *options]
            yield Case("live", " ".join(arguments), "run", {"arguments": arguments})
            arguments = [*options, "--record", target]
            yield Case("live", " ".join(arguments), "run", {"arguments": arguments})
