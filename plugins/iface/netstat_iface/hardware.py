"""Kinds of link layer (ARPHRD_ of linux/if_arp.h): their words and the text form of their addresses."""

from __future__ import annotations

import re
from socket import AF_INET, AF_INET6, inet_ntop

# linux/if_arp.h
ARPHRD_NETROM = 0
ARPHRD_ETHER = 1
ARPHRD_EETHER = 2
ARPHRD_AX25 = 3
ARPHRD_PRONET = 4
ARPHRD_CHAOS = 5
ARPHRD_IEEE802 = 6
ARPHRD_ARCNET = 7
ARPHRD_APPLETLK = 8
ARPHRD_DLCI = 15
ARPHRD_ATM = 19
ARPHRD_METRICOM = 23
ARPHRD_IEEE1394 = 24
ARPHRD_EUI64 = 27
ARPHRD_INFINIBAND = 32
ARPHRD_SLIP = 256
ARPHRD_CSLIP = 257
ARPHRD_SLIP6 = 258
ARPHRD_CSLIP6 = 259
ARPHRD_RSRVD = 260
ARPHRD_ADAPT = 264
ARPHRD_ROSE = 270
ARPHRD_X25 = 271
ARPHRD_HWX25 = 272
ARPHRD_CAN = 280
ARPHRD_MCTP = 290
ARPHRD_PPP = 512
ARPHRD_CISCO = 513
ARPHRD_LAPB = 516
ARPHRD_DDCMP = 517
ARPHRD_RAWHDLC = 518
ARPHRD_RAWIP = 519
ARPHRD_TUNNEL = 768
ARPHRD_TUNNEL6 = 769
ARPHRD_FRAD = 770
ARPHRD_SKIP = 771
ARPHRD_LOOPBACK = 772
ARPHRD_LOCALTLK = 773
ARPHRD_FDDI = 774
ARPHRD_BIF = 775
ARPHRD_SIT = 776
ARPHRD_IPDDP = 777
ARPHRD_IPGRE = 778
ARPHRD_PIMREG = 779
ARPHRD_HIPPI = 780
ARPHRD_ASH = 781
ARPHRD_ECONET = 782
ARPHRD_IRDA = 783
ARPHRD_FCPP = 784
ARPHRD_FCAL = 785
ARPHRD_FCPL = 786
ARPHRD_FCFABRIC = 787
ARPHRD_IEEE802_TR = 800
ARPHRD_IEEE80211 = 801
ARPHRD_IEEE80211_PRISM = 802
ARPHRD_IEEE80211_RADIOTAP = 803
ARPHRD_IEEE802154 = 804
ARPHRD_IEEE802154_MONITOR = 805
ARPHRD_PHONET = 820
ARPHRD_PHONET_PIPE = 821
ARPHRD_CAIF = 822
ARPHRD_IP6GRE = 823
ARPHRD_NETLINK = 824
ARPHRD_6LOWPAN = 825
ARPHRD_VSOCKMON = 826
ARPHRD_NONE = 65534
ARPHRD_VOID = 65535

