"""Sockets, routes, interfaces and counters of a minion, and snapshots of them.

The module reads the kernel directly and checks each record against its schema. It runs no programs, neither netstat
nor ss.

All functions except ``is_listening``, ``is_closed`` and ``capture`` return facts: a mapping with a key for each table
that was read. ``complete`` is whether everything could be read, ``incomplete_because`` lists the reasons why not. See
docs/salt.md.
"""

# ruff: noqa: FBT001, FBT002, PLR0913, PLR0917 - Salt 3006 does not pass keyword-only arguments

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from typing import Any

__virtualname__ = "netstat"

__context__: dict[str, Any]

Names = str | list[str] | tuple[str, ...] | None

_LONGEST_PATH = 4096
_LONGEST_MESSAGE = 500


def __virtual__() -> str | tuple[bool, str]:  # noqa: N807 - called by Salt's loader
    if sys.platform != "linux":
        return False, "the netstat module requires Linux"
    return __virtualname__


def listening(
    where: str | None = None,
    protocols: Names = None,
    families: Names = None,
    netns: Names = None,
    who: bool = False,
    arguments: bool = False,
    owners: bool = True,
) -> dict[str, Any]:
    """
    Return listening sockets: Internet sockets by protocol and port, UNIX sockets by path, with their processes.

    where
        An expression that records must match, such as ``local_port < 1024``.

    protocols
        Protocols as a list or a comma-separated string: tcp, udp, udplite, raw, sctp, unix ...

    families
        Address families as a list or a comma-separated string: inet, inet6, unix ...

    netns
        Other network namespaces by name, ``pid:N`` or ``inode:N``, or ``all``. Their facts are under ``namespaces``.

    who
        Whether to return details of processes: executable, systemd unit, container and start time.

    arguments
        Whether to return the full command lines of processes, whose arguments may contain secrets. By default only the
        first argument is returned.

    owners
        Whether to find the processes that hold sockets, for which the open descriptors of all processes are searched.
        Without it ``processes``, ``pids`` and ``owner_seen`` are null.

    CLI Example:

    .. code-block:: bash

        salt '*' netstat.listening
        salt '*' netstat.listening protocols=tcp where='local_port < 1024'
        salt '*' netstat.listening netns=all who=True
        salt '*' netstat.listening owners=False
    """
    options: dict[str, Any] = {"protocols": protocols, "families": families, "netns": netns, "owners": owners}
    return _gather("sockets", where=where, who=who, arguments=arguments, **options)


def sockets(
    where: str | None = None,
    protocols: Names = None,
    families: Names = None,
    netns: Names = None,
    who: bool = False,
    arguments: bool = False,
    owners: bool = True,
) -> dict[str, Any]:
    """
    Return all sockets: the facts, with a record of each socket under ``sockets``. For arguments see ``listening``.

    CLI Example:

    .. code-block:: bash

        salt '*' netstat.sockets protocols=tcp where="state == 'CLOSE_WAIT'"
        salt '*' netstat.sockets protocols=tcp,udp families=inet6
    """
    options: dict[str, Any] = {"protocols": protocols, "families": families, "netns": netns, "owners": owners}
    return _gather("sockets", sockets="all", where=where, who=who, arguments=arguments, **options)


def routes(where: str | None = None, families: Names = None, netns: Names = None) -> dict[str, Any]:
    """
    Return the routing tables under ``routes`` and the default route of each IP version under ``default_route``.

    For arguments see ``listening``.

    CLI Example:

    .. code-block:: bash

        salt '*' netstat.routes
        salt '*' netstat.routes families=inet6 where="interface == 'eth0'"
    """
    return _gather("routes,default_route", where=where, families=families, netns=netns)


def interfaces(where: str | None = None, netns: Names = None) -> dict[str, Any]:
    """
    Return interfaces by name with their addresses and counters, and without ``where`` their multicast groups too.

    For arguments see ``listening``.

    CLI Example:

    .. code-block:: bash

        salt '*' netstat.interfaces
        salt '*' netstat.interfaces where='rx_errors > 0'
    """
    return _gather("interfaces" if where else "interfaces,groups", where=where, netns=netns)


def statistics(where: str | None = None, netns: Names = None) -> dict[str, Any]:
    """
    Return the counters of the kernel's protocols by section, with the kernel's names.

    For arguments see ``listening``.

    CLI Example:

    .. code-block:: bash

        salt '*' netstat.statistics
        salt '*' netstat.statistics where="section == 'TcpExt'"
    """
    return _gather("statistics", where=where, netns=netns)


