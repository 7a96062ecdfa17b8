"""``-D`` where the kernel's lifetimes are known, and DEFAULT_IP; the texts were worked out by hand."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from leased import BOOT, COMMENT, FOR_EVER, NOW, UUID, Leased, dhclient, record, timed
from test_texts import TEXTS, Result, run

from netstat_core import Query
from netstat_core.system import writing

if TYPE_CHECKING:
    pass

pytestmark = pytest.mark.usefixtures("utc")

HEADER = "Interface  State         Sent  Recv  Declined  Flags\n"
GONE = dhclient("eth2", "option dhcp-lease-time 3600", "expire 3 2024/05/15 11:00:00")
MACHINE = Leased(
    {
        "/proc/stat": b"cpu  1 2\nbtime %d\n" % BOOT,
        "/var/lib/dhcpcd/eth0.lease": None,
        f"/var/lib/NetworkManager/internal-{UUID}-eth1.lease": COMMENT + b"ADDRESS=198.51.100.7\n",
        "/var/lib/dhcp/dhclient.leases": GONE,
        "/run/systemd/netif/leases/5": COMMENT + b"ADDRESS=203.0.113.20\nT1=10min\nLIFETIME=1h\n",
        f"/var/lib/NetworkManager/internal-{UUID}-eth4.lease": COMMENT + b"ADDRESS=203.0.113.40\n",
    },
    ["lo", "eth0", "eth1", "eth2", "eth3", "eth4"],
    [
        timed(2, "192.0.2.50", 1800, 84600),  # 30 minutes left of those since 11:30
        timed(3, "198.51.100.7", 3000, 85800),  # 50 minutes left of those since 11:50
        timed(5, "203.0.113.20", 2700, 85500),  # since 11:45, T1 was 11:55
        timed(6, "203.0.113.40", FOR_EVER, 85500),  # nothing says that the lease is endless
    ],
)
SHOWN = """\
eth0       RENEWING        --    --        --  \n\
(Began, Expires, Renew) = (05/15/2024 11:30, 05/15/2024 12:30, 05/15/2024 12:00)
eth1       BOUND           --    --        --  \n\
(Began, Expires, Renew) = (05/15/2024 11:50, 05/15/2024 12:50, 05/15/2024 12:20)
eth3       RENEWING        --    --        --  \n\
(Began, Expires, Renew) = (05/15/2024 11:45, 05/15/2024 12:45, 05/15/2024 11:55)
eth4       BOUND           --    --        --  \n\
"""


@pytest.fixture(params=["snapshot", "snapshot.tar", "snapshot/"])
def snapshot(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the path of a snapshot in each form."""
    path = f"{tmp_path}/{request.param}"
    queries = [Query(tables=(table,)) for table in ("leases", "interfaces")]
    writing.write(record(MACHINE, *queries), path, sys.stdout.buffer)
    return path


def show(snapshot: str, *arguments: str) -> Result:
    """Run -D on a snapshot."""
    return run(["--dialect", "solaris", "-D", *arguments, "--from", snapshot])


def test_lifetimes(snapshot: str) -> None:
    """Where a file has no times, the kernel has; a lease that is over without its address is left out."""
    assert show(snapshot).stdout == HEADER + SHOWN


def test_captures_without_the_setting(snapshot: str) -> None:
    """That a capture does not have /etc/default/inet_type is not told: machines of Linux do not have it either."""
    assert "inet_type" not in show(snapshot).stderr


def test_failed(snapshot: str) -> None:
    """Asked for by name, a lease that is over is shown: its address is gone, so it failed."""
    assert show(snapshot, "-I", "eth2").stdout == f"{HEADER}eth2       INIT            --    --        --  [FAILED] \n"


def test_time_zone(snapshot: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Times are local times of the program."""
    monkeypatch.setenv("TZ", "XST-9")
    time.tzset()
    lines = show(snapshot, "-I", "eth1").stdout.splitlines()
    assert lines[2] == "(Began, Expires, Renew) = (05/15/2024 20:50, 05/15/2024 21:50, 05/15/2024 21:20)"


def test_the_times_of_files_travel(tmp_path: Path) -> None:
    """A start that is only the time of a file is in every form of a snapshot."""
    path = "/run/systemd/netif/leases/2"
    system = Leased({path: COMMENT + b"ADDRESS=192.0.2.1\nLIFETIME=1h\n"}, ["lo", "eth0"], times={path: NOW - 600})
    for name in ("packed", "archive.tar.gz", "folder/"):
        writing.write(record(system), f"{tmp_path}/{name}", sys.stdout.buffer)
        line = show(f"{tmp_path}/{name}").stdout.splitlines()[2]
        assert line == "(Began, Expires, Renew) = (05/15/2024 11:50, 05/15/2024 12:50, 05/15/2024 12:20)"


@pytest.mark.parametrize(
    ("options", "titles"),
    [
        (["-s"], ["RAWIP", "UDP", "TCP", "IP", "ICMP", "IGMP:"]),
        (["-s", "-f", "inet"], ["RAWIP", "UDP", "TCP", "IP", "ICMP", "IGMP:"]),
        (["-s", "-P", "icmpv6"], ["ICMPv6"]),
        (["-s", "-P", "ip6"], ["IPv6"]),
        (["-s", "-P", "ip"], ["IP"]),
        (["-s", "-f", "inet6", "-P", "ip"], []),
        (["-s", "-f", "inet", "-f", "inet6", "-P", "ip"], ["IPv4"]),
    ],
)
def test_one_ip_version(options: list[str], titles: list[str]) -> None:
    """IP_VERSION4 hides IPv6 and the version in titles, unless an option asks for IPv6."""
    made = run(["--dialect", "solaris", *options, "--from", str(TEXTS / "inet-only")])
    starts = [line.split("\t")[0] for line in made.stdout.splitlines() if line and line[0] not in "\t "]
    assert (starts, made.status) == (titles, 0)
