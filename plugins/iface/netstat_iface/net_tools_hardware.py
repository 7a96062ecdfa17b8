"""What netstat -ie calls kinds of link layer, and how it writes their addresses."""

from __future__ import annotations

from collections.abc import Callable
from socket import AF_INET, AF_INET6, inet_pton
from typing import NamedTuple

from netstat_iface.hardware import IP_ADDRESSES


def address_bytes(kind: str, text: str | None) -> bytes:
    """The bytes of an address that is written in hex or as an IP address."""
    if not text:
        return b""
    if kind in IP_ADDRESSES:
        try:
            return inet_pton(AF_INET6 if ":" in text else AF_INET, text)
        except OSError:
            pass
    try:
        return bytes.fromhex(text.replace(":", ""))
    except ValueError:
        return b""


Style = Callable[[str, "str | None"], str]


def _nothing(_kind: str, _text: str | None) -> str:
    return ""


def _blank(_kind: str, _text: str | None) -> str:
    return " "


def _as_it_is(_kind: str, text: str | None) -> str:
    return f" {text or ''}"


def _hex_bytes(size: int, form: str, *, filled: int = 16, lower: bool = False) -> Style:
    """``size`` bytes of hex, of which netstat knows the first ``filled``; zeros where the address is shorter."""

    def style(kind: str, text: str | None) -> str:
        shown = address_bytes(kind, text)[: min(size, filled)].ljust(size, b"\0").hex(form)
        return f" {shown if lower else shown.upper()}"

    return style


class Look(NamedTuple):
    """What netstat -ie makes of a kind of link layer: its name, its title, and the address between them."""

    name: str
    title: str
    address: Style = _nothing

    def line(self, kind: str, address: str | None, queue: int | str) -> str:
        """The line that tells of the hardware."""
        return f"{self.name}{self.address(kind, address)}  txqueuelen {queue}  ({self.title})"


UNSPECIFIED = Look("unspec", "UNSPEC", _hex_bytes(16, "-", filled=8))
LOOKS = {
    "netrom": Look("netrom", "AMPR NET/ROM", _as_it_is),
    "ether": Look("ether", "Ethernet", _hex_bytes(6, ":", lower=True)),
    "ax25": Look("ax25", "AMPR AX.25", _as_it_is),
    "arcnet": Look("arcnet", "ARCnet", _hex_bytes(1, ":")),
    "dlci": Look("dlci", "Frame Relay DLCI", _as_it_is),
    "eui64": Look("eui64", "Generic EUI-64", _hex_bytes(8, ":")),
    "slip": Look("slip", "Serial Line IP"),
    "cslip": Look("cslip", "VJ Serial Line IP"),
    "slip6": Look("slip6", "6-bit Serial Line IP"),
    "cslip6": Look("cslip6", "VJ 6-bit Serial Line IP"),
    "adapt": Look("adaptive", "Adaptive Serial Line IP"),
    "rose": Look("rose", "AMPR ROSE", _as_it_is),
    "x25": Look("x25", "generic X.25", _blank),
    "ppp": Look("ppp", "Point-to-Point Protocol"),
    "hdlc": Look("hdlc", "(Cisco)-HDLC"),
    "lapb": Look("lapb", "LAPB"),
    "ipip": Look("tunnel", "IPIP Tunnel", _blank),
    "frad": Look("frad", "Frame Relay Access Device"),
    "loopback": Look("loop", "Local Loopback"),
    "fddi": Look("fddi", "Fiber Distributed Data Interface", _hex_bytes(6, "-")),
    "sit": Look("sit", "IPv6-in-IPv4"),
    "hippi": Look("hippi", "HIPPI", _hex_bytes(6, ":")),
    "ash": Look("ash", "Ash", _as_it_is),
    "econet": Look("ec", "Econet"),
    "irda": Look("irda", "IrLAP", _as_it_is),
}
"""All others are unspecified to netstat."""
