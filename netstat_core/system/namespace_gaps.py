"""How records and gaps name a network namespace."""

from __future__ import annotations

from netstat_core.escape import encoded, escape
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.records import NetworkNamespace
from netstat_core.system import find_namespaces
from netstat_core.system.find_namespaces import Found


def identity(found: Found) -> NetworkNamespace:
    """How records name a namespace."""
    return {"inode": found.inode, "name": None if found.name is None else escape(found.name)}


def gap_of(missed: find_namespaces.Missed, found: Found | None = None) -> Gap:
    """What completeness says of a namespace that was not read."""
    where: NetworkNamespace | None = {"inode": missed.inode, "name": None} if missed.inode else None
    return unread(missed.reason, missed.what, shown(missed.detail)).replace(
        errno=missed.errno, count=missed.many or None, network_namespace=identity(found) if found else where
    )


def unread(reason: str, selector: str, detail: str) -> Gap:
    """The gap of what a selector stands for, or of namespaces that nothing selects one by one."""
    if not selector:
        return Gap(reason, "network namespaces", detail, about="namespaces")
    chosen = shown(selector)
    return Gap(reason, f"network namespace {chosen}", detail, about="namespaces", selector=chosen)


def shown(text: str) -> str:
    """A text that may hold a file's name, as records have it."""
    return escape(encoded(text))
