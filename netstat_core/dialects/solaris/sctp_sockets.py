"""SCTP endpoints and associations of both families, with ``-v`` their further addresses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from netstat_core.dialects.solaris.forms import UNSPECIFIED, Form, Rule, Write, count
from netstat_core.dialects.solaris.sockets import format_endpoint
from netstat_core.dialects.solaris.style import SolarisStyle
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sinks import Head
from netstat_core.report.selection import Demand

_HEADING = """
SCTP:
        Local Address                   Remote Address          Swind  Send-Q Rwind  Recv-Q StrsI/O  State
------------------------------- ------------------------------- ------ ------ ------ ------ ------- -----------
"""
_INACTIVE = frozenset({"CLOSED", "CLOSE", "COOKIE_WAIT", "COOKIE_ECHOED"})
"""States that are shown with -a only. SunOS numbers LISTEN above them, so it is always shown."""

_ENDPOINT_STATES = {"LISTEN": "LISTEN", "CLOSE": "CLOSED"}
_SOCKET_STATES = frozenset(
    {
        "ESTABLISHED",
        "SYN_SENT",
        "SYN_RECV",
        "FIN_WAIT1",
        "FIN_WAIT2",
        "TIME_WAIT",
        "CLOSE_WAIT",
        "LAST_ACK",
        "CLOSING",
    }
)
"""States of the socket of an endpoint that has an association."""

_STATES = frozenset(
    {
        "CLOSED",
        "COOKIE_WAIT",
        "COOKIE_ECHOED",
        "ESTABLISHED",
        "SHUTDOWN_PENDING",
        "SHUTDOWN_SENT",
        "SHUTDOWN_RECEIVED",
        "SHUTDOWN_ACK_SENT",
    }
)
_FIELDS = frozenset(
    {
        "family",
        "local_address",
        "local_port",
        "remote_address",
        "remote_port",
        "local_addresses",
        "remote_addresses",
        "state",
        "state_number",
        "send_queue",
        "recv_queue",
        "sctp",
    }
)


class SctpSockets(Form):
    """Endpoints, then associations, each in the order of the kernel."""

    order = 3

    @classmethod
    def is_selected(cls, style: SolarisStyle) -> bool:
        """Return whether sockets are shown, those of SCTP among them."""
        return not style.forms and style.is_internet and style.protocol in (None, "sctp")

    @classmethod
    def tables(cls, style: SolarisStyle) -> Sequence[str]:  # noqa: ARG003
        """Return the table of sockets."""
        return ("sockets",)

    @classmethod
    def demand(cls, style: SolarisStyle, reader: Reader) -> Demand | None:  # noqa: ARG003
        """Return the fields of a row."""
        return Demand(_FIELDS, order=cls.order) if reader.name == "sctp" else None

    @classmethod
    def shown(cls, style: SolarisStyle, reader: Reader) -> Rule | None:  # noqa: ARG003
        """Return the rule for the states that are shown."""
        return lambda record: _is_shown(record, style)

    def __init__(self, style: SolarisStyle, head: Head, memory: dict[str, Any], write: Write) -> None:
        super().__init__(style, head, memory, write)
        self._endpoints: list[str] = []
        self._associations: list[str] = []

    def batch(self, reader: Reader, batch: Batch) -> None:  # noqa: ARG002
        """Format the rows that are shown."""
        records = [record for record in batch if _is_shown(record, self.style)]
        self.names.expect_hosts(address for record in records for address in _choose_addresses(record))
        for record in records:
            if record["remote_addresses"] is None:
                self._endpoints += self._format_endpoint(record)
            else:
                self._associations += self._format_association(record)

    def _format_endpoint(self, record: Record) -> Iterator[str]:
        """Return the row of an endpoint; its windows are as those of a TCP socket that listens."""
        remote = UNSPECIFIED[":" in (record["local_address"] or "")]
        buffer = count(record["sctp"]["receive_buffer_bytes"])
        ends = f"{self._format_local(record):<31} {remote:<31}"
        yield f"{ends} {'0':>6} {'0':>6} {buffer:>6} {'0':>6} {'--':>3}/{'--':<3} {self._get_state(record)}\n"
        yield from self._format_further(record, None)

    def _format_association(self, record: Record) -> Iterator[str]:
        more = record["sctp"]
        primary = _find_primary(record)
        remote = "--" if primary is None else self._format_address(primary, record["remote_port"])
        windows = count(more["send_window_bytes"]), count(more["receive_window_bytes"])
        streams = f"{count(more['inbound_streams']):>3}/{count(more['outbound_streams']):<3}"
        ends = f"{self._format_local(record):<31} {remote:<31}"
        queues = f"{windows[0]:>6} {record['send_queue']:>6} {windows[1]:>6} {record['recv_queue']:>6}"
        yield f"{ends} {queues} {streams} {self._get_state(record)}\n"
        yield from self._format_further(record, primary)

    def _format_further(self, record: Record, primary: str | None) -> Iterator[str]:
        """Yield with -v the addresses that are not in the row; the peer's in parentheses where it does not answer."""
        if not self.style.verbose:
            return
        peers = [self._format_path(path) for path in record["sctp"]["paths"] or () if path["address"] != primary]
        own = [self.find_host(address) for address in record["local_addresses"][1:]]
        for title, addresses in (("Remote", peers), ("Local", own)):
            if addresses:
                yield f"\t<{title}: {', '.join(addresses)}>\n"

    def _format_path(self, path: Record) -> str:
        host = self.find_host(path["address"])
        return host if path["state"] in ("active", None) else f"({host})"

    def _format_local(self, record: Record) -> str:
        address = record["local_address"] or UNSPECIFIED[0]
        return self._format_address(address, record["local_port"])

    def _format_address(self, address: str, port: int | None) -> str:
        """Return an address and its port; without a port the address alone, which is then never a star."""
        return format_endpoint(self.names, address, port, "sctp") if port else self.find_host(address)

    def _get_state(self, record: Record) -> str:
        """Return SunOS's word, which is the kernel's, but for endpoints that do not listen."""
        state = record["state"]
        if record["remote_addresses"] is None and state in _ENDPOINT_STATES:
            return _ENDPOINT_STATES[state]
        if state in _STATES:
            return str(state)
        return f"UNKNOWN STATE({record['state_number']})" if self.style.is_illumos else "UNKNOWN STATE"

    def end(self) -> None:
        """Write the section if it has rows."""
        if self._endpoints or self._associations:
            self.write(_HEADING + "".join(self._endpoints) + "".join(self._associations))


def _is_shown(record: Record, style: SolarisStyle) -> bool:
    """Return whether there is a row: an endpoint that neither listens nor is closed has its association's."""
    state = record["state"]
    if record["remote_addresses"] is None and state in _SOCKET_STATES:
        return False
    return style.all or state not in _INACTIVE


def _find_primary(record: Record) -> str | None:
    """Return the address of the primary path, the first one where it is not known."""
    primary = (str(path["address"]) for path in record["sctp"]["paths"] or () if path["primary"])
    return next(primary, record["remote_address"])


def _choose_addresses(record: Record) -> Iterator[str]:
    """Yield the addresses of a record."""
    yield from record["local_addresses"]
    yield from record["remote_addresses"] or ()
