"""Answers from facts: whether something listens, or that the facts cannot tell.

What was seen is proof by itself. That nothing is there needs facts that cover the place where it would be.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from netstat_core.errors import NetstatError, UsageError
from netstat_core.escape import encode_text, escape, unescape
from netstat_core.facts.sanitise import safe_text
from netstat_core.facts.schema import FACTS_SCHEMA

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Place = Mapping[str, Any]
"""Facts of a machine, or of one of its network namespaces."""

LONGEST_NAME = 15
"""Bytes of its name that the kernel keeps for a process: systemd-resolved is systemd-resolve."""

HIGHEST_PORT = 0xFFFF
_MOST_DIGITS = 9
_PARTIAL = re.compile(r"(\\x[0-9a-f]{2}){1,3}\Z")
"""Bytes at the end of a name that may be the first ones of a character."""

_WITHOUT_PORTS = ("unix", "icmp", "icmp6")
LONGEST_QUOTED = 120


class NotSeen(NetstatError):
    """The facts cannot tell: what the question is about was not gathered, or could not be read."""


def listening_on(facts: Any, port: str | int, address: str | None = None, process: str | None = None) -> bool:
    """Whether something listens on a port: ``tcp/22``, ``udp/53``, or ``22`` for TCP.

    With ``address`` whether what is sent to that address arrives there: a listener on a wildcard address serves all
    addresses of its IP version, one on ``::`` those of IPv4 too unless it is v6-only. ``0.0.0.0`` and ``::`` ask for
    a listener on all addresses. With ``process`` whether one of this name holds it, or one whose name matches a
    pattern such as ``postgres*``.

    Raises NotSeen where the facts cannot tell, UsageError for what are no facts, no port, no address or no name.
    """
    place = checked_facts(facts)
    protocol, key = _port(port, place)
    if process is not None and (not isinstance(process, str) or not process):
        raise UsageError(f"a process is a name or a pattern of names, and not {brief(process)}")
    wanted = None if address is None else _address(address)
    sockets = [one for one in sockets_of(place, key) if wanted is None or _serves(one, wanted)]
    if any(process is None or _is_held_by(one, process) for one in sockets):
        return True
    _require_sockets(place, protocol, wanted, f"whether anything listens on {key}")
    for one in sockets:
        _require_owners(place, one, process, f"whether {safe_text(str(process))} holds {key}")
    return False


def checked_facts(facts: Any, what: str = "facts") -> Place:
    """The facts of a machine or namespace, taken out of a task's result if need be; UsageError for anything else."""
    if not isinstance(facts, Mapping):
        hint = "; text wants the filter from_json" if isinstance(facts, str) else ""
        raise UsageError(f"the {what} are no netstat facts but of type {type(facts).__name__}{hint}")
    if facts.get("failed"):
        raise UsageError(f"the {what} are the result of a task that failed: {brief(facts.get('msg'))}")
    for wrapping in ("ansible_facts", "netstat"):
        if isinstance(facts.get(wrapping), Mapping):
            return checked_facts(facts[wrapping], what)
    if facts.get("schema", FACTS_SCHEMA) != FACTS_SCHEMA:
        raise UsageError(f"the {what} are {brief(facts['schema'])}, and only {FACTS_SCHEMA} is known here")
    if not isinstance(facts.get("covers"), Mapping):
        raise UsageError(f"the {what} are no netstat facts: they do not say what they cover")
    if not all(_is_reason(one) for one in _reasons_in(facts)):
        raise UsageError(f"the {what} are of an older form, which says in mere texts what is missing: gather them anew")
    return facts


def _reasons_in(facts: Mapping[str, Any]) -> list[Any]:
    """Why facts are incomplete."""
    found = facts.get("incomplete_because", [])
    if not isinstance(found, list):
        raise UsageError("the facts are damaged: incomplete_because is not a list")
    return found


def _is_reason(one: Any) -> bool:
    return isinstance(one, Mapping) and isinstance(one.get("about"), str) and isinstance(one.get("text"), str)