def is_listening(
    port: str | int, address: str | None = None, process: str | None = None, netns: str | None = None
) -> bool:
    """
    Return whether something listens on a port, and on an address and by a process of that name if these are given.

    ``port`` is ``tcp/22``, ``22/tcp`` or ``udp/53``; a number alone is a TCP port. A listener on ``::`` serves IPv4
    addresses too, unless it is v6-only. False sets the return code 1. If the answer is unknown, for example because
    this minion may not read the processes, the function fails. In ``onlyif`` of a state it returns False then, and logs
    the reason.

    CLI Example:

    .. code-block:: bash

        salt '*' netstat.is_listening tcp/22 process=sshd
        salt-call --local --retcode-passthrough netstat.is_listening udp/53 address=127.0.0.53
    """
    return _judge("listening_on", port, address, process, netns)


def is_closed(
    port: str | int, address: str | None = None, process: str | None = None, netns: str | None = None
) -> bool:
    """
    Return whether it is certain that nothing listens on a port, the opposite of ``is_listening``.

    If the answer is unknown, both fail, and in ``onlyif`` of a state both return False. For arguments see
    ``is_listening``.

    CLI Example:

    .. code-block:: bash

        salt '*' netstat.is_closed tcp/23
    """
    return _judge("closed_on", port, address, process, netns)


def capture(
    path: str | None = None,
    tables: Names = None,
    protocols: Names = None,
    families: Names = None,
    sockets: str = "all",
    netns: Names = None,
    arguments: bool = False,
    preset: str | None = None,
    owners: bool = True,
) -> str:
    """
    Take a snapshot of the minion: text that ``netstat.parse`` and ``pynetstat --from`` can read on any machine.

    With ``path``, an absolute path on the minion, the snapshot is written there, as an archive if the path ends with
    ``.tar.gz``, and the path is returned. The snapshot holds everything unless ``tables``, ``protocols`` or
    ``families`` are given, ``sockets`` is ``listening``, or a ``preset`` of ``pynetstat capture`` is named; it holds
    other network namespaces if ``netns`` is given. Of the command lines of processes it holds the first argument, with
    ``arguments`` all, which may contain secrets; without ``owners`` it holds no processes.

    CLI Example:

    .. code-block:: bash

        salt web1 netstat.capture --out=json | jq -r .web1 > web1.txt
        salt '*' netstat.capture path=/var/tmp/network.tar.gz netns=all
        salt '*' netstat.capture path=/var/tmp/network.tar.gz preset=fleet
    """
    from netstat_core.host.discovery import Host  # noqa: PLC0415
    from netstat_core.report.plan import plan  # noqa: PLC0415
    from netstat_core.salt.queries import make_capture_query  # noqa: PLC0415
    from netstat_core.system import writing  # noqa: PLC0415
    from netstat_core.system.capture import pack  # noqa: PLC0415 - Salt imports this file on every start
    from netstat_core.system.find_namespaces import capture_all  # noqa: PLC0415

    options: dict[str, Any] = {"tables": tables, "protocols": protocols, "families": families, "netns": netns}
    options |= {"sockets": sockets, "arguments": arguments, "owners": owners}
    with _convert_errors():
        host = Host()
        contents = capture_all(plan(make_capture_query(host, options, preset), host))
        if path is None:
            return pack(contents)
        writing.write(contents, _check_path(path), sys.stdout.buffer)
        return path


def parse(
    snapshot: str,
    where: str | None = None,
    tables: Names = None,
    protocols: Names = None,
    families: Names = None,
    sockets: str = "listening",
    netns: Names = None,
    who: bool = False,
    arguments: bool = False,
    owners: bool = True,
) -> dict[str, Any]:
    """
    Return the facts of a snapshot, given as its text or as an absolute path on the minion.

    ``tables`` are the tables to read, such as ``sockets``, ``routes`` or ``interfaces``; by default all except those
    that may be large. With ``sockets=all`` the records of all sockets are returned too, under ``sockets``. For the
    other arguments see ``listening``.

    CLI Example:

    .. code-block:: bash

        salt '*' netstat.parse /var/tmp/network.tar.gz
        salt-run salt.cmd netstat.parse /srv/snapshots/web1.txt sockets=all where="state == 'ESTABLISHED'"
    """
    options: dict[str, Any] = {"protocols": protocols, "families": families, "netns": netns, "who": who}
    options |= {"where": where, "arguments": arguments, "owners": owners}
    return _gather(tables, snapshot=snapshot or "", sockets=sockets, **options)


