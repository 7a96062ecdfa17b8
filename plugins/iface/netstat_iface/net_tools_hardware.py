"""The line of netstat -ie for the link layer: its name, title and form of addresses by kind."""

from __future__ import annotations

from collections.abc import Callable
from socket import AF_INET, AF_INET6, inet_pton
from typing import NamedTuple

from netstat_iface.hardware import IP_ADDRESSES


def parse_address(kind: str, text: str | None) -> bytes:
    """Return the bytes of an address written in hex or as an IP address; none if it is neither."""
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


AddressFormat = Callable[[str, "str | None"], str]


def _format_nothing(_kind: str, _text: str | None) -> str:
    return ""


def _format_blank(_kind: str, _text: str | None) -> str:
    return " "


def _format_unchanged(_kind: str, text: str | None) -> str:
    return f" {text or ''}"


def _make_hex_format(size: int, form: str, *, filled: int = 16, lower: bool = False) -> AddressFormat:
    """Return the function that formats an address as ``size`` bytes of hex with separator ``form``.

    Only the first ``filled`` bytes are known to netstat; the rest are zeros, as are bytes that the address lacks.
    """

    def format_hex(kind: str, text: str | None) -> str:
        shown = parse_address(kind, text)[: min(size, filled)].ljust(size, b"\0").hex(form)
        return f" {shown if lower else shown.upper()}"

    return format_hex


class LinkFormat(NamedTuple):
    """How netstat -ie shows a kind of link layer."""

    name: str
    title: str
    address: AddressFormat = _format_nothing

    def line(self, kind: str, address: str | None, queue: int | str) -> str:
        """Return the line for an address and a transmit queue length."""
        return f"{self.name}{self.address(kind, address)}  txqueuelen {queue}  ({self.title})"


UNSPECIFIED = LinkFormat("unspec", "UNSPEC", _make_hex_format(16, "-", filled=8))
LINK_FORMATS = {
    "netrom": LinkFormat("netrom", "AMPR NET/ROM", _format_unchanged),
    "ether": LinkFormat("ether", "Ethernet", _make_hex_format(6, ":", lower=True)),
    "ax25": LinkFormat("ax25", "AMPR AX.25", _format_unchanged),
    "arcnet": LinkFormat("arcnet", "ARCnet", _make_hex_format(1, ":")),
    "dlci": LinkFormat("dlci", "Frame Relay DLCI", _format_unchanged),
    "eui64": LinkFormat("eui64", "Generic EUI-64", _make_hex_format(8, ":")),
    "slip": LinkFormat("slip", "Serial Line IP"),
    "cslip": LinkFormat("cslip", "VJ Serial Line IP"),
    "slip6": LinkFormat("slip6", "6-bit Serial Line IP"),
    "cslip6": LinkFormat("cslip6", "VJ 6-bit Serial Line IP"),
    "adapt": LinkFormat("adaptive", "Adaptive Serial Line IP"),
    "rose": LinkFormat("rose", "AMPR ROSE", _format_unchanged),
    "x25": LinkFormat("x25", "generic X.25", _format_blank),
    "ppp": LinkFormat("ppp", "Point-to-Point Protocol"),
    "hdlc": LinkFormat("hdlc", "(Cisco)-HDLC"),
    "lapb": LinkFormat("lapb", "LAPB"),
    "ipip": LinkFormat("tunnel", "IPIP Tunnel", _format_blank),
    "frad": LinkFormat("frad", "Frame Relay Access Device"),
    "loopback": LinkFormat("loop", "Local Loopback"),
    "fddi": LinkFormat("fddi", "Fiber Distributed Data Interface", _make_hex_format(6, "-")),
    "sit": LinkFormat("sit", "IPv6-in-IPv4"),
    "hippi": LinkFormat("hippi", "HIPPI", _make_hex_format(6, ":")),
    "ash": LinkFormat("ash", "Ash", _format_unchanged),
    "econet": LinkFormat("ec", "Econet"),
    "irda": LinkFormat("irda", "IrLAP", _format_unchanged),
}
"""Formats by ``hardware_type``; netstat shows all other kinds as UNSPECIFIED."""
