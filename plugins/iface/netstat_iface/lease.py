"""The record of a DHCP lease, and how it is made from what a client's file and the kernel tell.

The kernel comes first: it knows how long an address is still valid, and when that was last set. A file may be older.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Annotated, NamedTuple, TypedDict

from netstat_core.plugin import Address, Field, InterfaceName, Record

ENDLESS = 0xFFFFFFFF
"""The lease time that stands for ever (RFC 2131, section 3.3)."""

CLIENTS = ("dhclient", "networkd", "networkmanager", "dhcpcd")
STATES = ("INIT", "BOUND", "RENEWING", "REBINDING")

_WRAP = (1 << 32) / 100
"""Seconds after which the uptime in struct ifa_cacheinfo (hundredths in 32 bits) begins again: 497 days."""

_SLACK = 60
"""Seconds that reading may take, and clocks may differ."""

_TIME = "ISO 8601 UTC; null if"


class Lease(TypedDict):
    """A DHCP lease of IPv4, from the file that the client keeps and the lifetime that the kernel counts down."""

    interface: Annotated[
        InterfaceName | None, Field("Interface that the client configures; null if only its index is known")
    ]
    interface_index: Annotated[int | None, Field("The kernel's number of the interface; null if unknown", minimum=1)]
    client: Annotated[str, Field("Client that keeps the lease", words=CLIENTS)]
    address: Annotated[Address | None, Field("Address that is leased; null if it cannot be read", mark="address")]
    server_address: Annotated[Address | None, Field("Server that leased it; null if not told", mark="address")]
    bootp: Annotated[bool, Field("Given by BOOTP, not by DHCP")]
    started_at: Annotated[
        str | None, Field(f"When the lease was granted or last renewed, {_TIME} unknown", mark="word")
    ]
    renew_at: Annotated[
        str | None,
        Field(f"When the client asks the server to renew it: T1, by default half of it; {_TIME} unknown", mark="word"),
    ]
    rebind_at: Annotated[
        str | None, Field(f"When it asks any server: T2, by default seven eighths of it; {_TIME} unknown", mark="word")
    ]
    expires_at: Annotated[str | None, Field(f"When the lease ends, {_TIME} never or unknown", mark="word")]
    endless: Annotated[bool, Field("Never expires")]
    state: Annotated[
        str | None,
        Field("State of the client as times and address tell, in the words of RFC 2131; null if unknown", words=STATES),
    ]
    present: Annotated[
        bool | None, Field("The interface has the address; null where addresses of interfaces are unknown")
    ]


class Found(NamedTuple):
    """What a client's file says of a lease. Times are seconds since 1970, ``length``, ``first`` and ``second`` seconds.

    ``interface`` is a name as records have it, ``number`` the index; a file has one of them. ``first`` and ``second``
    are T1 and T2 after the start. ``connection`` is NetworkManager's identifier of what uses the address.
    """

    client: str
    interface: str | None = None
    number: int | None = None
    address: str | None = None
    server: str | None = None
    bootp: bool = False
    endless: bool = False
    started: float | None = None
    renew: float | None = None
    rebind: float | None = None
    expires: float | None = None
    length: float | None = None
    first: float | None = None
    second: float | None = None
    connection: str | None = None


class Clock(NamedTuple):
    """When the machine was read, and when it was booted; seconds since 1970, None if unknown."""

    now: float | None
    boot: float | None

    def limit(self, time: int | None) -> int | None:
        """Return the time of a file; None for a later one than that of reading: a copy that did not keep the times."""
        return None if time is not None and self.now is not None and time > self.now + _SLACK else time


class Times(NamedTuple):
    """The times of a lease in seconds since 1970; None if unknown, or never."""

    started: float | None
    renew: float | None
    rebind: float | None
    expires: float | None


def make_record(found: Found, addresses: Iterable[Record] | None, clock: Clock) -> Record:
    """Return the record of a lease; ``addresses`` are those of its interface, None if they are unknown."""
    own = _find_address(found, addresses)
    address = own["address"] if own else found.address
    times = _compute_times(found, own, clock)
    present = None if addresses is None or address is None else own is not None
    return {
        "interface": found.interface,
        "interface_index": found.number,
        "client": found.client,
        "address": address,
        "server_address": found.server,
        "bootp": found.bootp,
        "started_at": _format(times.started),
        "renew_at": _format(times.renew),
        "rebind_at": _format(times.rebind),
        "expires_at": _format(times.expires),
        "endless": found.endless,
        "state": _find_state(times, clock.now, endless=found.endless, present=present),
        "present": present,
    }


def _find_address(found: Found, addresses: Iterable[Record] | None) -> Record | None:
    """Return the leased address on its interface; of a file that cannot be read, the only one with a lifetime."""
    inet = [each for each in addresses or () if each["family"] == "inet"]
    if found.address is not None:
        return next((each for each in inet if each["address"] == found.address), None)
    timed = [each for each in inet if each["valid_seconds"] is not None]
    return timed[0] if len(timed) == 1 else None


def _compute_times(found: Found, own: Record | None, clock: Clock) -> Times:
    """Return the times that the kernel tells, and what the file adds to them; the defaults are those of RFC 2131."""
    valid = own["valid_seconds"] if own else None
    started, expires = found.started, found.expires
    if valid is not None and clock.now is not None:
        expires = clock.now + valid
        updated = _find_update(own["updated_uptime"] if own else None, clock)
        started = updated if updated is not None else _add(expires, found.length and -found.length)
    expires = _add(started, found.length) if expires is None else expires
    length = _add(expires, started and -started)
    first = found.first if found.first is not None or length is None else length / 2
    second = found.second if found.second is not None or length is None else length * 7 / 8
    renew = _add(started, first) if found.renew is None else found.renew
    rebind = _add(started, second) if found.rebind is None else found.rebind
    return Times(started, None, None, None) if found.endless else Times(started, renew, rebind, expires)


def _find_update(uptime: float | None, clock: Clock) -> float | None:
    """Return the time of an uptime, which begins again after 497 days: the last one that is not in the future."""
    if uptime is None or clock.boot is None or clock.now is None:
        return None
    turns = max(int((clock.now - clock.boot - uptime) // _WRAP), 0)
    return clock.boot + uptime + turns * _WRAP


def _add(time: float | None, seconds: float | None) -> float | None:
    return None if time is None or seconds is None else time + seconds


def _find_state(times: Times, now: float | None, *, endless: bool, present: bool | None) -> str | None:
    """Return the state at a time; an address without known times is bound as long as the interface has it."""
    if endless or (times.expires is None and present):
        return "BOUND"
    if now is None or times.expires is None:
        return None
    if now >= times.expires:
        return "INIT"
    if times.rebind is not None and now >= times.rebind:
        return "REBINDING"
    return "RENEWING" if times.renew is not None and now >= times.renew else "BOUND"


def _format(time: float | None) -> str | None:
    """Return a time in ISO 8601; None for one that no calendar has."""
    try:
        return None if time is None else f"{datetime.fromtimestamp(int(time), timezone.utc):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return None


def parse_utc(text: str, form: str) -> float:
    """Return the seconds since 1970 of a time in UTC, in a form of strptime. Raises ValueError."""
    return datetime.strptime(text, form).replace(tzinfo=timezone.utc).timestamp()


def preference(record: Record) -> tuple[bool, bool, str]:
    """Return what makes one of several leases of an interface the one in use: present, valid, the longest."""
    expires = "~" if record["endless"] else record["expires_at"] or ""
    return bool(record["present"]), record["state"] not in (None, "INIT"), expires
