"""Makes the packed captures in `tests/fixtures/netlink`: `python tests/net/make_captures.py [NAME...]`, by root.

Each is what `pynetstat capture` writes inside namespaces that a zoo of the tests filled. Takes `ip` and `nft`.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

TESTS = Path(__file__).resolve().parents[1]
sys.path[1:1] = [str(TESTS), *(str(TESTS / name) for name in ("iface", "masq"))]

import interface_zoo  # noqa: E402
import namespaces  # noqa: E402
import test_masq_live as masq  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OUT = TESTS / "fixtures" / "netlink"
LARGEST = 300_000
PYTHON = "/usr/bin/python3"
ZOOS = "/srv/zoo"
"""Where the tests are inside, so that arguments of processes do not tell where the checkout is."""

INSIDE = f"mount -t tmpfs tmpfs /srv && mkdir {ZOOS} /srv/run && mount --bind {TESTS} {ZOOS}"
HOLD = [*namespaces.UNSHARE, "--cgroup", "sh", "-c", f"{INSIDE} && echo ready && exec cat"]
NAMED_ZOO = ["unshare", "--uts", "--cgroup", "sh", "-c", 'hostname zoo && exec "$@"', "sh"]
"""Runs a command on a machine called zoo."""

RUN = [sys.executable, "-m", "netstat_core"]
WITHOUT_RIGHTS = """
import io, os, sys
from netstat_core.cli.main import run
run(sys.argv[1:2] + ["-"] + sys.argv[3:], io.BytesIO(), io.BytesIO())
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
sys.exit(run(sys.argv[1:2] + ["-"] + sys.argv[3:], sys.stdout.buffer, sys.stderr.buffer))
"""
"""Captures to standard output as nobody; everything was imported before."""


@contextmanager
def machine() -> Iterator[namespaces.NetworkNamespace]:
    """Make namespaces of the network, of mounts and of processes, in which the zoos are at hand."""
    with namespaces._until_closed(HOLD) as holder:
        yield namespaces.NetworkNamespace(holder.pid)


@contextmanager
def living(*zoos: str) -> Iterator[namespaces.NetworkNamespace]:
    """Make a machine in which programs run: each `FILE ARGUMENT...` below the tests."""
    with machine() as made, ExitStack() as stack:
        for zoo in zoos:
            file, *arguments = zoo.split()
            stack.enter_context(made.running([PYTHON, f"{ZOOS}/{file}", *arguments]))
        yield made


@contextmanager
def routes() -> Iterator[namespaces.NetworkNamespace]:
    """Make a machine with every kind of route and neighbour."""
    with machine() as made:
        masq.must(made, f"sh {ZOOS}/route/route_zoo.sh && sleep 3")
        yield made


@contextmanager
def interfaces() -> Iterator[namespaces.NetworkNamespace]:
    """Make a machine with every kind of interface."""
    with machine() as made:
        interface_zoo.fill(made)
        yield made


@contextmanager
def router() -> Iterator[namespaces.NetworkNamespace]:
    """Make a router that masquerades flows between two others and counts what goes through."""
    with ExitStack() as stack:
        client, made, server = (stack.enter_context(machine()) for _ in range(3))
        masq.connect(made, "near", client)
        masq.connect(made, "far", server)
        masq.must(made, "cd /proc/sys/net && echo 1 > ipv4/ip_forward && echo 1 > ipv6/conf/all/forwarding")
        masq.must(made, f"nft '{masq.RULES}' && echo 1 > /proc/sys/net/netfilter/nf_conntrack_acct")
        stack.enter_context(server.running([PYTHON, f"{ZOOS}/masq/far_server.py"]))
        stack.enter_context(client.running([PYTHON, f"{ZOOS}/masq/near_client.py", *masq.FLOWS]))
        stack.enter_context(made.running([PYTHON, f"{ZOOS}/masq/near_client.py", masq.OWN_FLOW]))
        yield made


SOCKETS = ("live/socket_zoo.py /srv/run",)
CAPTURES: dict[str, tuple[Callable[[], object], list[str]]] = {
    "sockets": (lambda: living(*SOCKETS), []),
    "sockets-listening": (lambda: living(*SOCKETS), ["-tulnx"]),
    "sockets-procfs": (lambda: living(*SOCKETS), ["--source", "procfs", "-anp"]),
    "tcp-time-wait": (lambda: living("net/tcp_zoo.py"), ["-tan", "-p"]),
    "unix": (lambda: living("unix/unix_zoo.py tame /srv/run"), ["-xap"]),
    "unix-odd-names": (lambda: living("unix/unix_zoo.py hostile /srv/run"), ["-xap"]),
    "owners": (lambda: living("net/owner_zoo.py"), ["-a", "--who"]),
    "owners-denied": (lambda: living("net/owner_zoo.py"), ["-a", "-p"]),
    "routes": (routes, []),
    "interfaces": (interfaces, []),
    "multicast": (lambda: living("igmp/multicast_router.py", "igmp/member.py"), []),
    "router": (router, []),
    "namespaces": (lambda: living("namespaces_live/namespace_zoo.py 2"), ["--all-netns"]),
    "namespaces-asked": (
        lambda: living("namespaces_live/namespace_zoo.py 0"),
        ["--netns", "red", "--netns", "ghost", "-tuanp"],
    ),
}
"""By name: what fills the namespaces, and what is captured."""


def take(name: str) -> None:
    """Make one capture."""
    fill, arguments = CAPTURES[name]
    command = [sys.executable, "-c", WITHOUT_RIGHTS] if name == "owners-denied" else RUN
    with fill() as made:
        ran = made.run([*NAMED_ZOO, *command, "capture", "-", *arguments])
    if ran.returncode or ran.stderr or len(ran.stdout) > LARGEST:
        raise RuntimeError(f"{name}: status {ran.returncode}, {len(ran.stdout)} bytes, {ran.stderr.decode()}")
    (OUT / f"{name}.txt").write_bytes(ran.stdout)
    print(f"{name}: {len(ran.stdout)} bytes")


def main() -> None:
    """Make those that are named, or all."""
    OUT.mkdir(exist_ok=True)
    for name in sys.argv[1:] or CAPTURES:
        take(name)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(str(error))
