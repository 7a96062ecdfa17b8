"""Attributes of interfaces: the files in /sys/class/net/NAME, one value each."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from netstat_core.plugin import Asked, Directory, Input, Problem, Record, escape
from netstat_iface import hardware
from netstat_iface.record import OPER_STATES, PARTS, Flags

STATISTICS_FIELDS = PARTS | {"rx_nohandler"}
"""Record fields that only the files in /sys/class/net/NAME/statistics have."""

_ATTRIBUTES = {
    "flags": ("flags", "flags_text"),
    "operstate": ("flags", "flags_text", "oper_state"),
    "carrier": ("flags",),
    "mtu": ("mtu",),
    "tx_queue_len": ("tx_queue_length",),
    "type": ("hardware_type", "hardware_address", "hardware_broadcast"),
    "address": ("hardware_address",),
    "broadcast": ("hardware_broadcast",),
    "ifalias": ("description",),
    "iflink": ("link", "link_index"),
    "master/ifindex": ("master",),
}

ATTRIBUTES = {"ifindex": ("index", *STATISTICS_FIELDS, *chain.from_iterable(_ATTRIBUTES.values())), **_ATTRIBUTES}
"""Record fields by the file that they need. The index tells whether sysfs shows the same network namespace."""

_NUMBER = re.compile(rb"[0-9]{1,10}\n")
_HARDWARE_ADDRESS = re.compile(rb"(?:[0-9a-f]{2}(?::[0-9a-f]{2})*)?\n")
_FORMS = {
    "flags": re.compile(rb"0x[0-9a-f]{1,8}\n"),
    "operstate": re.compile(rb"(?:%s)\n" % "|".join(OPER_STATES).encode()),
    "address": _HARDWARE_ADDRESS,
    "broadcast": _HARDWARE_ADDRESS,
    "ifalias": re.compile(rb"[^\0]*"),
}
"""The contents that the kernel writes, by attribute; all others are numbers."""

_LARGEST = 0xFFFFFFFF

# linux/if.h
IFF_UP = 0x1
IFF_RUNNING = 0x40
IFF_LOWER_UP = 0x10000
IFF_DORMANT = 0x20000


def make_inputs() -> dict[str, Input[Any]]:
    """Return an input for each attribute (of all interfaces), read if a field that needs it is wanted."""
    return {
        name: Directory(f"/sys/class/net/*/{name}").optional.when(wants_any(fields))
        for name, fields in ATTRIBUTES.items()
    }


def wants_any(fields: Iterable[str]) -> Callable[[Asked], bool]:
    """Return the condition that any of ``fields`` is asked for."""
    return lambda asked: any(asked.wants(field) for field in fields)


class Attributes:
    """The contents of attribute files, by attribute and interface; ``names`` are all interfaces."""

    def __init__(self, contents: Mapping[str, Mapping[str, bytes] | None]) -> None:
        self._values: dict[str, dict[str, bytes]] = {}
        for attribute in ATTRIBUTES:
            files = contents[attribute]
            self._values[attribute] = {
                _parse_interface_name(path): text.rstrip(b"\n") for path, text in (files or {}).items()
            }
        self.names = {name for values in self._values.values() for name in values}

    def matches(self, names: Collection[str], numbers: Mapping[str, int]) -> bool:
        """Whether sysfs lists exactly ``names``, with the indexes of ``numbers`` as far as known."""
        if self.names != set(names):
            return False
        return all(self.number("ifindex", name) in (number, None) for name, number in numbers.items() if name in names)

    def text(self, attribute: str, name: str) -> bytes | None:
        """Return the text of an attribute; None if it is missing or empty."""
        return self._values[attribute].get(name) or None

    def number(self, attribute: str, name: str) -> int | None:
        """Return the number of an attribute (decimal, or hex after 0x); None unless it is one of 32 bits."""
        try:
            number = int(self._values[attribute][name], 0)
        except (KeyError, ValueError):
            return None
        return number if 0 <= number <= _LARGEST else None


def find_damage(contents: Mapping[str, Mapping[str, bytes] | None]) -> Iterator[Problem]:
    """Yield a problem for each attribute file, given by attribute and path, that holds something else."""
    for attribute in ATTRIBUTES:
        is_valid = _FORMS.get(attribute, _NUMBER).fullmatch
        for path, content in (contents[attribute] or {}).items():
            if not is_valid(content):
                yield Problem(path, f"not what the kernel writes as {attribute}", content)


def _parse_interface_name(path: str) -> str:
    return escape(path.split("/")[4].encode("utf-8", "surrogateescape"))


def add_attributes(records: dict[str, Record], attributes: Attributes) -> None:
    """Add the attributes to the records of their interfaces."""
    names_by_index = {attributes.number("ifindex", name): name for name in attributes.names}
    flags_by_number = Flags()
    for name, record in records.items():
        flags = _compute_flags(attributes, name)
        words, letters = (None, None) if flags is None else flags_by_number[flags]
        kind_number = attributes.number("type", name)
        kind = None if kind_number is None else hardware.to_hardware_type(kind_number)
        link = attributes.number("iflink", name) or None
        index = attributes.number("ifindex", name) or record["index"]
        state = (attributes.text("operstate", name) or b"").decode("ascii", "replace")
        description = attributes.text("ifalias", name)
        record.update(
            index=index,
            description=None if description is None else escape(description),
            hardware_type=kind,
            hardware_address=_read_hardware_address(attributes, kind, "address", name),
            hardware_broadcast=_read_hardware_address(attributes, kind, "broadcast", name),
            mtu=attributes.number("mtu", name),
            tx_queue_length=attributes.number("tx_queue_len", name),
            flags=words,
            flags_text=letters,
            oper_state=state if state in OPER_STATES else None,
            master=names_by_index.get(attributes.number("master/ifindex", name)),
            link=names_by_index.get(link) if link != index else None,
            link_index=link if link != index else None,
        )


def _compute_flags(attributes: Attributes, name: str) -> int | None:
    """Return the flags, with running, lower_up and dormant, which the kernel adds in netlink but not in sysfs.

    Unlike netlink, sysfs has promisc and allmulti even if a bridge or a socket set them.
    """
    flags = attributes.number("flags", name)
    if flags is None:
        return None
    state = attributes.text("operstate", name)
    if flags & IFF_UP and state in (b"up", b"unknown"):
        flags |= IFF_RUNNING
    if flags & IFF_UP and attributes.number("carrier", name):
        flags |= IFF_LOWER_UP
    return flags | IFF_DORMANT if state == b"dormant" else flags


def _read_hardware_address(attributes: Attributes, kind: str | None, attribute: str, name: str) -> str | None:
    text = attributes.text(attribute, name)
    try:
        raw = bytes.fromhex((text or b"").replace(b":", b"").decode("ascii"))
    except ValueError:
        return None
    return None if kind is None else hardware.format_address(kind, raw)
