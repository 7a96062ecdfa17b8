"""What came of a case in one tree, and in what two of them differ."""

from __future__ import annotations

import difflib
import json
import re
import sys
from typing import TYPE_CHECKING, NamedTuple

from netstat_core.plugin import align4

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

OUT, ERR = "stdout", "stderr"
SHOWN_LINES = 24
LONGEST_LINE = 240


class Case(NamedTuple):
    """One thing both trees do: `kind` is a function of `worker.py`, `given` what it is given."""

    group: str
    name: str
    kind: str
    given: dict[str, object]


class Outcome(NamedTuple):
    """What a case gave: its status, what it wrote to which stream in what order, and the files it made."""

    status: str
    writes: tuple[tuple[str, bytes], ...]
    files: tuple[tuple[str, bytes], ...] = ()

    def stream(self, name: str) -> bytes:
        """All that was written to one of the streams."""
        return b"".join(content for stream, content in self.writes if stream == name)


def merged(writes: Iterable[tuple[str, bytes]]) -> tuple[tuple[str, bytes], ...]:
    """Writes with neighbours of one stream joined: in how many parts something is written makes no difference."""
    found: list[tuple[str, bytes]] = []
    for stream, content in writes:
        if not content:
            continue
        if found and found[-1][0] == stream:
            found[-1] = (stream, found[-1][1] + content)
        else:
            found.append((stream, content))
    return tuple(found)


def differing(base: Outcome, head: Outcome) -> list[str]:
    """The aspects in which two outcomes differ; the order of the streams counts where each of them is the same."""
    aspects = {
        "status": base.status != head.status,
        OUT: base.stream(OUT) != head.stream(OUT),
        ERR: base.stream(ERR) != head.stream(ERR),
        "files": base.files != head.files,
    }
    found = [aspect for aspect, differs in aspects.items() if differs]
    return found or (["order"] if merged(base.writes) != merged(head.writes) else [])


def told(base: Outcome, head: Outcome) -> list[str]:
    """A short unified diff of all that two outcomes hold."""
    lines = difflib.unified_diff(_lines(base), _lines(head), "base", "head", n=1, lineterm="")
    found = [line[:LONGEST_LINE] for line in lines]
    more = len(found) - SHOWN_LINES
    return found if more <= 0 else [*found[:SHOWN_LINES], f"... {more} lines more"]


def _lines(outcome: Outcome) -> list[str]:
    found = [f"status {outcome.status}"]
    for stream, content in merged(outcome.writes):
        found += [f"{stream}: {line}" for line in _split(content)]
    for name, content in outcome.files:
        found += [f"{name}: {line}" for line in _split(content)]
    return found


def _split(content: bytes) -> list[str]:
    """Lines; those of JSON in one piece are cut where values end."""
    lines = content.decode("utf-8", "backslashreplace").split("\n")
    return [
        part for line in lines for part in (line if len(line) < LONGEST_LINE else line.replace(",", ",\n")).split("\n")
    ]


def replaced(outcome: Outcome, pattern: bytes, by: bytes) -> Outcome:
    """The outcome with a pattern replaced in all that was written."""
    writes = merged(outcome.writes)
    return outcome._replace(
        writes=tuple((stream, re.sub(pattern, by, content)) for stream, content in writes),
        files=tuple((name, re.sub(pattern, by, content)) for name, content in outcome.files),
    )


def time_of_capture(case: Case, side: str, outcome: Outcome) -> Outcome:
    """The time of what is read of the running machine is another one at each run."""
    if case.group != "live":
        return outcome
    return replaced(outcome, rb'("captured_at": ?)"[^"]*"', rb'\1"then"')


def number_of_request(case: Case, side: str, outcome: Outcome) -> Outcome:
    """Netlink messages hold the number of their request and of its sender, which is drawn anew each time."""
    if case.group != "live":
        return outcome
    files = ((name, _unnumbered(content) if "netlink/" in name else content) for name, content in outcome.files)
    return outcome._replace(files=tuple(files))


