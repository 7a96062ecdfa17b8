"""The part of a socket's record that only SCTP has: streams, windows, and addresses of the peer with their state."""

# Annotations are evaluated: as text, typing would compile each field's, which a start takes long for.

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypedDict

from netstat_core.plugin import Address, Bytes, Count, Field, Record

SCTP = "sctp"
"""The field of socket records that holds this part."""

PATH_STATES = {0: "inactive", 1: "potentially_failed", 2: "active", 3: "unconfirmed", 0xFFFF: "unknown"}
"""Words by the numbers of enum sctp_spinfo_state (linux/sctp.h); unknown before the association is established."""


class Path(TypedDict):
    """An address of the peer of an association, and so a path to it."""

    address: Annotated[Address, Field("Address of the peer", mark="address")]
    state: Annotated[
        str | None,
        Field(
            "Whether the peer answers there; null if it was not read, as over netlink without /proc/net/sctp/remaddr",
            words=tuple(PATH_STATES.values()),
            pattern=r"^unknown\(-?[0-9]+\)$",
        ),
    ]
    primary: Annotated[
        bool | None, Field("Whether data goes there unless it fails; null if the kernel or the capture does not tell")
    ]


class Sctp(TypedDict):
    """What the kernel knows of an SCTP socket besides."""

    inbound_streams: Annotated[Count | None, Field("Streams of the peer; null for an endpoint")]
    outbound_streams: Annotated[Count | None, Field("Streams to the peer; null for an endpoint")]
    send_window_bytes: Annotated[
        Bytes | None, Field("Receive window of the peer (sctpi_peer_rwnd); null for an endpoint and from /proc")
    ]
    receive_window_bytes: Annotated[
        Bytes | None, Field("Receive window told the peer (sctpi_rwnd); null for an endpoint and from /proc")
    ]
    receive_buffer_bytes: Annotated[
        Bytes | None, Field("Limit of received data (SK_MEMINFO_RCVBUF); null where the kernel does not tell it")
    ]
    paths: Annotated[
        list[Path] | None, Field("Addresses of the peer in the order of remote_addresses; null for an endpoint")
    ]


def make_sctp(**known: Any) -> Record:
    """Return the part of a record; fields that are not given are null."""
    return {
        "inbound_streams": None,
        "outbound_streams": None,
        "send_window_bytes": None,
        "receive_window_bytes": None,
        "receive_buffer_bytes": None,
        "paths": None,
        **known,
    }


def make_paths(addresses: Sequence[str], states: Mapping[str, str | None], primary: str | None) -> list[Record]:
    """Return the paths to the addresses of a peer; ``primary`` is the address of the primary path if it is known."""
    is_known = primary in addresses
    return [
        {
            "address": address,
            "state": states.get(address),
            "primary": address == primary if is_known else None,
        }
        for address in addresses
    ]


def to_path_state(number: int) -> str:
    """Return the word for a state of a path, ``unknown(number)`` if there is none."""
    return PATH_STATES.get(number, f"unknown({number})")
