"""What listens on this minion, for targeting: ``salt -G 'netstat:listening:tcp/22' test.ping``.

Salt computes grains whenever a minion starts or refreshes them. This one reads listening TCP and UDP sockets only,
looks at no process, and never raises.
"""

from __future__ import annotations

import sys
from itertools import islice
from typing import Any

_MOST_PORTS = 500
_MOST_ADDRESSES = 20
_LONGEST_REASON = 500


def netstat() -> dict[str, Any]:
    """The addresses that something listens on by protocol and port; no ``listening`` where that could not be read."""
    if sys.platform != "linux":
        return {}
    try:
        return {"netstat": _listening()}
    except Exception as error:  # noqa: BLE001 - whatever is wrong here, the minion has to start
        reason = f"{type(error).__name__}: {error}"[:_LONGEST_REASON]
        return {"netstat": {"complete": False, "incomplete_because": [_missing(ascii(reason)[1:-1])]}}


def _listening() -> dict[str, Any]:
    from netstat_core.facts.gather import gather  # noqa: PLC0415
    from netstat_core.facts.query import facts_query  # noqa: PLC0415
    from netstat_core.host.discovery import Host  # noqa: PLC0415 - Salt imports this file on every start

    host = Host()
    query = facts_query(host, tables=("sockets",), protocols=("tcp", "udp"))
    facts = gather(query._replace(owners=()), host=host).facts
    found = {port: entry["addresses"] for port, entry in facts["listening"].items()}
    kept = {port: found[port][:_MOST_ADDRESSES] for port in islice(found, _MOST_PORTS)}
    reasons = facts["incomplete_because"]
    if kept != found:
        kinds = f"only {_MOST_PORTS} ports, and {_MOST_ADDRESSES} addresses of each, are kept in grains"
        reasons = [*reasons, _missing(kinds)]
    return {"listening": kept, "complete": not reasons, "incomplete_because": reasons}


def _missing(text: str) -> dict[str, str]:
    """Why the table of sockets is missing or not whole, as facts say it."""
    return {"about": "table", "text": text}
