"""Sockets, routes, interfaces and counters of a minion, and snapshots of them.

Nothing is forked, and no netstat or ss is needed: the kernel is asked, and each record is checked against its schema.

All functions but ``is_listening`` and ``capture`` return facts: the same mapping, with the keys of what was asked for.
``complete`` tells whether everything could be seen, ``incomplete_because`` why not. See docs/salt.md.
"""

# ruff: noqa: FBT001, FBT002, PLR0913, PLR0917 - Salt 3006 passes no arguments that are for keywords only

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

__virtualname__ = "netstat"

__context__: dict[str, Any]

Names = str | list[str] | tuple[str, ...] | None

_LONGEST_PATH = 4096
_LONGEST_MESSAGE = 500


def __virtual__() -> str | tuple[bool, str]:  # noqa: N807 - what Salt's loader asks for
    if sys.platform != "linux":
        return False, "netstat reads the Linux kernel, and this is none"
    return __virtualname__


def listening(
    where: str | None = None,
    protocols: Names = None,
    families: Names = None,
    netns: Names = None,
    who: bool = False,
    arguments: bool = False,
) -> dict[str, Any]:
    """
    What listens: Internet sockets by protocol and port, UNIX sockets by path, and who holds them.

    where
        An expression that records must match, such as ``local_port < 1024``.

    protocols, families
        A list of names, or a text with commas: tcp, udp, udplite, raw, sctp, unix; inet, inet6, unix ...

    netns
        Network namespaces by name, ``pid:N`` or ``inode:N``, or ``all`` on the machine. What is in them is found under
        ``namespaces``.

    who
        Whether more is told of processes: program, unit, container, and when they started.

    arguments
        Whether the whole command lines of processes are told, whose arguments may hold secrets. Without it they have
        the first argument alone.

    CLI Example:

    .. code-block:: bash

        salt '*' netstat.listening
        salt '*' netstat.listening protocols=tcp where='local_port < 1024'
        salt '*' netstat.listening netns=all who=True
    """
    asked: dict[str, Any] = {"protocols": protocols, "families": families, "netns": netns}
    return _gathered("sockets", where=where, who=who, arguments=arguments, **asked)


def sockets(
    where: str | None = None,
    protocols: Names = None,
    families: Names = None,
    netns: Names = None,
    who: bool = False,
    arguments: bool = False,
) -> dict[str, Any]:
    """
    All sockets: the facts, and under ``sockets`` one record for each. The arguments are those of ``listening``.

    CLI Example:

    .. code-block:: bash

        salt '*' netstat.sockets protocols=tcp where="state == 'CLOSE_WAIT'"
        salt '*' netstat.sockets protocols=tcp,udp families=inet6
    """
    asked: dict[str, Any] = {"protocols": protocols, "families": families, "netns": netns}
    return _gathered("sockets", sockets="all", where=where, who=who, arguments=arguments, **asked)


def routes(where: str | None = None, families: Names = None, netns: Names = None) -> dict[str, Any]:
    """
    The routing tables under ``routes``, and ``default_route`` of each IP version. See ``listening`` for arguments.

    CLI Example:

    .. code-block:: bash

        salt '*' netstat.routes
        salt '*' netstat.routes families=inet6 where="interface == 'eth0'"
    """
    return _gathered("routes", "default_route", where=where, families=families, netns=netns)


def interfaces(where: str | None = None, netns: Names = None) -> dict[str, Any]:
    """
    Interfaces by name with their addresses and counters; without ``where`` their multicast groups too.

    CLI Example:

    .. code-block:: bash

        salt '*' netstat.interfaces
        salt '*' netstat.interfaces where='rx_errors > 0'
    """
    return _gathered("interfaces", *(() if where else ("groups",)), where=where, netns=netns)


def statistics(where: str | None = None, netns: Names = None) -> dict[str, Any]:
    """
    Counters of the kernel's protocols by section, under the kernel's own names.

    CLI Example:

    .. code-block:: bash

        salt '*' netstat.statistics
        salt '*' netstat.statistics where="section == 'TcpExt'"
    """
    return _gathered("statistics", where=where, netns=netns)


