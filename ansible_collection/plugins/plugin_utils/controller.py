# -*- coding: utf-8 -*-
# Copyright (c) 2026 the netstat-core authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From options to a plan, and from what a target sent to facts, on the controller."""

from __future__ import annotations

from typing import NamedTuple

try:
    from netstat_core import collection as core
except ImportError as error:
    IMPORT_ERROR = error
else:
    IMPORT_ERROR = None
    HOST = core.preload_host()
    # Ansible imports this before it forks for each task and host: what is found here is not looked for again.

MOST_BYTES = 1 << 25
"""What one target may send, unpacked: less than what a snapshot on disk may hold, since many targets send at once."""

LONGEST_SNAPSHOT = 1 << 26
LONGEST_MESSAGE = 1000
MOST_WARNINGS = 10


class Refused(Exception):
    """Facts cannot be had, for the reason that the text tells."""


class Asked(NamedTuple):
    """What a task asks for."""

    query: core.Query
    compat: str | None


def need_core():
    """Raise Refused where the package that does the work is missing."""
    if IMPORT_ERROR is not None:
        raise Refused(
            "the Python package netstat-core cannot be imported on the controller (%s); install it beside "
            "ansible-core: pip install 'netstat-core[ansible]', or pipx inject ansible-core netstat-core" % IMPORT_ERROR
        )


def asked(options):
    """The query behind the options of netstat_facts."""
    need_core()
    netns = options.get("netns") or []
    try:
        query = core.facts_query(
            HOST,
            sockets=options.get("sockets") or "listening",
            families=options.get("families") or (),
            protocols=options.get("protocols") or (),
            tables=options.get("tables") or (),
            where=options.get("where"),
            netns=[one for one in netns if one != "all"],
            all_netns="all" in netns,
            who=bool(options.get("who") or options.get("compat")),
            arguments=bool(options.get("arguments")),
        )
    except core.NetstatError as error:
        raise Refused(told(error)) from error
    return Asked(query, options.get("compat"))


def plan(asked):
    """What the target has to read."""
    return dict(core.plan_facts(asked.query, HOST), most_bytes=MOST_BYTES)


def snapshot(sent):
    """The snapshot in the result of netstat_capture, which is whatever the target wanted to say."""
    if sent.get("failed") or sent.get("skipped"):
        raise Refused("the target could not capture its network state: %s" % _failure(sent))
    text = sent.get("snapshot")
    if not isinstance(text, str) or len(text) > LONGEST_SNAPSHOT:
        raise Refused("the target did not send a snapshot, or one that is too large")
    return text


def _failure(sent):
    for key in ("msg", "module_stderr", "module_stdout"):
        text = sent.get(key)
        if isinstance(text, str) and text.strip():
            first = " ".join(text.split())
            more = sent.get("module_stderr") if key == "msg" else None
            if isinstance(more, str) and more.strip() and more.strip() not in text:
                first = "%s (%s)" % (first, " ".join(more.split()))
            return core.safe_text(first)[:LONGEST_MESSAGE]
    return "it does not say why"


def warnings(sent):
    """The warnings of a module on a target, fit to be printed."""
    told = sent.get("warnings")
    words = [one for one in told if isinstance(one, str)] if isinstance(told, list) else []
    texts = [core.safe_text(one)[:LONGEST_MESSAGE] for one in words]
    return {"warnings": texts[:MOST_WARNINGS]} if texts else {}


def result(text, asked):
    """Facts from a snapshot, and sockets where all were asked for."""
    query = asked.query
    wants_all = query.show == "all"
    try:
        system = core.SnapshotSystem(core.unpack_text(text, MOST_BYTES))
        if query.network_namespaces and system.namespace:  # they come besides the host's own
            own = "inode:%s" % system.namespace["inode"]
            query = query._replace(network_namespaces=(own, *query.network_namespaces))
        found = core.gather(query, system, HOST, keep_sockets=wants_all or bool(asked.compat))
        facts = {"netstat": found.facts}
        if asked.compat:
            users = system.names.get("users", {})
            facts.update(core.listen_ports(found.sockets, lambda uid: users.get(str(uid), str(uid))))
    except core.NetstatError as error:
        raise Refused("no facts can be made of it: %s" % core.safe_text(told(error))[:LONGEST_MESSAGE]) from error
    except Exception as error:
        raise Refused("no facts can be made of it: it is damaged (%s)" % type(error).__name__) from error
    return {"ansible_facts": facts, **({"sockets": found.sockets} if wants_all else {})}


def told(error):
    """An error in the words of tasks."""
    return str(error) if isinstance(error, Refused) else core.worded(error)
