"""Dumps of multicast routing (RTNL_FAMILY_IPMR and RTNL_FAMILY_IP6MR of linux/rtnetlink.h)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netstat_core.plugin import HEADER, Problem, SourceError


def of_family(family: int, source: str, found: Iterable[bytes | Problem]) -> Iterator[bytes | Problem]:
    """The messages unchanged while they are of this address family.

    Raises SourceError for one of another: a kernel without multicast routing, or too old to dump it, answers with
    what it has of all families.
    """
    for message in found:
        if isinstance(message, bytes) and message[HEADER] != family:
            raise SourceError(source, "the kernel does not dump multicast routing")
        yield message
