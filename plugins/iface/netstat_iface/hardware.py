"""Kinds of link layer: their words, how their addresses are written, and what netstat calls them."""

from __future__ import annotations

import re
from collections.abc import Callable
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from typing import NamedTuple

# fmt: off
TYPES = {
    0: "netrom", 1: "ether", 2: "eether", 3: "ax25", 4: "pronet", 5: "chaos", 6: "ieee802", 7: "arcnet", 8: "atalk",
    15: "dlci", 19: "atm", 23: "metricom", 24: "ieee1394", 27: "eui64", 32: "infiniband",
    256: "slip", 257: "cslip", 258: "slip6", 259: "cslip6", 260: "rsrvd", 264: "adapt", 270: "rose", 271: "x25",
    272: "hwx25", 280: "can", 290: "mctp", 512: "ppp", 513: "hdlc", 516: "lapb", 517: "ddcmp", 518: "rawhdlc",
    519: "rawip", 768: "ipip", 769: "tunnel6", 770: "frad", 771: "skip", 772: "loopback", 773: "ltalk", 774: "fddi",
    775: "bif", 776: "sit", 777: "ip/ddp", 778: "gre", 779: "pimreg", 780: "hippi", 781: "ash", 782: "econet",
    783: "irda", 784: "fcpp", 785: "fcal", 786: "fcpl", 787: "fcfabric", 800: "tr", 801: "ieee802.11",
    802: "ieee802.11/prism", 803: "ieee802.11/radiotap", 804: "ieee802.15.4", 805: "ieee802.15.4/monitor",
    820: "phonet", 821: "phonet_pipe", 822: "caif", 823: "ip6gre", 824: "netlink", 825: "6lowpan",
    826: "vsockmon", 65534: "none", 65535: "void",
}
# fmt: on
"""ARPHRD_ numbers of linux/if_arp.h, in the words of iproute2."""

_CALLSIGNS = ("ax25", "netrom")
_IP_ADDRESSES = {"ipip": AF_INET, "sit": AF_INET, "gre": AF_INET, "tunnel6": AF_INET6, "ip6gre": AF_INET6}
_CALLSIGN = re.compile(rb"([A-Z0-9]{1,6}) *")
_CALLSIGN_SIZE, _ROSE_SIZE = 7, 5


def hardware_type(number: int) -> str:
    """The word for an ARPHRD_ number."""
    return TYPES.get(number, f"unknown({number})")


def address_text(kind: str, raw: bytes) -> str | None:
    """A link-layer address in the form its kind of link layer is written in; None where there is none."""
    if not raw:
        return None
    if kind in _CALLSIGNS and len(raw) == _CALLSIGN_SIZE:
        return callsign(raw) if any(raw) else None
    if kind == "rose" and len(raw) == _ROSE_SIZE:
        return raw.hex()
    if kind in _IP_ADDRESSES and len(raw) in (4, 16):
        return inet_ntop(AF_INET if len(raw) == 4 else AF_INET6, raw)  # noqa: PLR2004 - the size of an IPv4 address
    return raw.hex(":")


def callsign(raw: bytes) -> str:
    """An AX.25 address: six letters and digits, each a bit to the left, and the station's number behind a dash.

    Hex bytes where it is no such thing. (AX.25 Link Access Protocol 2.2, section 3.12)
    """
    found = _CALLSIGN.fullmatch(bytes(byte >> 1 for byte in raw[:6]))
    if found is None:
        return raw.hex(":")
    station = raw[6] >> 1 & 0xF
    return found[1].decode() + (f"-{station}" if station else "")


def address_bytes(kind: str, text: str | None) -> bytes:
    """The bytes of an address that is written in hex or as an IP address."""
    if not text:
        return b""
    if kind in _IP_ADDRESSES:
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