def work_of_machine(case: Case, side: str, outcome: Outcome) -> Outcome:
    """Captures hold all of /proc/stat, which counts what the processors do."""
    if case.group != "live":
        return outcome
    files = (
        (name, _start_of_machine(content) if name.endswith("proc/stat") else content) for name, content in outcome.files
    )
    return outcome._replace(files=tuple(files))


def _start_of_machine(content: bytes) -> bytes:
    return b"".join(line for line in content.splitlines(keepends=True) if line.startswith(b"btime "))


def _unnumbered(framed: bytes) -> bytes:
    """Datagrams behind their lengths, with zeros as the numbers of each message."""
    content = bytearray(framed)
    start = end = 0
    while start < len(content):
        if start == end:
            end = start + 4 + int.from_bytes(content[start : start + 4], "big")
            start += 4
            continue
        content[start + 8 : start + 16] = bytes(8)
        start += max(align4(int.from_bytes(content[start : start + 4], sys.byteorder)), 16)
    return bytes(content)


def time_between(case: Case, side: str, outcome: Outcome) -> Outcome:
    """The time between two reports, and rates by it, are others at each run."""
    if "--delta" not in case.name:
        return outcome
    return replaced(outcome, rb'("(?:interval_seconds|elapsed_seconds|per_second|seconds)": ?)[0-9.e-]+', rb"\g<1>0")


def halves_of_sctp(case: Case, side: str, outcome: Outcome) -> Outcome:
    """SCTP's endpoints and associations no longer need each other: where one file is missing, the others are tried."""
    if case.group != "record" and "--record" not in case.name:
        return outcome
    if case.name.endswith("--record -"):  # packed text; files of other cases show what is in it
        return replaced(outcome, rb"netstat-capture/1:\S+", b"packed")
    asked = rb'\{"path": ?"/proc/net/sctp6?/(?:eps|assocs)"\},? ?'
    failed = rb'"/proc/net/sctp6?/(?:eps|assocs)": ?\[[^\]]*\],? ?'
    return replaced(replaced(outcome, asked, b""), failed, b"")


def formats_as_plugins(case: Case, side: str, outcome: Outcome) -> Outcome:
    """The built-in formats are plugins, which `--plugins` lists with their distribution."""
    if "--plugins" not in case.name:
        return outcome
    return replaced(outcome, rb"(?m)^(?:(?:json|facts) \(|  format ).*\n", b"")


def errors_name_fields(case: Case, side: str, outcome: Outcome) -> Outcome:
    """What Python callers are told names the query's fields, and a command line puts a colon behind its option."""
    outcome = outcome._replace(status=outcome.status.replace("UsageError: --", "UsageError: "))
    return replaced(outcome, rb"--netns '", b"--netns: '")


def refusals_come_first(case: Case, side: str, outcome: Outcome) -> Outcome:
    """What cannot be served is refused before the first byte, and before other complaints."""
    if outcome.status != "3":
        return outcome
    last = outcome.stream(ERR).splitlines(keepends=True)[-1:]
    return outcome._replace(writes=tuple((ERR, line) for line in last))


def namespaces_are_recorded(case: Case, side: str, outcome: Outcome) -> Outcome:
    """`--record` keeps other network namespaces, which it refused."""
    is_about_it = "--record" in case.name and "netns" in case.name
    return Outcome("recorded", ()) if is_about_it else outcome


def query_says_what_is_asked(case: Case, side: str, outcome: Outcome) -> Outcome:
    """The published query holds what is asked, in fewer fields, and nothing of how text looks."""
    outcome = replaced(outcome, rb'"query":\{.*?\},"tables":', b'"tables":')
    return replaced(outcome, rb'(?s)\n "query": \{.*?\n \},', b"")


