"""Leases of dhcpcd: the server's message as it was received (RFC 2131, section 2), written when it was.

The file is named by the interface, for Wi-Fi also by the network: ``eth0.lease``, ``wlan0-home.lease``. Options follow
the cookie 63 82 53 63 at byte 236, as code, length and data::

    35 01 05  36 04 c0 00 02 01  33 04 00 00 0e 10  3a 04 00 00 07 08  ff
    ACK       server 192.0.2.1   lease of 3600 s    T1 1800 s          end
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from socket import inet_ntoa

from netstat_core.plugin import DatedContent, Problem, escape
from netstat_iface.lease import ENDLESS, Found

CLIENT = "dhcpcd"
PATTERNS = ("/var/lib/dhcpcd/*.lease", "/var/lib/dhcpcd5/*.lease", "/var/db/dhcpcd/*.lease")

_REPLY = 2
_OWN_ADDRESS = slice(16, 20)
_COOKIE = slice(236, 240)
_MAGIC = b"\x63\x82\x53\x63"

# RFC 2132
_PAD, _LEASE_TIME, _MESSAGE_TYPE, _SERVER, _T1, _T2, _END = 0, 51, 53, 54, 58, 59, 255
_ACKNOWLEDGED = b"\x05"
_NUMBER_SIZE = 4


def parse(
    path: str, content: bytes, modified: int | None, interfaces: Collection[str] | None
) -> Iterator[Found | Problem]:
    """Yield the lease of a file; ``interfaces`` are the names of all, None if they are unknown.

    Of a file that may not be read only the interface is known; it is often root's.
    """
    interface = find_interface(path, interfaces)
    if interface is None:
        return
    if isinstance(content, DatedContent) and content.is_denied:
        yield Found(CLIENT, interface)
        return
    try:
        found = _parse_message(content)
    except (ValueError, IndexError) as error:
        yield Problem(path, f"not a reply of a DHCP server: {error}", content)
    else:
        yield found._replace(interface=interface, started=modified)


def find_interface(path: str, interfaces: Collection[str] | None) -> str | None:
    """Return the interface of a file, None if no interface has the name. Names may contain the hyphen as well."""
    stem = path.rpartition("/")[2].removesuffix(".lease").removeprefix("dhcpcd-")
    name = escape(stem.encode("utf-8", "surrogateescape"))
    if interfaces is None:
        return name.partition("-")[0] or None
    while name and name not in interfaces:
        name = name.rpartition("-")[0]
    return name or None


def _parse_message(content: bytes) -> Found:
    """Return the lease of a message. Raises ValueError or IndexError for anything else."""
    if content[:1] != bytes([_REPLY]) or content[_COOKIE] != _MAGIC:
        raise ValueError("no reply with options")
    options = _parse_options(content)
    kind = options.get(_MESSAGE_TYPE)
    if kind not in (None, _ACKNOWLEDGED):
        raise ValueError("not an acknowledgement")
    length = _get_number(options, _LEASE_TIME)
    is_endless = length == ENDLESS or (length is None and kind is None)
    server = options.get(_SERVER)
    return Found(
        CLIENT,
        address=inet_ntoa(content[_OWN_ADDRESS]),
        server=inet_ntoa(server) if server is not None and len(server) == _NUMBER_SIZE else None,
        bootp=kind is None,
        endless=is_endless,
        length=None if is_endless else length,
        first=_get_number(options, _T1),
        second=_get_number(options, _T2),
    )


def _parse_options(content: bytes) -> dict[int, bytes]:
    """Return the data of options by code; IndexError if the end is missing."""
    options: dict[int, bytes] = {}
    place = _COOKIE.stop
    while (code := content[place]) != _END:
        if code == _PAD:
            place += 1
            continue
        end = place + 2 + content[place + 1]
        options.setdefault(code, content[place + 2 : end])
        place = end
    return options


def _get_number(options: dict[int, bytes], code: int) -> int | None:
    """Return the seconds of an option, None without one; ValueError for another length."""
    if code not in options:
        return None
    if len(options[code]) != _NUMBER_SIZE:
        raise ValueError("a time of the wrong length")
    return int.from_bytes(options[code], "big")