def is_listening(
    port: str | int, address: str | None = None, process: str | None = None, netns: str | None = None
) -> bool:
    """
    Whether something listens on a port, on an address if one is given, and held by a process of that name.

    ``port`` is ``tcp/22`` or ``udp/53``; a number alone is one of TCP. What listens on ``::`` is found for IPv4 too,
    unless it does not take IPv4. False sets the return code 1. Where the answer is not known, as that about a process
    that this minion may not look at, there is an error in its place.

    CLI Example:

    .. code-block:: bash

        salt '*' netstat.is_listening tcp/22 process=sshd
        salt-call --local --retcode-passthrough netstat.is_listening udp/53 address=127.0.0.53
    """
    from netstat_core.answers.listening import listening_on  # noqa: PLC0415 - Salt imports this file on every start

    protocol = str(port).strip().lower().rpartition("/")[0] or "tcp"
    facts = _gathered("sockets", protocols=protocol, netns=netns, owners=process is not None)
    with _in_words_of_salt():
        place = _only_place(facts) if "namespaces" in facts else facts
        name = process if isinstance(process, (list, tuple, dict)) else _text(process)
        found = listening_on(place, port, address=_text(address), process=name)
    if not found:
        __context__["retcode"] = 1  # noqa: F821 - Salt's loader puts it into the module
    return found


def capture(
    path: str | None = None,
    tables: Names = None,
    protocols: Names = None,
    families: Names = None,
    sockets: str = "all",
    netns: Names = None,
    arguments: bool = False,
) -> str:
    """
    A snapshot of the minion: text that ``netstat.parse`` and ``pynetstat --from`` answer from, anywhere and any time.

    With ``path``, an absolute path on the minion, it is written there instead, as an archive where that ends with
    ``.tar.gz``, and the path is returned. It holds everything unless ``tables``, ``protocols`` or ``families`` are
    named or ``sockets`` is ``listening``, and other network namespaces if ``netns`` names them. Of the command lines of
    processes it holds the first argument, and with ``arguments`` the others too, which may hold secrets.

    CLI Example:

    .. code-block:: bash

        salt web1 netstat.capture --out=json | jq -r .web1 > web1.txt
        salt '*' netstat.capture path=/var/tmp/network.tar.gz netns=all
        salt '*' netstat.capture tables=sockets sockets=listening
    """
    from netstat_core.facts.gather import plan_facts  # noqa: PLC0415
    from netstat_core.host.discovery import Host  # noqa: PLC0415
    from netstat_core.report.plan import EVERYTHING  # noqa: PLC0415
    from netstat_core.system import archive  # noqa: PLC0415
    from netstat_core.system.capture import pack  # noqa: PLC0415 - Salt imports this file on every start
    from netstat_core.system.find_namespaces import capture_all  # noqa: PLC0415

    asked: dict[str, Any] = {"tables": tables, "protocols": protocols, "families": families, "netns": netns}
    asked |= {"sockets": sockets, "arguments": arguments}
    with _in_words_of_salt():
        host = Host()
        query = _query(host, asked)
        if sockets == "all" and not (tables or protocols or families):
            places = {name: getattr(query, name) for name in ("network_namespaces", "all_network_namespaces")}
            owners = tuple(dict.fromkeys((*EVERYTHING.owners, *query.owners)))
            query = EVERYTHING._replace(owners=owners, **places)
        contents = capture_all(plan_facts(query, host))
        if path is None:
            return pack(contents)
        archive.write(contents, _absolute(path), sys.stdout.buffer)
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
) -> dict[str, Any]:
    """
    The facts of a snapshot: of the text itself, or of what is at an absolute path.

    ``tables`` are those of the facts, such as ``sockets``, ``routes`` or ``interfaces``; all that are small if none is
    named. With ``sockets=all`` the records of all sockets come too, under ``sockets``. The other arguments are those of
    ``listening``.

    CLI Example:

    .. code-block:: bash

        salt '*' netstat.parse /var/tmp/network.tar.gz
        salt-run salt.cmd netstat.parse /srv/snapshots/web1.txt sockets=all where="state == 'ESTABLISHED'"
    """
    asked: dict[str, Any] = {"protocols": protocols, "families": families, "netns": netns, "who": who}
    asked |= {"where": where, "arguments": arguments}
    return _gathered(*_listed(tables), snapshot=snapshot or "", sockets=sockets, **asked)


