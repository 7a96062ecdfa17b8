"""Test from facts whether something listens on a port.

An entry in the facts proves that something listens. Its absence proves the opposite only if the facts cover the
protocol, the families and, for a process, all owners.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from netstat_core.errors import NetstatError, UsageError
from netstat_core.escape import encode_text, escape, unescape
from netstat_core.facts.listeners import EPHEMERAL
from netstat_core.facts.sanitise import safe_text
from netstat_core.facts.schema import FACTS_SCHEMA

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Place = Mapping[str, Any]
"""The facts of a machine, or of one of its network namespaces."""

LONGEST_NAME = 15
"""Bytes of a process name that the kernel keeps (TASK_COMM_LEN): systemd-resolved is systemd-resolve."""

HIGHEST_PORT = 0xFFFF
_PORT = re.compile(
    r"(?:(?P<before>[a-z][a-z0-9_.-]*)/)?(?P<number>[0-9]{1,9})|(?P<same>[0-9]{1,9})/(?P<after>[a-z][a-z0-9_.-]*)"
)
_PARTIAL = re.compile(r"(\\x[0-9a-f]{2}){1,3}\Z")
"""Escaped bytes at the end of a name, which may be the beginning of a character that was cut."""

_WITHOUT_PORTS = ("unix", "icmp", "icmp6")
LONGEST_QUOTED = 120


class NotSeen(NetstatError):
    """The facts hold no answer, because they do not cover the subject of the question."""


class Port(NamedTuple):
    """A port of a protocol."""

    protocol: str
    number: int

    @property
    def key(self) -> str:
        """Its key in the facts, such as ``tcp/22``."""
        return f"{self.protocol}/{self.number}"


def parse_port(text: Any) -> Port:
    """Parse a port: ``tcp/22``, or ``22/tcp`` as firewalld and Docker write it; a number alone is a TCP port.

    Every port that a user writes is parsed here. Raises UsageError for anything else.
    """
    match = None if isinstance(text, bool) else _PORT.fullmatch(str(text).strip().lower())
    number = int(match["number"] or match["same"]) if match else 0
    if match is None or not 0 < number <= HIGHEST_PORT:
        raise UsageError(f"a port is a number from 1 to 65535, written 22, tcp/22, 22/tcp or udp/53, not {quote(text)}")
    return Port(match["before"] or match["after"] or "tcp", number)


def closed_on(facts: Any, port: str | int, address: str | None = None, process: str | None = None) -> bool:
    """Return whether it is certain that nothing listens on a port: the opposite of :func:`listening_on`.

    Raises NotSeen if the facts do not cover the answer, UsageError for arguments of the wrong form.
    """
    return not listening_on(facts, port, address, process)


def listening_on(facts: Any, port: str | int, address: str | None = None, process: str | None = None) -> bool:
    """Return whether something listens on a port: ``tcp/22``, ``22/tcp``, ``udp/53``, or ``22`` for TCP.

    With ``address`` the listener must be reachable at that address: a listener on a wildcard address serves all
    addresses of its IP version, one on ``::`` those of IPv4 too unless it is v6-only. ``0.0.0.0`` and ``::`` require
    a listener on all addresses. With ``process`` a process of that name must hold the listener, or one whose name
    matches a shell-style pattern such as ``postgres*``.

    Raises NotSeen if the facts do not cover the answer, UsageError for arguments of the wrong form.
    """
    place = check_facts(facts)
    wanted_port = parse_port(port)
    protocol, key = wanted_port.protocol, wanted_port.key
    _require_ports(protocol, place)
    if process is not None and (not isinstance(process, str) or not process):
        raise UsageError(f"a process is a name or a pattern, not {quote(process)}")
    wanted = None if address is None else _parse_address(address)
    served = [(socket, _serves(place, socket, wanted)) for socket in get_port_sockets(place, key)]
    sockets = [socket for socket, serves in served if serves]
    if any(process is None or _is_held_by(socket, process) for socket in sockets):
        return True
    question = f"whether anything listens on {key}"
    _require_sockets(place, protocol, wanted, question)
    for socket in sockets:
        _require_owners(place, socket, process, f"whether {safe_text(str(process))} holds {key}")
    for socket, serves in served:
        if serves is None:
            _require_other_holder(place, socket, process, question)
    return False


def check_facts(facts: Any, what: str = "facts") -> Place:
    """Return the facts of a machine or namespace, also from within a task's result.

    ``what`` names the argument in errors. Raises NotSeen for the result of a task that failed, UsageError for anything
    else.
    """
    if not isinstance(facts, Mapping):
        hint = "; parse JSON with the filter from_json" if isinstance(facts, str) else ""
        raise UsageError(f"{what}: netstat facts expected, not a value of type {type(facts).__name__}{hint}")
    if facts.get("failed"):
        raise NotSeen(f"{what}: this is the result of a task that failed: {quote(facts.get('msg'))}")
    for wrapping in ("netstat", "ansible_facts"):
        if isinstance(facts.get(wrapping), Mapping):
            return check_facts(facts[wrapping], what)
    if facts.get("schema", FACTS_SCHEMA) != FACTS_SCHEMA:
        raise UsageError(f"{what}: schema {quote(facts['schema'])} is not supported, only {FACTS_SCHEMA}")
    if not isinstance(facts.get("covers"), Mapping):
        raise UsageError(f"{what}: these are not netstat facts, because they lack covers")
    if not all(_is_reason(reason) for reason in _get_reasons(facts)):
        raise UsageError(f"{what}: incomplete_because has an older format, a list of strings; gather the facts again")
    return facts


def _get_reasons(facts: Mapping[str, Any]) -> list[Any]:
    reasons = facts.get("incomplete_because", [])
    if not isinstance(reasons, list):
        raise UsageError("the facts are damaged: incomplete_because is not a list")
    return reasons


def _is_reason(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("about"), str) and isinstance(value.get("text"), str)


def get_mapping(place: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the mapping of entries under a key of facts; empty if the key is absent. Entries are mappings or None.

    Raises UsageError for a value of another type.
    """
    entries = place.get(key, {})
    if not isinstance(entries, Mapping) or not all(
        entry is None or isinstance(entry, Mapping) for entry in entries.values()
    ):
        raise UsageError(f"the facts are damaged: {safe_text(str(key))} has the wrong type")
    return entries


