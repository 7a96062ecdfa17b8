"""What netstat -ie shows of an interface: the block of lines that ifconfig prints."""

from __future__ import annotations

from socket import inet_ntoa

from netstat_core.plugin import Record, printable
from netstat_iface.net_tools_hardware import LOOKS, UNSPECIFIED
from netstat_iface.proc_if_inet6 import SCOPE_BITS, IPV6_ADDR_COMPATv4, scope_bits
from netstat_iface.record import flags_number

NEEDS = frozenset(
    {"hardware_type", "hardware_address", "tx_queue_length", "device_map", "collisions"}
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
"""The flags it names, in its order."""

_MEDIA = ("unknown", "10base2", "10baseT", "AUI", "100baseT", "100baseTX", "100baseFX")
_UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB")
_EXBI = 1 << 60
_COMPRESSING = ("cslip", "cslip6")
_LEAST_BASE = 0x100
_NO_ADDRESS = "0.0.0.0"  # noqa: S104 - not bound to, only shown


def block(record: Record, alias: str | None) -> str:
    """An interface, or an alias of it, which has an IPv4 address and no counters."""
    name = alias or record["name"]
    lines = [f"{printable(name)}: flags={_flags(record['flags'])}  mtu {_text(record['mtu'])}"]
    lines += [_INDENT + line for line in _addresses(record, name)]
    lines += [_INDENT + line for line in _hardware(record)]
    if alias is None and record["rx_packets"] is not None:
        lines += [_INDENT + line for line in _counters(record)]
    if record["device_map"] is not None:
        lines += [_INDENT + line for line in _device(record["device_map"])]
    return "\n".join(lines) + "\n\n"


def _flags(words: list[str] | None) -> str:
    """The 16 bits the ioctl tells, with a sign; netstat never closes the bracket where no flag is set."""
    if words is None:
        return "-"
    number = flags_number(words) & 0xFFFF
    named = ",".join(word for word in _FLAGS if word in words).upper()
    signed = number - (1 << 16) if number >> 15 else number
    return f"{signed}<{named}>" if named else str(signed) if number else "0<"


def _addresses(record: Record, name: str) -> list[str]:
    """The first IPv4 address under this name, and all IPv6 ones if it is the interface's own."""
    owned = record["addresses"] or []
    lines = []
    inet = next((one for one in owned if one["family"] == "inet" and one["label"] in (name, None)), None)
    if inet is not None:
        line = f"inet {inet['address']}  netmask {netmask(inet['prefix_length'])}"
        if "broadcast" in record["flags"]:
            line += f"  broadcast {inet['broadcast_address'] or _NO_ADDRESS}"
        if "pointopoint" in record["flags"]:
            line += f"  destination {inet['peer_address'] or inet['address']}"
        lines.append(line)
    if name == record["name"]:
        lines += [_inet6(one) for one in owned if one["family"] == "inet6"]
    return lines


def netmask(prefix_length: int) -> str:
    """An IPv4 netmask in dotted form."""
    return inet_ntoa((0xFFFFFFFF << 32 - prefix_length & 0xFFFFFFFF).to_bytes(4, "big"))


def _inet6(one: Record) -> str:
    bits = scope_bits(one["address"], one["scope"])
    words = ["compat"] if bits & IPV6_ADDR_COMPATv4 else []
    rest = bits & ~IPV6_ADDR_COMPATv4
    words += [word for word in ("link", "site", "host") if rest & SCOPE_BITS[word]] if rest else ["global"]
    address = one["address"].removeprefix("::ffff:") if "." in one["address"] else one["address"]
    return f"inet6 {address}  prefixlen {one['prefix_length']}  scopeid 0x{bits:x}<{','.join(words)}>"


def _hardware(record: Record) -> list[str]:
    kind = record["hardware_type"]
    lines = []
    if kind is not None:
        look = LOOKS.get(kind, UNSPECIFIED)
        lines.append(look.line(kind, record["hardware_address"], _text(record["tx_queue_length"])))
    flags = record["flags"] or ()
    if "portsel" in flags:
        port = record["device_map"]["port"] if record["device_map"] else 0
        medium = _MEDIA[port] if port < len(_MEDIA) else "(null)"
        lines.append(f"media {medium}{'autoselect' if 'automedia' in flags else ''}")
    return lines


def _counters(record: Record) -> list[str]:
    compressing = record["hardware_type"] in _COMPRESSING
    received, sent = record["rx_bytes"] or 0, record["tx_bytes"] or 0
    return [
        f"RX packets {record['rx_packets']}  bytes {received} ({size_text(received)})",
        *([f"RX compressed:{record['rx_compressed'] or 0}"] if compressing else []),
        (
            f"RX errors {record['rx_errors']}  dropped {record['rx_dropped_total']}  "
            f"overruns {record['rx_fifo_errors']}  frame {record['rx_frame_total']}"
        ),
        f"TX packets {record['tx_packets']}  bytes {sent} ({size_text(sent)})",
        *([f"TX compressed {record['tx_compressed'] or 0}"] if compressing else []),
        (
            f"TX errors {record['tx_errors']}  dropped {record['tx_dropped']} overruns {record['tx_fifo_errors']}  "
            f"carrier {record['tx_carrier_total']}  collisions {record['collisions']}"
        ),
    ]


def size_text(size: int) -> str:
    """A number of bytes in the largest unit it is more than one of, cut behind a tenth.

    netstat takes the tenth of an EiB for a whole number, which for 15.99 gives 16.0.
    """
    if size > _EXBI:
        tenths, unit = size // (_EXBI // 10), "EiB"
    else:
        power = next((power for power in range(len(_UNITS), 0, -1) if size > 1 << 10 * power), 0)
        tenths, unit = size * 10 >> 10 * power, ("B", *_UNITS)[power]
    return f"{tenths // 10}.{tenths % 10} {unit}"


def _device(found: Record) -> list[str]:
    """Interrupt, I/O port, memory and DMA channel, where any is known."""
    parts = []
    if found["interrupt"]:
        parts.append(f"interrupt {found['interrupt']}  ")
    if found["base_address"] >= _LEAST_BASE:
        parts.append(f"base 0x{found['base_address']:x}  ")
    if found["memory_start"]:
        parts.append(f"memory 0x{found['memory_start']:x}-{found['memory_end']:x}  ")
    if found["dma"]:
        parts.append(f"  dma 0x{found['dma']:x}")
    return ["device " + "".join(parts)] if parts else []


def _text(value: int | None) -> str:
    return "-" if value is None else str(value)
