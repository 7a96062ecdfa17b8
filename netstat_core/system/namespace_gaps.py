"""Name network namespaces in records and gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netstat_core.escape import encode_text, escape
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.records import NetworkNamespace

if TYPE_CHECKING:
    from netstat_core.system.find_namespaces import Found, Missed


def to_network_namespace(found: Found) -> NetworkNamespace:
    """Return a namespace as records have it, with its name escaped."""
    return {"inode": found.inode, "name": None if found.name is None else escape(found.name)}


def escape_namespace_name(namespace: NetworkNamespace | None) -> NetworkNamespace | None:
    """Escape the name of a namespace as in records; captures keep it as a file name with surrogates (PEP 383)."""
    if namespace is None or namespace["name"] is None:
        return namespace
    return {**namespace, "name": escape_text(namespace["name"])}


def gap_from_missed(missed: Missed, found: Found | None = None) -> Gap:
    """Return the gap for a namespace that was not read; ``found`` identifies it if its inode is known."""
    where: NetworkNamespace | None = {"inode": missed.inode, "name": None} if missed.inode else None
    return make_selector_gap(missed.reason, missed.what, escape_text(missed.detail)).replace(
        errno=missed.errno, count=missed.many or None, network_namespace=to_network_namespace(found) if found else where
    )


def make_selector_gap(reason: str, selector: str, detail: str) -> Gap:
    """Return the gap for a selector, or with an empty one for several namespaces."""
    if not selector:
        return Gap(reason, "network namespaces", detail, about="namespaces")
    chosen = escape_text(selector)
    return Gap(reason, f"network namespace {chosen}", detail, about="namespaces", selector=chosen)


def escape_text(text: str) -> str:
    """Escape a text with a file name as in records."""
    return escape(encode_text(text))