def mapping_at(place: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The mapping of mappings under a key of facts, empty where the key is absent; null stands for an absent entry."""
    found = place.get(key, {})
    if not isinstance(found, Mapping) or not all(one is None or isinstance(one, Mapping) for one in found.values()):
        raise UsageError(f"the facts are damaged: {safe_text(str(key))} is not what it should be")
    return found


def texts_at(entry: Mapping[str, Any], key: str) -> list[str]:
    """The list of texts under a key of facts, empty where the key is absent."""
    found = entry.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise UsageError(f"the facts are damaged: {safe_text(str(key))} is not a list of texts")
    return found


def reasons(place: Place, *, of_owners: bool = False) -> str:
    """Why facts are incomplete, as the end of a sentence: in what they show, or in who is behind it."""
    told = [safe_text(one["text"]) for one in _reasons_in(place) if (one["about"] == "owners") is of_owners]
    more = f" (and {len(told) - 1} further reasons)" if len(told) > 1 else ""
    return f"; the facts say: {told[0]}{more}" if told else ""


def _require_sockets(place: Place, protocol: str, wanted: Address | None, question: str) -> None:
    """Raise NotSeen unless all sockets of a protocol were gathered that could be what is asked for."""
    covers = place["covers"]
    if "listening" not in place:
        raise _not_seen(question, f"no sockets were gathered; ask for the table sockets{reasons(place)}")
    if covers.get("where") is not None:
        raise _not_seen(question, f"the facts hold only what matches {brief(covers['where'])}; gather without where")
    covered = texts_at(covers, "protocols")
    if protocol not in covered:
        covered_now = ", ".join(covered) or "no protocol"
        raise _not_seen(question, f"the facts cover {covered_now}, and {protocol} not, or not whole{reasons(place)}")
    # what listens on an IPv6 address may serve IPv4, and never the other way round
    families = {"inet6"} if wanted is not None and wanted.version == 6 else {"inet", "inet6"}  # noqa: PLR2004
    if missing := sorted(families.difference(texts_at(covers, "families"))) if "families" in covers else []:
        raise _not_seen(question, f"the facts cover no sockets of {missing[0]}; ask for both inet and inet6")


def _require_owners(place: Place, socket: Mapping[str, Any], process: str | None, question: str) -> None:
    """Raise NotSeen where a process that was not seen, or one whose name was cut, may be the one asked for."""
    if place["covers"].get("owners") != "all":
        why = "not all processes could be looked into; gather as root (become)"
        raise _not_seen(question, f"{why}{reasons(place, of_owners=True)}")
    if socket.get("owner_seen") is not True:
        why = "the kernel has it for itself, or processes out of sight do, as of another PID namespace"
        raise _not_seen(question, f"nobody was seen to hold it: {why}")
    cut = [name for name in texts_at(socket, "processes") if process is not None and _may_go_on_as(name, process)]
    if cut:
        raise _not_seen(question, f"{brief(cut[0])} may be the beginning of a longer name, which the kernel cuts")


def _not_seen(question: str, why: str) -> NotSeen:
    return NotSeen(f"{question} could not be seen: {why}")


def _port(port: Any, place: Place) -> tuple[str, str]:
    """Protocol and key of a port as people write it."""
    protocol, slash, number = str(port).strip().lower().rpartition("/")
    is_number = number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS
    if isinstance(port, bool) or not is_number or not 0 < int(number) <= HIGHEST_PORT:
        raise UsageError(f"a port is a number from 1 to 65535, written 22, tcp/22 or udp/53, and not {brief(port)}")
    if (slash and not protocol) or "/" in protocol:
        raise UsageError(f"{brief(port)} has no protocol in front of its slash")
    if protocol in {*_WITHOUT_PORTS, *texts_at(place["covers"], "families")}:
        raise UsageError(f"{protocol} has no ports to listen on; listening_on takes tcp/22 or udp/53")
    return protocol or "tcp", f"{protocol or 'tcp'}/{int(number)}"


def _address(text: Any) -> Address:
    if "%" in str(text):
        raise UsageError(f"an address is given without its zone, which facts do not hold, and not as {brief(text)}")
    try:
        return _parsed(text)
    except ValueError:
        hint = "0.0.0.0 and :: stand for all, and without address any will do"
        raise UsageError(f"an address is numeric, as 192.0.2.1 or 2001:db8::1, and not {brief(text)}; {hint}") from None


def _parsed(text: Any) -> Address:
    """An address without its zone, an IPv4-mapped one as the IPv4 one."""
    address = ipaddress.ip_address(str(text).strip().partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address


def sockets_of(place: Place, key: str) -> list[Mapping[str, Any]]:
    """What listens on a port, one mapping a socket; made of the merged ones where facts hold no others."""
    entry = mapping_at(place, "listening").get(key)
    if entry is None:
        return []
    sockets = entry.get("sockets")
    if sockets is None:
        return [{**entry, "address": address} for address in texts_at(entry, "addresses")]
    if not isinstance(sockets, list) or not all(isinstance(one, Mapping) for one in sockets):
        raise UsageError(f"the facts are damaged: sockets of {safe_text(str(key))} is not what it should be")
    return sockets


def _serves(socket: Mapping[str, Any], wanted: Address) -> bool:
    try:
        bound = _parsed(socket.get("address"))
    except ValueError:
        return False
    if bound == wanted:
        return True
    reaches = bound.version == wanted.version or (bound.version > wanted.version and socket.get("v6_only") is not True)
    return bound.is_unspecified and reaches


def _is_held_by(socket: Mapping[str, Any], process: str) -> bool:
    kept = safe_text(escape(encode_text(process)[:LONGEST_NAME]))
    return any(name in (process, kept) or fnmatchcase(name, process) for name in texts_at(socket, "processes"))


def _may_go_on_as(name: str, pattern: str) -> bool:
    """Whether the kernel may have cut a name that matches the beginning of a pattern: its end might match the rest."""
    whole = _PARTIAL.sub("", name)
    is_cut = len(unescape(name)) >= LONGEST_NAME
    return is_cut and any(fnmatchcase(whole, pattern[:end]) for end in range(len(pattern)))


def brief(value: Any) -> str:
    """Anything, for one line of a message."""
    text = safe_text(str(value))
    return f"'{text if len(text) <= LONGEST_QUOTED else text[:LONGEST_QUOTED] + '...'}'"