def get_texts(entry: Mapping[str, Any], key: str) -> list[str]:
    """Return the list of strings under a key of facts; empty if the key is absent.

    Raises UsageError for a value of another type.
    """
    texts = entry.get(key, [])
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise UsageError(f"the facts are damaged: {safe_text(str(key))} is not a list of strings")
    return texts


def get_holders(entry: Mapping[str, Any]) -> list[str]:
    """Return the names of the processes that hold a socket; empty also if they are null, for nobody searched for them.

    Raises UsageError for a value of another type.
    """
    return [] if entry.get("processes") is None else get_texts(entry, "processes")


def format_reasons(place: Place, *, of_owners: bool = False) -> str:
    """Return why facts are incomplete, to be appended to a message; empty if they are complete.

    With ``of_owners`` only the reasons about owners, otherwise all others.
    """
    texts = [safe_text(reason["text"]) for reason in _get_reasons(place) if (reason["about"] == "owners") is of_owners]
    more = f" (and {len(texts) - 1} further reasons)" if len(texts) > 1 else ""
    return f"; the facts say: {texts[0]}{more}" if texts else ""


def _require_sockets(place: Place, protocol: str, wanted: Address | None, question: str) -> None:
    """Raise NotSeen unless the facts cover every socket of a protocol that could serve an address."""
    covers = place["covers"]
    if "listening" not in place:
        raise _make_error(question, f"no sockets were gathered; ask for the table sockets{format_reasons(place)}")
    if covers.get("where") is not None:
        raise _make_error(question, f"the facts hold only what matches {quote(covers['where'])}; gather without where")
    covered = get_texts(covers, "protocols")
    if protocol not in covered:
        names = ", ".join(covered) or "no protocol"
        raise _make_error(
            question, f"the facts cover {names}, but {protocol} not at all or not completely{format_reasons(place)}"
        )
    # A listener on :: may serve IPv4 too; a listener of IPv4 never serves IPv6.
    families = {"inet6"} if wanted is not None and wanted.version == 6 else {"inet", "inet6"}  # noqa: PLR2004
    if missing := sorted(families.difference(get_texts(covers, "families"))) if "families" in covers else []:
        raise _make_error(question, f"the facts cover no sockets of {missing[0]}; ask for both inet and inet6")


