"""The grain ``netstat``: listening ports, for targeting: ``salt -G 'netstat:listening:tcp/22' test.ping``.

Salt computes grains whenever a minion starts or refreshes them. This one reads only listening TCP and UDP sockets and
no processes, and it never raises.
"""

from __future__ import annotations

import sys
from itertools import islice
from typing import Any

_MOST_PORTS = 500
_MOST_ADDRESSES = 20
_LONGEST_REASON = 500


def netstat() -> dict[str, Any]:
    """Return the grain: addresses with listeners by protocol and port; no ``listening`` if it could not be read."""
    if sys.platform != "linux":
        return {}
    try:
        return {"netstat": _gather_listening()}
    except Exception as error:  # noqa: BLE001 - the minion must start whatever fails here
        reason = f"{type(error).__name__}: {error}"[:_LONGEST_REASON]
        return {"netstat": {"complete": False, "incomplete_because": [_make_reason(ascii(reason)[1:-1])]}}


def _gather_listening() -> dict[str, Any]:
    from netstat_core.facts.gather import gather  # noqa: PLC0415
    from netstat_core.facts.query import facts_query  # noqa: PLC0415
    from netstat_core.host.discovery import Host  # noqa: PLC0415 - Salt imports this file on every start

    host = Host()
    query = facts_query(host, tables=("sockets",), protocols=("tcp", "udp"), owners=False)
    facts = gather(query, host=host).facts
    addresses = {port: entry["addresses"] for port, entry in facts["listening"].items()}
    kept = {port: addresses[port][:_MOST_ADDRESSES] for port in islice(addresses, _MOST_PORTS)}
    reasons = facts["incomplete_because"]
    if kept != addresses:
        limit = f"only {_MOST_PORTS} ports, and {_MOST_ADDRESSES} addresses of each, are kept in grains"
        reasons = [*reasons, _make_reason(limit)]
    return {"listening": kept, "complete": not reasons, "incomplete_because": reasons}


def _make_reason(text: str) -> dict[str, str]:
    """Return a reason, in the form of facts, why the table of sockets is missing or incomplete."""
    return {"about": "table", "text": text}