def route_cache_is_a_table(case: Case, side: str, outcome: Outcome) -> Outcome:
    """Cached routes are a table of their own, and its readers say nothing of other tables.

    They took part in each report of routes without reading anything: facts claimed families that nobody had read, and
    structured reports opened the table of routes before its first complaint.
    """
    if _is_of_cache(case) or "families_in_order" in case.name:  # which is the command line's now
        return Outcome("other tables", ())
    outcome = outcome._replace(status=outcome.status.replace("route_cache, ", ""))
    outcome = replaced(outcome, rb"(known: [^\n]*)route_cache, ", rb"\1")
    outcome = replaced(outcome, rb"table route_cache,", b"table routes,")
    if _makes_facts(case):
        return replaced(outcome, rb'(?s),?\s*"families": ?(?:\[[^\]]*\]|\{\})', b"")
    is_structured = b'"routes":[' in outcome.stream(OUT)
    ordered = ((OUT, outcome.stream(OUT)), (ERR, outcome.stream(ERR)))
    return outcome._replace(writes=ordered) if is_structured else outcome


def _is_of_cache(case: Case) -> bool:
    """Whether a case asks for cached routes otherwise than as text."""
    is_text = case.group != "collect" and not any(word in case.name for word in ("json", "facts"))
    return not is_text and any(word in case.name for word in ("-rC", "-rnC", "rnC", "rFC", "'cache'"))


def _makes_facts(case: Case) -> bool:
    return case.group in ("gather", "parse", "task", "drift", "listening_on") or "facts" in case.name


def associations_do_not_listen(case: Case, side: str, outcome: Outcome) -> Outcome:
    """An SCTP association of a socket that listens was said to listen too, where /proc told of it."""
    before = rb'("protocol":\s?"sctp",(?:(?!"listening"|"kind").)*"listening":\s?)true'
    behind = rb'((?:(?!"remote_addresses"|"kind").)*"remote_addresses":\s?\[)'
    if "sctp-a" in case.name and "--format facts" in case.name:  # facts of what is connected had it
        outcome = replaced(outcome, rb'"sctp/2905":\{[^{}]*\}', b"")
    return replaced(outcome, b"(?s)" + before + behind, rb"\1false\2")


def sockets_have_common_fields(case: Case, side: str, outcome: Outcome) -> Outcome:
    """Records of sockets of all families end with what they lacked of the fields that sockets have in common."""
    of_unix = rb'"family":\s?"unix",\s*(?="(?:kind|processes|network_namespace)":)'
    protocol = rb'"protocol":\s?"(?:ax25|ddp|ipx|netrom|rose|x25)",\s*'
    if case.group == "alone" and case.name.endswith((".socket", "--schema")):  # the order of fields in schemas
        return Outcome("schema of sockets", ())
    of_legacy = protocol + rb'"listening":\s?(?:true|false),\s*"(?:uid|inode)":\s?null,\s*'
    if case.group == "where filter":  # which names the fields of UNIX sockets
        status = outcome.status.replace("known: abstract, backlog, family, flags,", "known: abstract, backlog, flags,")
        outcome = outcome._replace(status=status)
    return replaced(replaced(outcome, of_unix, b""), of_legacy, b"")


def readers_say_what_listens(case: Case, side: str, outcome: Outcome) -> Outcome:
    """Python callers and kinds without a text go by the rule of the reader, where netstat's rules were taken."""
    by_reader = case.group == "collect" and "'show'" in case.name
    if by_reader or "--icmp" in case.name:
        return Outcome("by reader", ())
    ping = (
        rb'(?s),?\n?\{"family":"inet6?","protocol":"icmp",.*?"network_namespace":(?:null|\{[^}]*\}),'
        rb'"processes":(?:null|\[(?:[^][]|\[[^][]*\])*\])\}'
    )
    outcome = replaced(outcome, ping, b"")
    outcome = replaced(outcome, rb'("icmp":\{)"CLOSE":[0-9]+,?', rb"\1")  # in the totals of facts
    return replaced(outcome, rb'"icmp":\{\},?', b"")


def plugins_tell_families(case: Case, side: str, outcome: Outcome) -> Outcome:
    """The list of plugins has the families of each reader, and the help the option for budgets."""
    if case.group != "alone":
        return outcome
    outcome = replaced(outcome, rb"(?m)^ *--plugin-budget .*\n(?: {20,}.*\n)*", b"")
    return replaced(outcome, rb"(?m)^(  [\w.-]+: table \w+), families [\w, ]+(?=, [\w.]+ 1, feeds)", rb"\1")


