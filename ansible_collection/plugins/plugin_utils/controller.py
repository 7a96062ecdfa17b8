# -*- coding: utf-8 -*-
# Copyright (c) 2026 the netstat-core authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""On the controller: make a capture plan from options, and facts from the snapshot that a target sent."""

from __future__ import annotations

from typing import NamedTuple

try:
    from netstat_core import collection as core
except ImportError as error:
    IMPORT_ERROR = error
else:
    IMPORT_ERROR = None
    HOST = core.preload_host()
    # Ansible imports this file before it forks a worker for each task and host, so all workers share this host.

MOST_BYTES = 1 << 25
"""Largest unpacked snapshot of a target: less than one on disk may have, because many targets send at once."""

LONGEST_SNAPSHOT = 1 << 26
"""Characters of a packed snapshot."""

LONGEST_SHOWN = 10000
"""Characters of a result that may be printed because a task failed."""

MOST_SHOWN = 20
"""Records of sockets that may be printed then."""

LONGEST_MESSAGE = 1000
MOST_WARNINGS = 10


class Refused(Exception):
    """No facts can be built; the message says why."""


class Request(NamedTuple):
    """The query of a task, the module whose facts it sets too, and whether details of processes were asked for."""

    query: core.Query
    compat: str | None
    who: bool = False


def require_core():
    """Raise Refused if the Python package netstat-core cannot be imported."""
    if IMPORT_ERROR is not None:
        raise Refused(
            "the Python package netstat-core cannot be imported on the controller (%s); install it beside "
            "ansible-core: pip install 'netstat-core[ansible]', or pipx inject ansible-core netstat-core" % IMPORT_ERROR
        )


def read_options(options):
    """Make a request from the validated options of netstat_facts. Raises Refused for unknown names."""
    require_core()
    netns = options.get("netns") or []
    owners = options.get("owners") is not False
    if options.get("compat") and not owners:
        raise Refused("owners: %s lists processes, which are not searched for" % options["compat"])
    try:
        query = core.facts_query(
            HOST,
            sockets=options.get("sockets") or "listening",
            families=options.get("families") or (),
            protocols=options.get("protocols") or (),
            tables=options.get("tables") or (),
            where=options.get("where"),
            netns=[namespace for namespace in netns if namespace != "all"],
            all_netns="all" in netns,
            owners=owners,
            who=bool(options.get("who") or options.get("compat")),
            arguments=bool(options.get("arguments")),
        )
    except core.NetstatError as error:
        raise Refused(format_error(error)) from error
    return Request(query, options.get("compat"), bool(options.get("who")))


def make_plan(request):
    """Return the capture plan that a target is sent: what to read for the request."""
    return dict(core.plan_facts(request.query, HOST), most_bytes=MOST_BYTES)


def get_snapshot(result):
    """Return the packed snapshot in the result of netstat_capture.

    The result comes from the target and is not trusted. Raises Refused if the task failed, or if the snapshot is
    missing or too large.
    """
    if result.get("failed") or result.get("skipped"):
        raise Refused("the target could not capture its network state: %s" % _get_failure(result))
    text = result.get("snapshot")
    if not isinstance(text, str) or len(text) > LONGEST_SNAPSHOT:
        raise Refused("the target sent no snapshot, or one that is too large")
    return text


def _get_failure(result):
    for key in ("msg", "module_stderr", "module_stdout"):
        text = result.get(key)
        if isinstance(text, str) and text.strip():
            message = " ".join(text.split())
            stderr = result.get("module_stderr") if key == "msg" else None
            if isinstance(stderr, str) and stderr.strip() and stderr.strip() not in text:
                message = "%s (%s)" % (message, " ".join(stderr.split()))
            return core.safe_text(message)[:LONGEST_MESSAGE]
    return "no reason given"


def get_warnings(result):
    """Return the warnings in the result of a module on a target, made printable, as keys for the task's result."""
    given = result.get("warnings")
    warnings = [warning for warning in given if isinstance(warning, str)] if isinstance(given, list) else []
    texts = [core.safe_text(warning)[:LONGEST_MESSAGE] for warning in warnings]
    return {"warnings": texts[:MOST_WARNINGS]} if texts else {}


def build_result(text, request):
    """Build a task's result from a packed snapshot: ``ansible_facts``, and ``sockets`` if all were requested.

    Raises Refused for a damaged snapshot.
    """
    query = request.query
    wants_all = query.show == "all"
    try:
        system = core.SnapshotSystem(core.unpack_text(text, MOST_BYTES))
        if query.network_namespaces and system.namespace:  # netns adds namespaces to the host's own
            own = "inode:%s" % system.namespace["inode"]
            query = query._replace(network_namespaces=(own, *query.network_namespaces))
        gathered = core.gather(query, system, HOST, keep_sockets=wants_all or bool(request.compat))
        facts = {"netstat": gathered.facts}
        if request.compat:
            users = system.names.get("users", {})
            covered = gathered.facts["covers"]["protocols"]
            facts.update(core.listen_ports(gathered.sockets, lambda uid: users.get(str(uid), str(uid)), covered))
            if not request.who:  # the rows alone need them
                core.drop_details(gathered.facts, arguments="arguments" in query.owners)
    except core.NetstatError as error:
        reason = core.safe_text(format_error(error))[:LONGEST_MESSAGE]
        raise Refused("cannot build facts from the snapshot: %s" % reason) from error
    except Exception as error:
        raise Refused("cannot build facts from the snapshot: it is damaged (%s)" % type(error).__name__) from error
    return {"ansible_facts": facts, **({"sockets": gathered.sockets} if wants_all else {})}


def is_long(result):
    """Return whether a result of :func:`build_result` is too long to be printed where nobody asked for it."""
    return len(result.get("sockets", ())) > MOST_SHOWN or len(str(result["ansible_facts"])) > LONGEST_SHOWN


def format_error(error):
    """Return the message of an error, with fields of the query named as the options of a task."""
    return str(error) if isinstance(error, Refused) else core.format_error(error)