TYPES = {
    ARPHRD_NETROM: "netrom",
    ARPHRD_ETHER: "ether",
    ARPHRD_EETHER: "eether",
    ARPHRD_AX25: "ax25",
    ARPHRD_PRONET: "pronet",
    ARPHRD_CHAOS: "chaos",
    ARPHRD_IEEE802: "ieee802",
    ARPHRD_ARCNET: "arcnet",
    ARPHRD_APPLETLK: "atalk",
    ARPHRD_DLCI: "dlci",
    ARPHRD_ATM: "atm",
    ARPHRD_METRICOM: "metricom",
    ARPHRD_IEEE1394: "ieee1394",
    ARPHRD_EUI64: "eui64",
    ARPHRD_INFINIBAND: "infiniband",
    ARPHRD_SLIP: "slip",
    ARPHRD_CSLIP: "cslip",
    ARPHRD_SLIP6: "slip6",
    ARPHRD_CSLIP6: "cslip6",
    ARPHRD_RSRVD: "rsrvd",
    ARPHRD_ADAPT: "adapt",
    ARPHRD_ROSE: "rose",
    ARPHRD_X25: "x25",
    ARPHRD_HWX25: "hwx25",
    ARPHRD_CAN: "can",
    ARPHRD_MCTP: "mctp",
    ARPHRD_PPP: "ppp",
    ARPHRD_CISCO: "hdlc",
    ARPHRD_LAPB: "lapb",
    ARPHRD_DDCMP: "ddcmp",
    ARPHRD_RAWHDLC: "rawhdlc",
    ARPHRD_RAWIP: "rawip",
    ARPHRD_TUNNEL: "ipip",
    ARPHRD_TUNNEL6: "tunnel6",
    ARPHRD_FRAD: "frad",
    ARPHRD_SKIP: "skip",
    ARPHRD_LOOPBACK: "loopback",
    ARPHRD_LOCALTLK: "ltalk",
    ARPHRD_FDDI: "fddi",
    ARPHRD_BIF: "bif",
    ARPHRD_SIT: "sit",
    ARPHRD_IPDDP: "ip/ddp",
    ARPHRD_IPGRE: "gre",
    ARPHRD_PIMREG: "pimreg",
    ARPHRD_HIPPI: "hippi",
    ARPHRD_ASH: "ash",
    ARPHRD_ECONET: "econet",
    ARPHRD_IRDA: "irda",
    ARPHRD_FCPP: "fcpp",
    ARPHRD_FCAL: "fcal",
    ARPHRD_FCPL: "fcpl",
    ARPHRD_FCFABRIC: "fcfabric",
    ARPHRD_IEEE802_TR: "tr",
    ARPHRD_IEEE80211: "ieee802.11",
    ARPHRD_IEEE80211_PRISM: "ieee802.11/prism",
    ARPHRD_IEEE80211_RADIOTAP: "ieee802.11/radiotap",
    ARPHRD_IEEE802154: "ieee802.15.4",
    ARPHRD_IEEE802154_MONITOR: "ieee802.15.4/monitor",
    ARPHRD_PHONET: "phonet",
    ARPHRD_PHONET_PIPE: "phonet_pipe",
    ARPHRD_CAIF: "caif",
    ARPHRD_IP6GRE: "ip6gre",
    ARPHRD_NETLINK: "netlink",
    ARPHRD_6LOWPAN: "6lowpan",
    ARPHRD_VSOCKMON: "vsockmon",
    ARPHRD_NONE: "none",
    ARPHRD_VOID: "void",
}
"""Words as in iproute2."""

_CALLSIGNS = ("ax25", "netrom")
IP_ADDRESSES = {"ipip": AF_INET, "sit": AF_INET, "gre": AF_INET, "tunnel6": AF_INET6, "ip6gre": AF_INET6}
"""Kinds whose link-layer addresses are IP addresses."""

_CALLSIGN = re.compile(rb"([A-Z0-9]{1,6}) *")
_CALLSIGN_SIZE = 7
_ROSE_SIZE = 5


def to_hardware_type(number: int) -> str:
    """Return the word for an ARPHRD_ number, ``unknown(number)`` if there is none."""
    return TYPES.get(number, f"unknown({number})")


def format_address(kind: str, raw: bytes) -> str | None:
    """Return a link-layer address in the usual form of its ``kind``; None for no bytes or a zero callsign.

    The form is a callsign for ax25 and netrom, ten digits for rose, an IP address for tunnels, else hex with colons.
    """
    if not raw:
        return None
    if kind in _CALLSIGNS and len(raw) == _CALLSIGN_SIZE:
        return format_callsign(raw) if any(raw) else None
    if kind == "rose" and len(raw) == _ROSE_SIZE:
        return raw.hex()
    if kind in IP_ADDRESSES and len(raw) in (4, 16):
        return inet_ntop(AF_INET if len(raw) == 4 else AF_INET6, raw)  # noqa: PLR2004 - the size of an IPv4 address
    return raw.hex(":")


def format_callsign(raw: bytes) -> str:
    """Return an AX.25 address of seven bytes as text: ``CALL`` or ``CALL-SSID``; as hex if it is not a callsign.

    Letters and digits are shifted left by one bit (AX.25 Link Access Protocol 2.2, section 3.12).
    """
    match = _CALLSIGN.fullmatch(bytes(byte >> 1 for byte in raw[:6]))
    if match is None:
        return raw.hex(":")
    station = raw[6] >> 1 & 0xF
    return match[1].decode() + (f"-{station}" if station else "")