def interfaces_in_the_kernels_order(case: Case, side: str, outcome: Outcome) -> Outcome:
    """Only text has interfaces in netstat's order; records come as the kernel gives them."""
    content = outcome.stream(OUT)
    if case.group == "where" and "-i" in case.name:
        return Outcome("aliases behind interfaces that a filter hides", ())
    if case.group == "repeated" and "-i" in case.name and "--json" in case.name:
        return Outcome("documents behind each other", ())
    if b'"interface' not in content and b'"interface' not in b"".join(text for _, text in outcome.files):
        return outcome
    if "--redact" in case.name:  # made-up names are given in the order of records
        return Outcome("redacted interfaces", ())
    return outcome._replace(
        writes=((OUT, _in_any_order(content)), (ERR, outcome.stream(ERR))),
        files=tuple((name, _in_any_order(text)) for name, text in outcome.files),
    )


def _in_any_order(text: bytes) -> bytes:
    """A document with its keys sorted, or where it is none its lines, but for the commas behind them."""
    try:
        return json.dumps(_sorted(json.loads(text)), sort_keys=True).encode()
    except ValueError:
        return b"\n".join(
            sorted(line.rstrip(b",") for line in text.replace(b"[{", b"[\n{").replace(b"}]", b"}\n]").split(b"\n"))
        )


def _sorted(value: object) -> object:
    """Plain data with its lists of interfaces sorted."""
    if isinstance(value, dict):
        return {name: _sorted(one) for name, one in value.items()}
    if not isinstance(value, list):
        return value
    return sorted(value, key=json.dumps) if any('"interface"' in json.dumps(one) for one in value) else value


def readers_say_what_they_read(case: Case, side: str, outcome: Outcome) -> Outcome:
    """Families that netstat accepts and nobody reads are unknown to callers, and statistics have none of them."""
    outcome = outcome._replace(status=re.sub(r"known: [a-z0-9, ]*ax25, [a-z0-9, ]*", "known: families", outcome.status))
    return replaced(outcome, rb"known: [a-z0-9, ]*ax25, [a-z0-9, ]*", b"known: families")


def text_reads_what_it_shows(case: Case, side: str, outcome: Outcome) -> Outcome:
    """Text does not read what it has no rows of, and routes of a narrower snapshot are told as all the rest is."""
    missing = rb"(?m)^(?:pynetstat: )?(/proc/net/\S+): not recorded in this snapshot\n"
    found = re.findall(missing, outcome.stream(ERR))
    if found and re.search(r"routes|tables all|-\w*r", case.name):
        return Outcome("routes of a narrower snapshot", ())
    if case.group in {"record", "live"}:
        kept = (one for one in outcome.files if not one[0].endswith(("proc/net/icmp", "proc/net/icmp6")))
        files = tuple((name, re.sub(rb',?\{"path":"/proc/net/icmp6?"\}', b"", text)) for name, text in kept)
        outcome = outcome._replace(files=files)
    return replaced(outcome, rb"pynetstat: /proc/net/icmp6?: not recorded in this snapshot\n", b"")


def legacy_sockets_listen(case: Case, side: str, outcome: Outcome) -> Outcome:
    """Facts hold the legacy sockets that listen where only those are asked for."""
    is_of_legacy = case.group in {"gather", "parse", "task"} and "legacy" in case.name
    return Outcome("legacy sockets", ()) if is_of_legacy and "'all'" not in case.name else outcome


def requests_are_shared(case: Case, side: str, outcome: Outcome) -> Outcome:
    """A file that two readers fall back on is read where either lacks what it prefers."""
    return (
        replaced(outcome, rb'("route/multicast_vifs"),\s*"route/multicast"', rb"\1")
        if case.group == "plan"
        else outcome
    )


_TEXT = rb'"(?:[^"\\]|\\.)*"'
_LIST = rb'\[(?:[^][{}"]|' + _TEXT + rb"|\{(?:[^{}\"]|" + _TEXT + rb"|\{[^{}]*\})*\})*\]"
"""A list of texts, or of objects that hold no lists."""


