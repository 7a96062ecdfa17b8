"""The record of a network interface, and the words for the kernel's numbers."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from netstat_core.plugin import Address, Bytes, Count, Field, InterfaceName, Record

FLAGS = (
    "up",
    "broadcast",
    "debug",
    "loopback",
    "pointopoint",
    "notrailers",
    "running",
    "noarp",
    "promisc",
    "allmulti",
    "master",
    "slave",
    "multicast",
    "portsel",
    "automedia",
    "dynamic",
    "lower_up",
    "dormant",
    "echo",
)
"""Words for the IFF_ flags of linux/if.h by bit."""

OPER_STATES = ("unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up")
"""Words of RFC 2863, as in sysfs, by the IF_OPER_ numbers of linux/if.h."""

# linux/rtnetlink.h
RT_SCOPE_UNIVERSE = 0
RT_SCOPE_SITE = 200
RT_SCOPE_LINK = 253
RT_SCOPE_HOST = 254
RT_SCOPE_NOWHERE = 255

SCOPES = {
    RT_SCOPE_UNIVERSE: "global",
    RT_SCOPE_SITE: "site",
    RT_SCOPE_LINK: "link",
    RT_SCOPE_HOST: "host",
    RT_SCOPE_NOWHERE: "nowhere",
}

ADDRESS_FLAGS = (
    "secondary",
    "nodad",
    "optimistic",
    "dadfailed",
    "homeaddress",
    "deprecated",
    "tentative",
    "permanent",
    "managetempaddr",
    "noprefixroute",
    "mcautojoin",
    "stable_privacy",
)
"""Words for the IFA_F_ flags of linux/if_addr.h by bit; for IPv6 ``secondary`` means temporary."""

BOND_MODES = (
    "balance-rr",
    "active-backup",
    "balance-xor",
    "broadcast",
    "802.3ad",
    "balance-tlb",
    "balance-alb",
)

LAST_VLAN = 4095

_FOR_EVER = " in seconds; null for never (a permanent address) and if unknown"
_UNKNOWN = r"^unknown\([0-9]+\)$"
_ERRORS = "included in the errors"


class LastingAddress(TypedDict):
    """What facts have of an address of an interface: all but what changes by itself."""

    family: Annotated[Literal["inet", "inet6"], Field("Address family")]
    address: Address
    prefix_length: Annotated[int, Field("Length of the prefix in bits", minimum=0, maximum=128)]
    scope: Annotated[str, Field("Scope of validity", words=tuple(SCOPES.values()), pattern=_UNKNOWN)]
    label: Annotated[str | None, Field("IPv4: name of the interface, or of an alias such as eth0:1", mark="interface")]
    peer_address: Annotated[Address | None, Field("Other end of a point-to-point link", mark="address")]
    broadcast_address: Annotated[Address | None, Field("IPv4: broadcast address; null if none is set", mark="address")]
    flags: Annotated[
        list[str], Field("IFA_F_ flags in lower case, sorted; IPv6 privacy addresses are `secondary`", mark="word")
    ]


class InterfaceAddress(LastingAddress, total=False):
    """An address of an interface, with its lifetimes; facts do not have these."""

    valid_seconds: Annotated[int | None, Field(f"Time until it is removed{_FOR_EVER}", minimum=0)]
    preferred_seconds: Annotated[int | None, Field(f"Time until it is deprecated{_FOR_EVER}", minimum=0)]
    created_uptime: Annotated[
        float | None, Field("Uptime of the kernel at which it was added, in seconds; null if unknown", minimum=0)
    ]
    updated_uptime: Annotated[
        float | None, Field("Uptime at which its lifetimes were last set, in seconds; null if unknown", minimum=0)
    ]


NO_LIFETIMES: Record = dict.fromkeys(("valid_seconds", "preferred_seconds", "created_uptime", "updated_uptime"))
"""The lifetimes of an address of which only /proc tells."""


class DeviceMap(TypedDict):
    """Hardware resources of an old device (struct ifmap)."""

    interrupt: Annotated[int, Field("Number of the interrupt; 0 for none", minimum=0)]
    base_address: Annotated[int, Field("First I/O port; 0 for none", minimum=0)]
    memory_start: Annotated[int, Field("First address of its memory; 0 for none", minimum=0)]
    memory_end: Annotated[int, Field("End of its memory; 0 for none", minimum=0)]
    dma: Annotated[int, Field("Number of the DMA channel; 0 for none", minimum=0)]
    port: Annotated[int, Field("Number of the medium in use (IF_PORT_)", minimum=0)]


class Interface(TypedDict):
    """A network interface. Counters are named as in struct rtnl_link_stats64 (linux/if_link.h)."""

    name: InterfaceName
    index: Annotated[int | None, Field("The kernel's number of the interface", minimum=1)]
    alternative_names: Annotated[list[str] | None, Field("Alternative names that the kernel accepts", mark="interface")]
    description: Annotated[str | None, Field("Free text set by an administrator (ifalias)", mark="name")]
    hardware_type: Annotated[
        str | None, Field("Kind of link layer (ARPHRD_), in iproute2's words, or unknown(N)", mark="word")
    ]
    hardware_address: Annotated[
        str | None,
        Field(
            "Link-layer address: hex bytes with colons, a callsign for ax25 and netrom, ten digits for rose, an IP"
            " address for tunnels; null without one",
            mark="hardware_address",
        ),
    ]
    hardware_broadcast: Annotated[
        str | None, Field("Link-layer broadcast address; for a tunnel the other end", mark="hardware_address")
    ]
    mtu: Annotated[Bytes | None, Field("Maximum transmission unit")]
    tx_queue_length: Annotated[Count | None, Field("Length of the transmit queue in packets")]
    flags: Annotated[
        list[str] | None, Field("IFF_ flags in lower case, sorted; bit_N for one without a name", mark="word")
    ]
    flags_text: Annotated[
        str | None, Field("netstat's letters for the flags; P stands for promisc and pointopoint", mark="word")
    ]
    oper_state: Annotated[str | None, Field("State as in RFC 2863", words=OPER_STATES, pattern=_UNKNOWN)]
    link_kind: Annotated[str | None, Field("Kind of virtual link: vlan, bond, bridge, veth, tun ...", mark="word")]
    master: Annotated[InterfaceName | None, Field("Bridge, bond, team or VRF it is a port of", mark="interface")]
    master_kind: Annotated[str | None, Field("Kind of the master: bridge, bond, team, vrf ...", mark="word")]
    link: Annotated[
        InterfaceName | None, Field("Lower interface or peer of a veth, if in this namespace", mark="interface")
    ]
    link_index: Annotated[int | None, Field("Index of that interface in its own namespace", minimum=1)]
    link_namespace_id: Annotated[int | None, Field("Id of that namespace as seen from here; null if it is this one")]
    vlan_id: Annotated[int | None, Field("VLAN id of a vlan interface", minimum=0, maximum=LAST_VLAN)]
    vlan_protocol: Annotated[
        str | None, Field("Tag protocol of a vlan interface: 802.1Q, 802.1ad, else in hex (0x9100)", mark="word")
    ]
    bond_mode: Annotated[str | None, Field("Mode of a bond interface", words=BOND_MODES, pattern=_UNKNOWN)]
    device_map: DeviceMap | None
    addresses: Annotated[list[InterfaceAddress] | None, Field("IPv4 and IPv6 addresses; null if unknown")]
    rx_packets: Annotated[Count | None, Field("Packets received")]
    rx_bytes: Annotated[Bytes | None, Field("Bytes received")]
    rx_errors: Annotated[Count | None, Field("Packets received with errors of any kind")]
    rx_dropped: Annotated[Count | None, Field("Packets received and dropped for lack of memory or of a receiver")]
    rx_missed_errors: Annotated[Count | None, Field("Packets dropped by the device for lack of buffers")]
    rx_dropped_total: Annotated[Count | None, Field("rx_dropped and rx_missed_errors: netstat's RX-DRP")]
    rx_fifo_errors: Annotated[Count | None, Field("FIFO overruns while receiving: netstat's RX-OVR")]
    rx_length_errors: Annotated[Count | None, Field(f"Packets of a wrong length, {_ERRORS}")]
    rx_over_errors: Annotated[Count | None, Field(f"Packets that overran the receive ring, {_ERRORS}")]
    rx_crc_errors: Annotated[Count | None, Field(f"Packets with a wrong checksum, {_ERRORS}")]
    rx_frame_errors: Annotated[Count | None, Field(f"Packets with wrong alignment, {_ERRORS}")]
    rx_frame_total: Annotated[Count | None, Field("Sum of length, over, crc and frame errors: netstat's frame")]
    rx_compressed: Annotated[Count | None, Field("Compressed packets received")]
    rx_nohandler: Annotated[Count | None, Field("Packets dropped because an inactive port received them")]
    rx_otherhost_dropped: Annotated[Count | None, Field("Packets dropped as meant for another host")]
    multicast: Annotated[Count | None, Field("Multicast packets received")]
    tx_packets: Annotated[Count | None, Field("Packets sent")]
    tx_bytes: Annotated[Bytes | None, Field("Bytes sent")]
    tx_errors: Annotated[Count | None, Field("Packets not sent because of errors of any kind")]
    tx_dropped: Annotated[Count | None, Field("Packets dropped on their way to the device")]
    tx_fifo_errors: Annotated[Count | None, Field("FIFO underruns while sending: netstat's TX-OVR")]
    tx_aborted_errors: Annotated[Count | None, Field(f"Aborted transmissions, {_ERRORS}")]
    tx_carrier_errors: Annotated[Count | None, Field(f"Losses of carrier while sending, {_ERRORS}")]
    tx_heartbeat_errors: Annotated[Count | None, Field(f"Heartbeat errors while sending, {_ERRORS}")]
    tx_window_errors: Annotated[Count | None, Field(f"Late collisions (out of the window), {_ERRORS}")]
    tx_carrier_total: Annotated[
        Count | None, Field("Sum of carrier, aborted, heartbeat and window errors: netstat's carrier")
    ]
    tx_compressed: Annotated[Count | None, Field("Compressed packets sent")]
    collisions: Annotated[Count | None, Field("Collisions while sending")]


STATISTICS = (
    "rx_packets",
    "tx_packets",
    "rx_bytes",
    "tx_bytes",
    "rx_errors",
    "tx_errors",
    "rx_dropped",
    "tx_dropped",
    "multicast",
    "collisions",
    "rx_length_errors",
    "rx_over_errors",
    "rx_crc_errors",
    "rx_frame_errors",
    "rx_fifo_errors",
    "rx_missed_errors",
    "tx_aborted_errors",
    "tx_carrier_errors",
    "tx_fifo_errors",
    "tx_heartbeat_errors",
    "tx_window_errors",
    "rx_compressed",
    "tx_compressed",
    "rx_nohandler",
    "rx_otherhost_dropped",
)
"""Members of struct rtnl_link_stats64 in order; older kernels have fewer."""

TOTALS = {
    "rx_dropped_total": ("rx_dropped", "rx_missed_errors"),
    "rx_frame_total": ("rx_length_errors", "rx_over_errors", "rx_crc_errors", "rx_frame_errors"),
    "tx_carrier_total": ("tx_carrier_errors", "tx_aborted_errors", "tx_window_errors", "tx_heartbeat_errors"),
}
"""Columns of /proc/net/dev that are sums of several counters."""

PARTS = frozenset(part for parts in TOTALS.values() for part in parts)

_BLANK: Record = dict.fromkeys(Interface.__annotations__)


def make_record(name: str) -> Record:
    """Return the record of an interface with all fields but the name null."""
    return {**_BLANK, "name": name}


def to_flag_words(number: int, words: tuple[str, ...] = FLAGS) -> list[str]:
    """Return the words for the bits of a number, sorted; ``bit_N`` for a bit without a word."""
    bits = [bit for bit in range(number.bit_length()) if number >> bit & 1]
    return sorted(words[bit] if bit < len(words) else f"bit_{bit}" for bit in bits)


def to_flags_number(words: list[str]) -> int:
    """Return the number of which ``to_flag_words`` makes these words."""
    return sum(1 << (FLAGS.index(word) if word in FLAGS else int(word[4:])) for word in words)


_LETTERS = (
    ("A", "allmulti"),
    ("B", "broadcast"),
    ("D", "debug"),
    ("L", "loopback"),
    ("M", "multicast"),
    ("d", "dynamic"),
    ("P", "promisc"),
    ("N", "notrailers"),
    ("O", "noarp"),
    ("P", "pointopoint"),
    ("s", "slave"),
    ("m", "master"),
    ("R", "running"),
    ("U", "up"),
)
_SIXTEEN_BITS = 0xFFFF
"""Flags that SIOCGIFFLAGS, which netstat uses, can return."""


def to_flag_letters(number: int) -> str:
    """Return netstat's letters for interface flags."""
    if not number & _SIXTEEN_BITS:
        return "[NO FLAGS]"
    return "".join(letter for letter, word in _LETTERS if number >> FLAGS.index(word) & 1)


class Flags(dict[int, "tuple[list[str], str]"]):
    """Cache of (words, letters) by number of flags."""

    def __missing__(self, number: int) -> tuple[list[str], str]:
        """Make both and cache them."""
        pair = self[number] = to_flag_words(number), to_flag_letters(number)
        return pair


def to_word(number: int, words: tuple[str, ...]) -> str:
    """Return the word for a number, ``unknown(number)`` if there is none."""
    return words[number] if number < len(words) else f"unknown({number})"