def _require_owners(place: Place, socket: Mapping[str, Any], process: str | None, question: str) -> None:
    """Raise NotSeen if a process that was not seen, or one whose name was cut, may be the one in question."""
    if place["covers"].get("owners") != "all":
        raise _make_error(question, explain_owners(place))
    if socket.get("owner_seen") is not True:
        why = "it belongs to the kernel, or to processes that cannot be seen, such as those of another PID namespace"
        raise _make_error(question, f"nobody was seen to hold it: {why}")
    cut = [name for name in get_holders(socket) if process is not None and _may_match_uncut(name, process)]
    if cut:
        raise _make_error(question, f"{quote(cut[0])} may be the beginning of a longer name, which the kernel cut")


def explain_owners(place: Place) -> str:
    """Return why facts do not show all processes: their own reasons fit who gathered them, else there is advice."""
    if place["covers"].get("owners") == "none":
        return "processes were not searched for; gather with owners"
    reasons = format_reasons(place, of_owners=True) or "; gather as root (become)"
    return f"not all processes could be looked into{reasons}"


def _require_other_holder(place: Place, socket: Mapping[str, Any], process: str | None, question: str) -> None:
    """Raise NotSeen for a socket of which it is unknown whether it serves an address, unless another process has it."""
    if process is not None and not _is_held_by(socket, process):
        _require_owners(place, socket, process, question)
        return
    device = _get_device(socket)
    why = f"a socket is bound to the device {safe_text(device)}, whose addresses the facts do not hold"
    raise _make_error(question, f"{why}; ask for the table interfaces")


def _make_error(question: str, why: str) -> NotSeen:
    return NotSeen(f"{question} could not be seen: {why}")


def _require_ports(protocol: str, place: Place) -> None:
    """Raise UsageError for a word that stands for no protocol with ports."""
    covers = place["covers"]
    if protocol in {*_WITHOUT_PORTS, *get_texts(covers, "families")}:
        raise UsageError(f"{protocol} has no ports to listen on; a port is written tcp/22 or udp/53")
    if protocol.endswith("6") and protocol[:-1] in get_texts(covers, "protocols"):
        raise UsageError(
            f"{protocol} is no protocol of its own; write {protocol[:-1]}, with an IPv6 address if need be"
        )


def _parse_address(text: Any) -> Address:
    if "%" in str(text):
        raise UsageError(f"an address is given without a zone, not as {quote(text)}; each link counts")
    try:
        return _parse_ip(text)
    except ValueError:
        hint = "0.0.0.0 and :: require all addresses, and no address accepts any"
        raise UsageError(
            f"an address is numeric, such as 192.0.2.1 or 2001:db8::1, not {quote(text)}; {hint}"
        ) from None