def doubt_is_data(case: Case, side: str, outcome: Outcome) -> Outcome:
    """Gaps and problems say in fields what stood in texts: what they are about, attempts, errno, codes."""
    outcome = replaced(outcome, rb'"attempts":\s?' + _LIST + rb",\s*", b"")
    outcome = replaced(outcome, rb'("reason":\s?"[a-z_]+",\s*)"about":\s?"[a-z]+",\s*', rb"\1")
    outcome = replaced(outcome, rb'"selector":\s?(?:null|' + _TEXT + rb"),\s*", b"")
    outcome = replaced(outcome, rb'"errno":\s?(?:null|[0-9]+),\s*(?="table")', b"")
    outcome = replaced(outcome, rb'"code":\s?' + _TEXT + rb',\s*"field":\s?(?:null|' + _TEXT + rb"),\s*", b"")
    return replaced(outcome, rb'\{\s*"about":\s?"[a-z]+",\s*"text":\s?(' + _TEXT + rb")\s*\}", rb"\1")


def same_in_many_namespaces(case: Case, side: str, outcome: Outcome) -> Outcome:
    """What is missing alike in many network namespaces is told once, with all of them."""
    outcome = replaced(outcome, rb'("network_namespace":\s?(?:null|\{[^}]*\})),\s*"network_namespaces":\s?null', rb"\1")
    if "netns" not in case.name and "namespaces" not in case.name:
        return outcome
    outcome = replaced(outcome, rb'"network_namespace":\s?null,\s*"network_namespaces":\s?' + _LIST, b"")
    if "--redact" in case.name:  # names are numbered as they are met
        outcome = replaced(outcome, rb'"name":\s?"name[0-9]+"', b'"name": "name"')
    return replaced(outcome, rb'"completeness":\s?' + _LIST, b'"completeness": []')


def arguments_are_asked_for(case: Case, side: str, outcome: Outcome) -> Outcome:
    """Records, facts and captures have of a command line the first argument alone, unless arguments are asked for.

    Facts, tasks and plans have an option for it, as the command line has; made-up names are given to fewer values.
    """
    if "--redact" in case.name and b'"command":[' in outcome.stream(OUT):
        return Outcome("redacted arguments", ())
    files = (
        (name, _first_argument(content) if name.endswith("/cmdline") else content) for name, content in outcome.files
    )
    outcome = outcome._replace(
        files=tuple(files), status=re.sub(r"(has no option .*, who), arguments", r"\1", outcome.status)
    )
    outcome = replaced(outcome, rb"(?m)^ +--arguments .*\n", b"")
    text = rb'"(?:[^"\\]|\\.)*"'
    outcome = replaced(outcome, rb'("command": ?\[\s*' + text + rb")(?:,\s*" + text + rb")*\s*\]", rb"\1]")
    outcome = replaced(outcome, rb'"arguments": ?(?:true|false),\s*', b"")
    return replaced(outcome, rb'"description": ?"(?:Arguments|Command line) of the process [^"]*"', b'"command"')


def _first_argument(command: bytes) -> bytes:
    return command.partition(b"\0")[0]


_OUR_WORDS = (
    (rb'("detail":\s?)"(?:[^"\\]|\\.)*"', rb'\1""'),
    (rb'("reason":\s?)"(?:[^"\\]|\\.)* (?:[^"\\]|\\.)*"', rb'\1""'),
    (rb'("(?:incomplete_because|doubts)":\s?\[)[^\]]*\]', rb"\1]"),
    (rb"(the baseline does not )tell( all of them)", rb"\1show\2"),
    (rb"(?m)^netstat: this snapshot holds one network namespace; .*$", b""),
    (rb"(?m)^(pynetstat(?: capture)?: ).*$", rb"\1"),
)


def messages_in_plain_words(case: Case, side: str, outcome: Outcome) -> Outcome:
    """What messages of our own, help and meanings of fields say; where there is one, and netstat's words, stay."""
    if case.group == "alone" or "--help" in case.name:
        return Outcome(outcome.status.partition(":")[0], ())
    for pattern, by in _OUR_WORDS:
        outcome = replaced(outcome, pattern, by)
    files = ((name, content.replace(b"or with less in it", b"or only in part")) for name, content in outcome.files)
    return outcome._replace(status=outcome.status.partition(":")[0], files=tuple(files))