def _gathered(*tables: str, snapshot: str | None = None, owners: bool = True, **asked: Any) -> dict[str, Any]:
    """The facts of some tables, of a snapshot if one is given, and the records where all sockets were asked for."""
    from netstat_core.facts.gather import gather  # noqa: PLC0415
    from netstat_core.host.discovery import Host  # noqa: PLC0415 - Salt imports this file on every start

    with _in_words_of_salt():
        host = Host()
        query = _query(host, {**asked, "tables": tables})
        if not owners:
            query = query._replace(owners=())
        system = None if snapshot is None else _replayed(snapshot)
        gathered = gather(query, system, host, keep_sockets=query.show == "all")
    return gathered.facts | ({"sockets": gathered.sockets} if query.show == "all" else {})


def _query(host: Any, asked: dict[str, Any]) -> Any:
    """The query of some arguments as Salt hands them over: numbers, lists, or texts with commas."""
    from netstat_core.facts.query import facts_query  # noqa: PLC0415

    listed = {name: _listed(asked.get(name)) for name in ("tables", "families", "protocols", "netns")}
    is_everywhere = listed["netns"] == ["all"]
    return facts_query(
        host,
        **(listed | ({"netns": []} if is_everywhere else {})),
        all_netns=is_everywhere,
        sockets=str(asked.get("sockets", "listening")),
        where=_text(asked.get("where")),
        who=bool(asked.get("who")),
        arguments=bool(asked.get("arguments")),
    )


def _only_place(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts of the one network namespace that was named."""
    from netstat_core.errors import UsageError  # noqa: PLC0415

    places: list[dict[str, Any]] = [place for place in (facts, *facts["namespaces"].values()) if "listening" in place]
    if len(places) == 1:
        return places[0]
    reasons = "; ".join(reason["text"] for reason in facts["incomplete_because"])
    raise UsageError(f"netns names {len(places)} network namespaces that can be read: {reasons or 'name one'}")


def _listed(names: Any) -> list[str]:
    if isinstance(names, (list, tuple)):
        return [str(name) for name in names]
    return [name.strip() for name in str(names or "").split(",") if name.strip()]


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _replayed(snapshot: str) -> Any:
    """The system that a packed text is of, or what a path leads to."""
    from netstat_core.system import archive  # noqa: PLC0415
    from netstat_core.system.capture import MARK  # noqa: PLC0415
    from netstat_core.system.snapshot import SnapshotSystem  # noqa: PLC0415

    text = str(snapshot).strip()
    if text.startswith(MARK):
        return SnapshotSystem(archive.unpack_text(text))
    return SnapshotSystem(_absolute(text))


def _absolute(path: str) -> str:
    from netstat_core.errors import UsageError  # noqa: PLC0415

    text = str(path)
    if not text.startswith("/") or not text.isprintable() or len(text) > _LONGEST_PATH:
        raise UsageError(f"neither packed text nor an absolute path: {text[:80]!a}")
    return text


@contextlib.contextmanager
def _in_words_of_salt() -> Iterator[None]:
    """Raise errors as the exception that Salt shows in one line, and as they are where there is no Salt."""
    from netstat_core.errors import NetstatError  # noqa: PLC0415
    from netstat_core.facts.query import worded  # noqa: PLC0415
    from netstat_core.facts.sanitise import safe_text  # noqa: PLC0415
    from netstat_core.system.capture import Refused  # noqa: PLC0415

    try:
        yield
    except (NetstatError, Refused) as error:
        exceptions = sys.modules.get("salt.exceptions")
        if exceptions is None:
            raise
        raise exceptions.CommandExecutionError(safe_text(worded(error))[:_LONGEST_MESSAGE]) from None
