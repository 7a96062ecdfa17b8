"""Attributes of interfaces: the files of /sys/class/net/NAME."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from netstat_core.plugin import Asked, Directory, Input, Record, escape
from netstat_iface import hardware
from netstat_iface.record import OPER_STATES, Flags

ATTRIBUTES = {
    "ifindex": ("index", "mtu", "flags", "master", "link"),
    "flags": ("flags", "flags_text"),
    "operstate": ("flags", "flags_text", "oper_state"),
    "carrier": ("flags",),
    "mtu": ("mtu",),
    "tx_queue_len": ("tx_queue_length",),
    "type": ("hardware_type", "hardware_address"),
    "address": ("hardware_address",),
    "broadcast": ("hardware_broadcast",),
    "ifalias": ("description",),
    "iflink": ("link", "link_index"),
    "master/ifindex": ("master",),
}
"""Files, and the record fields each is read for."""

_LARGEST = 0xFFFFFFFF

# linux/if.h
IFF_UP = 0x1
IFF_RUNNING = 0x40
IFF_LOWER_UP = 0x10000
IFF_DORMANT = 0x20000


def inputs() -> dict[str, Input[Any]]:
    """The attribute of all interfaces, an attribute a source, where a field is wanted that it is read for."""
    return {
        name: Directory(f"/sys/class/net/*/{name}").optional.when(wants_any(fields))
        for name, fields in ATTRIBUTES.items()
    }


def wants_any(fields: Iterable[str]) -> Callable[[Asked], bool]:
    """Whether the output takes any of some fields."""
    return lambda asked: any(asked.wants(field) for field in fields)


class Attributes:
    """Contents of attribute files by attribute and interface."""

    def __init__(self, contents: Mapping[str, Mapping[str, bytes] | None]) -> None:
        self._values: dict[str, dict[str, bytes]] = {}
        for attribute in ATTRIBUTES:
            files = contents[attribute]
            self._values[attribute] = {_interface_of(path): text.rstrip(b"\n") for path, text in (files or {}).items()}
        self.names = {name for values in self._values.values() for name in values}

    def agree_with(self, names: Collection[str], numbers: Mapping[str, int]) -> bool:
        """Whether sysfs lists these interfaces, under these numbers where they are known."""
        if self.names != set(names):
            return False
        return all(self.number("ifindex", name) in (number, None) for name, number in numbers.items() if name in names)

    def text(self, attribute: str, name: str) -> bytes | None:
        """An attribute's text; None where it is missing or empty."""
        return self._values[attribute].get(name) or None

    def number(self, attribute: str, name: str) -> int | None:
        """An attribute's number, hexadecimal behind 0x; None where it is missing, out of 32 bits or none."""
        try:
            number = int(self._values[attribute][name], 0)
        except (KeyError, ValueError):
            return None
        return number if 0 <= number <= _LARGEST else None


def _interface_of(path: str) -> str:
    return escape(path.split("/")[4].encode("utf-8", "surrogateescape"))


def fill(records: dict[str, Record], found: Attributes) -> None:
    """Give interfaces their attributes."""
    named = {found.number("ifindex", name): name for name in found.names}
    flags_by_number = Flags()
    for name, record in records.items():
        flags = _flags(found, name)
        words, letters = (None, None) if flags is None else flags_by_number[flags]
        kind_number = found.number("type", name)
        kind = None if kind_number is None else hardware.hardware_type(kind_number)
        link = found.number("iflink", name) or None
        index = found.number("ifindex", name) or record["index"]
        state = (found.text("operstate", name) or b"").decode("ascii", "replace")
        description = found.text("ifalias", name)
        record.update(
            index=index,
            description=None if description is None else escape(description),
            hardware_type=kind,
            hardware_address=_hardware_address(found, kind, "address", name),
            hardware_broadcast=_hardware_address(found, kind, "broadcast", name),
            mtu=found.number("mtu", name),
            tx_queue_length=found.number("tx_queue_len", name),
            flags=words,
            flags_text=letters,
            oper_state=state if state in OPER_STATES else None,
            master=named.get(found.number("master/ifindex", name)),
            link=named.get(link) if link != index else None,
            link_index=link if link != index else None,
        )


def _flags(found: Attributes, name: str) -> int | None:
    """The flags with those that the kernel computes when asked over netlink, and sysfs leaves out.

    What it cannot undo: sysfs has promisc and allmulti also where a bridge or a socket set them.
    """
    flags = found.number("flags", name)
    if flags is None:
        return None
    state = found.text("operstate", name)
    if flags & IFF_UP and state in (b"up", b"unknown"):
        flags |= IFF_RUNNING
    if flags & IFF_UP and found.number("carrier", name):
        flags |= IFF_LOWER_UP
    return flags | IFF_DORMANT if state == b"dormant" else flags


def _hardware_address(found: Attributes, kind: str | None, attribute: str, name: str) -> str | None:
    text = found.text(attribute, name)
    try:
        raw = bytes.fromhex((text or b"").replace(b":", b"").decode("ascii"))
    except ValueError:
        return None
    return None if kind is None else hardware.address_text(kind, raw)