def nobody_needs_proof(case: Case, side: str, outcome: Outcome) -> Outcome:
    """Nobody holds a socket only where that is proven, captures keep the proof, and drift goes by entries."""
    if case.group == "drift":
        return Outcome("holders of listeners", ())
    if case.group == "live" and "--all-netns" in case.name:  # files in /run/netns that are no namespaces are told
        outcome = outcome._replace(writes=((OUT, outcome.stream(OUT)),))
    outcome = replaced(outcome, rb'"processes":(\s?)\[\]', rb'"processes":\1null')
    outcome = replaced(outcome, rb',?\s*\{[^{}]*"/proc/PID/fd"[^{}]*\}', b"")
    if _makes_facts(case):
        outcome = replaced(outcome, rb'"owners":(\s?)"all"', rb'"owners":\1"some"')
        outcome = replaced(outcome, rb'"complete":(\s?)true', rb'"complete":\1false')
    proof = rb'"(?:error|failed|initial|privileged|processes)":(?:null|true|false|[0-9]+|\[[^\]]*\]),'
    files = ((name, re.sub(proof, b"", text) if name == "capture.json" else text) for name, text in outcome.files)
    return outcome._replace(files=tuple(files))


_NEW_LANGUAGE = ("&&", "||", "!(", ".exists(", ".matches(", ".contains(", ".startsWith(", "size(", "in_prefix(")


def filters_in_another_language(case: Case, side: str, outcome: Outcome) -> Outcome:
    """Filters are written in a part of CEL; what only it can say has no counterpart before."""
    is_filter = "where" in case.group or "--where" in case.name
    return Outcome("filter", ()) if is_filter and any(word in case.name for word in _NEW_LANGUAGE) else outcome


NORMALISERS: dict[str, Callable[[Case, str, Outcome], Outcome]] = {
    "time_of_capture": time_of_capture,
    "number_of_request": number_of_request,
    "work_of_machine": work_of_machine,
    "time_between": time_between,
    "halves_of_sctp": halves_of_sctp,
    "formats_as_plugins": formats_as_plugins,
    "errors_name_fields": errors_name_fields,
    "refusals_come_first": refusals_come_first,
    "namespaces_are_recorded": namespaces_are_recorded,
    "query_says_what_is_asked": query_says_what_is_asked,
    "route_cache_is_a_table": route_cache_is_a_table,
    "readers_say_what_listens": readers_say_what_listens,
    "associations_do_not_listen": associations_do_not_listen,
    "sockets_have_common_fields": sockets_have_common_fields,
    "arguments_are_asked_for": arguments_are_asked_for,
    "plugins_tell_families": plugins_tell_families,
    "readers_say_what_they_read": readers_say_what_they_read,
    "text_reads_what_it_shows": text_reads_what_it_shows,
    "requests_are_shared": requests_are_shared,
    "legacy_sockets_listen": legacy_sockets_listen,
    "doubt_is_data": doubt_is_data,
    "same_in_many_namespaces": same_in_many_namespaces,
    "messages_in_plain_words": messages_in_plain_words,
    "nobody_needs_proof": nobody_needs_proof,
    "filters_in_another_language": filters_in_another_language,
    "interfaces_in_the_kernels_order": interfaces_in_the_kernels_order,
}
"""What is made equal before outcomes are compared, by name.

Each gets the case, the side (`base` or `head`) and the outcome, and says in its first line what differs on purpose. One
that is for some cases gives the others back as they are.
"""


def normalised(
    case: Case,
    side: str,
    outcome: Outcome,
    normalisers: Mapping[str, Callable[[Case, str, Outcome], Outcome]] = NORMALISERS,
) -> Outcome:
    """The outcome as it is compared."""
    for normalise in normalisers.values():
        outcome = normalise(case, side, outcome)
    return outcome