def _parse_ip(text: Any) -> Address:
    """Parse an address without its zone; an IPv4-mapped address becomes the IPv4 address."""
    address = ipaddress.ip_address(str(text).strip().partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address


def get_sockets(place: Place, key: str) -> list[Mapping[str, Any]]:
    """Return the sockets under a key of ``listening``, each a mapping with ``address``, ``processes`` and so on.

    An entry without ``sockets`` stands for sockets that differ only in their addresses.
    """
    entry = get_mapping(place, "listening").get(key)
    if entry is None:
        return []
    sockets = entry.get("sockets")
    if sockets is None:
        return [{**entry, "address": address} for address in get_texts(entry, "addresses")]
    if not isinstance(sockets, list) or not all(isinstance(socket, Mapping) for socket in sockets):
        raise UsageError(f"the facts are damaged: sockets of {safe_text(str(key))} has the wrong type")
    return sockets


def get_port_sockets(place: Place, key: str) -> list[Mapping[str, Any]]:
    """Return the sockets of a port as :func:`get_sockets` does, those of an assigned port too."""
    protocol, _, number = key.partition("/")
    assigned = get_sockets(place, f"{protocol}/{EPHEMERAL}")
    return [*get_sockets(place, key), *(socket for socket in assigned if str(socket.get("port")) == number)]


def _serves(place: Place, socket: Mapping[str, Any], wanted: Address | None) -> bool | None:
    """Return whether a socket receives what is sent to an address; None if that cannot be known.

    A socket that is bound to a device, such as 0.0.0.0%virbr0, counts on the addresses of this device only.
    """
    if wanted is None:
        return True
    try:
        bound = _parse_ip(socket.get("address"))
    except ValueError:
        return False
    if not bound.is_unspecified:
        return bound == wanted
    if bound.version != wanted.version and (bound.version < wanted.version or socket.get("v6_only") is True):
        return False
    device = _get_device(socket)
    if device and not wanted.is_unspecified:
        return _has_address(place, device, wanted)
    return not device


def _get_device(socket: Mapping[str, Any]) -> str:
    """Return the device in the address of a socket, which is empty for a socket that is not bound to one."""
    return str(socket.get("address")).partition("%")[2]


def _has_address(place: Place, device: str, wanted: Address) -> bool | None:
    """Return whether a device has an address, or for a VRF any of its devices; None if that is unknown."""
    interfaces = get_mapping(place, "interfaces")
    own = interfaces.get(device)
    devices = [own] + [one for one in interfaces.values() if one is not None and one.get("master") == device]
    if own is None or own.get("link_kind") != "vrf":
        devices = [own]
    answers = [None if one is None else _is_among(one, wanted) for one in devices]
    if any(answers):
        return True
    is_whole = "interfaces" in get_texts(place["covers"], "tables")
    return False if is_whole and None not in answers else None


def _is_among(interface: Mapping[str, Any], wanted: Address) -> bool | None:
    """Return whether an address is one of an interface, or in a loopback network of it; None if these are unknown.

    /proc shows the IPv6 addresses only; a record made from it lacks the alternative names.
    """
    addresses = interface.get("addresses")
    is_from_files = interface.get("alternative_names") is None
    if not isinstance(addresses, list) or (is_from_files and wanted.version == 4):  # noqa: PLR2004
        return None
    return any(_is_address(address, wanted) for address in addresses if isinstance(address, Mapping))


def _is_address(address: Mapping[str, Any], wanted: Address) -> bool:
    try:
        network = ipaddress.ip_interface(f"{address.get('address')}/{address.get('prefix_length')}")
    except ValueError:
        return False
    return network.ip == wanted or (network.ip.is_loopback and wanted in network.network)


def _is_held_by(socket: Mapping[str, Any], process: str) -> bool:
    kept = safe_text(escape(encode_text(process)[:LONGEST_NAME]))
    return any(name in (process, kept) or fnmatchcase(name, process) for name in get_holders(socket))


def _may_match_uncut(name: str, pattern: str) -> bool:
    """Return whether the kernel may have cut a name whose lost end could match the rest of a pattern."""
    whole = _PARTIAL.sub("", name)
    is_cut = len(unescape(name)) >= LONGEST_NAME
    return is_cut and any(fnmatchcase(whole, pattern[:end]) for end in range(len(pattern)))


def quote(value: Any) -> str:
    """Return any value as quoted, safe and shortened text for an error message."""
    text = safe_text(str(value))
    return f"'{text if len(text) <= LONGEST_QUOTED else text[:LONGEST_QUOTED] + '...'}'"
