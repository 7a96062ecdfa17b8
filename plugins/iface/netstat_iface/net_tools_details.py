"""The block of lines that netstat -ie, like ifconfig, shows for an interface."""

from __future__ import annotations

from socket import inet_ntoa

from netstat_core.plugin import Record, printable
from netstat_iface.net_tools_hardware import LINK_FORMATS, UNSPECIFIED
from netstat_iface.proc_if_inet6 import SCOPE_BITS, IPV6_ADDR_COMPATv4, to_scope_bits
from netstat_iface.record import to_flags_number

NEEDS = frozenset(
    {"addresses", "hardware_type", "hardware_address", "tx_queue_length", "device_map", "collisions"}
    | {"rx_bytes", "rx_frame_total", "rx_compressed", "tx_bytes", "tx_carrier_total", "tx_compressed"}
)

_INDENT = " " * 8
_FLAGS = (
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
    "slave",
    "master",
    "multicast",
    "dynamic",
)
"""Flags that are named, in this order."""

_MEDIA = ("unknown", "10base2", "10baseT", "AUI", "100baseT", "100baseTX", "100baseFX")
_UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB")
_EXBI = 1 << 60
_COMPRESSING = ("cslip", "cslip6")
_LEAST_BASE = 0x100
_NO_ADDRESS = "0.0.0.0"  # noqa: S104 - not bound to, only shown


def format_block(record: Record, alias: str | None) -> str:
    """Return the block of an interface, or of its ``alias``, which has an IPv4 address and no counters."""
    name = alias or record["name"]
    lines = [f"{printable(name)}: flags={_format_flags(record['flags'])}  mtu {_format_value(record['mtu'])}"]
    lines += [_INDENT + line for line in _format_addresses(record, name)]
    lines += [_INDENT + line for line in _format_hardware(record)]
    if alias is None and record["rx_packets"] is not None:
        lines += [_INDENT + line for line in _format_counters(record)]
    if record["device_map"] is not None:
        lines += [_INDENT + line for line in _format_device_map(record["device_map"])]
    return "\n".join(lines) + "\n\n"


def _format_flags(words: list[str] | None) -> str:
    """Format the 16 bits of SIOCGIFFLAGS as a signed number and names; netstat leaves ``0<`` open if none is set."""
    if words is None:
        return "-"
    number = to_flags_number(words) & 0xFFFF
    named = ",".join(word for word in _FLAGS if word in words).upper()
    signed = number - (1 << 16) if number >> 15 else number
    return f"{signed}<{named}>" if named else str(signed) if number else "0<"


def _format_addresses(record: Record, name: str) -> list[str]:
    """Format the first IPv4 address labelled ``name``, and all IPv6 addresses if ``name`` is that of the interface."""
    addresses = record["addresses"] or []
    lines = []
    inet = next((entry for entry in addresses if entry["family"] == "inet" and entry["label"] in (name, None)), None)
    if inet is not None:
        line = f"inet {inet['address']}  netmask {format_netmask(inet['prefix_length'])}"
        if "broadcast" in record["flags"]:
            line += f"  broadcast {inet['broadcast_address'] or _NO_ADDRESS}"
        if "pointopoint" in record["flags"]:
            line += f"  destination {inet['peer_address'] or inet['address']}"
        lines.append(line)
    if name == record["name"]:
        lines += [_format_inet6(entry) for entry in addresses if entry["family"] == "inet6"]
    return lines


def format_netmask(prefix_length: int) -> str:
    """Return the IPv4 netmask of a prefix length as a dotted quad."""
    return inet_ntoa((0xFFFFFFFF << 32 - prefix_length & 0xFFFFFFFF).to_bytes(4, "big"))


def _format_inet6(entry: Record) -> str:
    bits = to_scope_bits(entry["address"], entry["scope"])
    words = ["compat"] if bits & IPV6_ADDR_COMPATv4 else []
    rest = bits & ~IPV6_ADDR_COMPATv4
    words += [word for word in ("link", "site", "host") if rest & SCOPE_BITS[word]] if rest else ["global"]
    address = entry["address"].removeprefix("::ffff:") if "." in entry["address"] else entry["address"]
    return f"inet6 {address}  prefixlen {entry['prefix_length']}  scopeid 0x{bits:x}<{','.join(words)}>"


def _format_hardware(record: Record) -> list[str]:
    kind = record["hardware_type"]
    lines = []
    if kind is not None:
        link_format = LINK_FORMATS.get(kind, UNSPECIFIED)
        lines.append(link_format.line(kind, record["hardware_address"], _format_value(record["tx_queue_length"])))
    flags = record["flags"] or ()
    if "portsel" in flags:
        port = record["device_map"]["port"] if record["device_map"] else 0
        medium = _MEDIA[port] if port < len(_MEDIA) else "(null)"
        lines.append(f"media {medium}{'autoselect' if 'automedia' in flags else ''}")
    return lines


def _format_counters(record: Record) -> list[str]:
    compressing = record["hardware_type"] in _COMPRESSING
    received, sent = record["rx_bytes"] or 0, record["tx_bytes"] or 0
    return [
        f"RX packets {record['rx_packets']}  bytes {received} ({format_size(received)})",
        *([f"RX compressed:{record['rx_compressed'] or 0}"] if compressing else []),
        (
            f"RX errors {record['rx_errors']}  dropped {record['rx_dropped_total']}  "
            f"overruns {record['rx_fifo_errors']}  frame {record['rx_frame_total']}"
        ),
        f"TX packets {record['tx_packets']}  bytes {sent} ({format_size(sent)})",
        *([f"TX compressed {record['tx_compressed'] or 0}"] if compressing else []),
        (
            f"TX errors {record['tx_errors']}  dropped {record['tx_dropped']} overruns {record['tx_fifo_errors']}  "
            f"carrier {record['tx_carrier_total']}  collisions {record['collisions']}"
        ),
    ]


def format_size(size: int) -> str:
    """Format a number of bytes in the largest unit of which it is more than one, truncated to tenths.

    netstat divides by a rounded tenth of an EiB, so 15.99 EiB is shown as 16.0.
    """
    if size > _EXBI:
        tenths, unit = size // (_EXBI // 10), "EiB"
    else:
        power = next((power for power in range(len(_UNITS), 0, -1) if size > 1 << 10 * power), 0)
        tenths, unit = size * 10 >> 10 * power, ("B", *_UNITS)[power]
    return f"{tenths // 10}.{tenths % 10} {unit}"


def _format_device_map(device_map: Record) -> list[str]:
    """Format interrupt, I/O port, memory and DMA channel; an empty list if none is known."""
    parts = []
    if device_map["interrupt"]:
        parts.append(f"interrupt {device_map['interrupt']}  ")
    if device_map["base_address"] >= _LEAST_BASE:
        parts.append(f"base 0x{device_map['base_address']:x}  ")
    if device_map["memory_start"]:
        parts.append(f"memory 0x{device_map['memory_start']:x}-{device_map['memory_end']:x}  ")
    if device_map["dma"]:
        parts.append(f"  dma 0x{device_map['dma']:x}")
    return ["device " + "".join(parts)] if parts else []


def _format_value(value: int | None) -> str:
    return "-" if value is None else str(value)