def _judge(claim: str, port: Any, address: Any, process: Any, netns: Any) -> bool:
    """Return whether the facts prove a claim, which is the name of a function of answers.listening."""
    from netstat_core.answers import listening as answers  # noqa: PLC0415
    from netstat_core.salt.queries import to_text  # noqa: PLC0415 - Salt imports this file on every start

    with _convert_errors():
        protocol = answers.parse_port(port).protocol
        facts = _gather("sockets", protocols=protocol, netns=netns, owners=process is not None)
        name = process if isinstance(process, (list, tuple, dict)) else to_text(process)
        try:
            place = _get_only_place(facts) if "namespaces" in facts else facts
            is_proven: bool = getattr(answers, claim)(place, port, address=to_text(address), process=name)
        except answers.NotSeen as reason:
            if not _is_in_state():
                raise
            logging.getLogger(__name__).warning("%s; taken as False", reason)
            return False
    if not is_proven and not _is_in_state():
        __context__["retcode"] = 1  # noqa: F821 - Salt's loader puts it into the module
    return is_proven


def _is_in_state() -> bool:
    """Return whether a state is being run, whose requisites call functions.

    There Salt reports an exception with its traceback, and takes a return code for that of all functions that later
    requisites call. A state in Salt has ``runas`` in its context, which the module ``cmd`` goes by too.
    """
    return "runas" in globals().get("__context__", ())


def _gather(tables: Names, snapshot: str | None = None, **options: Any) -> dict[str, Any]:
    """Gather the facts of some tables, from a snapshot if given; with ``sockets="all"`` add the records of sockets."""
    from netstat_core.facts.gather import gather  # noqa: PLC0415
    from netstat_core.host.discovery import Host  # noqa: PLC0415
    from netstat_core.salt.queries import make_query  # noqa: PLC0415 - Salt imports this file on every start

    with _convert_errors():
        host = Host()
        query = make_query(host, {**options, "tables": tables})
        system = None if snapshot is None else _open_snapshot(snapshot)
        gathered = gather(query, system, host, keep_sockets=query.show == "all")
    return gathered.facts | ({"sockets": gathered.sockets} if query.show == "all" else {})


def _get_only_place(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of the only namespace selected. Raises UsageError for several, NotSeen if it was not read."""
    from netstat_core.answers.listening import NotSeen  # noqa: PLC0415
    from netstat_core.errors import UsageError  # noqa: PLC0415

    named: list[dict[str, Any]] = [place for place in facts["namespaces"].values() if "listening" in place]
    is_named = facts["network_namespace"] in [place["network_namespace"] for place in named]
    places = named if is_named or "listening" not in facts else [facts, *named]
    if len(places) == 1:
        return places[0]
    reasons = "; ".join(reason["text"] for reason in facts["incomplete_because"])
    error = UsageError if places else NotSeen
    raise error(f"netns must select one readable network namespace, not {len(places)}{reasons and f': {reasons}'}")


def _open_snapshot(snapshot: str) -> Any:
    """Open a snapshot given as packed text or as an absolute path."""
    from netstat_core.system import archive  # noqa: PLC0415
    from netstat_core.system.capture import MARK  # noqa: PLC0415
    from netstat_core.system.snapshot import SnapshotSystem  # noqa: PLC0415

    text = str(snapshot).strip()
    if text.startswith(MARK):
        return SnapshotSystem(archive.unpack_text(text))
    return SnapshotSystem(_check_path(text))


def _check_path(path: str) -> str:
    from netstat_core.errors import UsageError  # noqa: PLC0415

    text = str(path)
    if not text.startswith("/") or not text.isprintable() or len(text) > _LONGEST_PATH:
        raise UsageError(f"neither packed text nor an absolute path: {text[:80]!a}")
    return text


@contextlib.contextmanager
def _convert_errors() -> Iterator[None]:
    """Convert errors to CommandExecutionError, which Salt shows on one line; without Salt, raise them unchanged."""
    from netstat_core.errors import NetstatError  # noqa: PLC0415
    from netstat_core.facts.query import format_error  # noqa: PLC0415
    from netstat_core.facts.sanitise import safe_text  # noqa: PLC0415
    from netstat_core.system.capture import Refused  # noqa: PLC0415

    try:
        yield
    except (NetstatError, Refused) as error:
        exceptions = sys.modules.get("salt.exceptions")
        if exceptions is None:
            raise
        raise exceptions.CommandExecutionError(safe_text(format_error(error))[:_LONGEST_MESSAGE]) from None
