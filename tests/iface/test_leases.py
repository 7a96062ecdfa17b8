"""DHCP leases: what the files of four clients say, what the kernel adds, and what a damaged file costs."""

from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leased import (
    BOOT,
    COMMENT,
    FOR_EVER,
    NOW,
    UUID,
    Leased,
    bootp,
    dhclient,
    leases,
    option,
    record,
    report,
    timed,
)
from netstat_iface.lease import Clock, Found, make_record
from netstat_iface.lease_dhclient import parse as parse_dhclient
from netstat_iface.lease_dhcpcd import find_interface
from netstat_iface.lease_dhcpcd import parse as parse_dhcpcd
from netstat_iface.lease_networkd import parse as parse_networkd
from netstat_iface.lease_networkd import parse_span

from netstat_core.cli import main
from netstat_core.plugin import Directory, Problem
from netstat_core.system import writing
from netstat_core.system.snapshot import MemoryStore, SnapshotSystem

PATH = "/var/lib/dhcp/dhclient.leases"
NETWORKD = "/run/systemd/netif/leases/2"
DHCPCD = "/var/lib/dhcpcd/eth0.lease"
MANAGER = f"/var/lib/NetworkManager/internal-{UUID}-eth0.lease"


def only(system: Leased) -> dict[str, Any]:
    """Return the only lease."""
    (lease,) = leases(system).values()
    return lease


class TestFiles:
    """What the files say alone."""

    def test_dhclient(self) -> None:
        """The last lease of an interface counts, its start is its end less its length, and BOOTP is told."""
        old = dhclient("eth0", "expire 3 2024/05/15 09:00:00")
        new = dhclient(
            *("eth0", "bootp", "option dhcp-lease-time 3600", "option dhcp-server-identifier 192.0.2.1"),
            *("renew 3 2024/05/15 12:01:00", "rebind 3 2024/05/15 12:20:00", "expire 3 2024/05/15 12:30:00"),
        )
        lease = only(Leased({PATH: old + new}))
        assert (lease["started_at"], lease["renew_at"]) == ("2024-05-15T11:30:00Z", "2024-05-15T12:01:00Z")
        assert (lease["rebind_at"], lease["expires_at"]) == ("2024-05-15T12:20:00Z", "2024-05-15T12:30:00Z")
        assert (lease["bootp"], lease["state"], lease["server_address"]) == (True, "BOUND", "192.0.2.1")
        assert (lease["client"], lease["present"]) == ("dhclient", None)

    @pytest.mark.parametrize(
        ("now", "state"), [(1799, "BOUND"), (1800, "RENEWING"), (3149, "RENEWING"), (3150, "REBINDING"), (3600, "INIT")]
    )
    def test_states(self, now: int, state: str) -> None:
        """The state follows the clock: half of a lease, seven eighths and its end are the borders, to the second."""
        lease = make_record(Found("dhcpcd", "eth0", started=0, length=3600), None, Clock(now, None))
        assert lease["state"] == state

    def test_no_clock(self) -> None:
        """Where it is not known when a copy was made, no state is told."""
        assert only(Leased({PATH: dhclient("eth0", "expire epoch 1715774400")}, read_at=None))["state"] is None

    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            *(("1800", 1800), ("30min", 1800), ("52min 30s", 3150), ("1h 5min", 3900), ("1month 2w", 3839400)),
            *(("1.5s", 1.5), ("4294967295", None), ("infinity", None), ("1d 1y", 31644000), ("0", 0)),
        ],
    )
    def test_time_spans(self, text: str, seconds: float | None) -> None:
        """Seconds and the spans of systemd are read, both ways of saying for ever too."""
        assert parse_span(text) == seconds

    @pytest.mark.parametrize("text", ["", "min", "1 h", "1hour", "-5", "1e9", "9" * 400, "\u0661"])
    def test_no_time_spans(self, text: str) -> None:
        """Anything else is refused."""
        with pytest.raises(ValueError, match="not a time span"):
            parse_span(text)

    def test_networkd_forms(self) -> None:
        """Old seconds, spans and JSON of one lease give the same record, JSON with its own start."""
        old = COMMENT + b"ADDRESS=192.0.2.50\nNETMASK=255.255.255.0\nT1=1800\nT2=3150\nLIFETIME=3600\n"
        new = COMMENT + b"ADDRESS=192.0.2.50\nT1=30min\nT2=52min 30s\nLIFETIME=1h\n"
        stamp = "Wed 2024-05-15 11:45:00.000001 UTC"
        values = {"Address": [192, 0, 2, 50], "T1": "30min", "T2": "52min 30s", "Lifetime": "1h"}
        latest = json.dumps({**values, "Timestamp_realtime": stamp}).encode()
        first, second, third = (
            only(Leased({NETWORKD: content}, ["lo", "eth0"], times={NETWORKD: start}))
            for content, start in ((old, NOW - 900), (new, NOW - 900), (latest, NOW - 60))
        )
        assert first == second == third
        assert (first["interface"], first["started_at"]) == ("eth0", "2024-05-15T11:45:00Z")

    def test_dhcpcd(self) -> None:
        """A message tells address, server and times; the file was written when it came. Without type 53 it is BOOTP."""
        options = (option(53, b"\5"), option(54, b"\xc0\0\2\1"), b"\0\0", option(51, 7200), option(58, 600))
        lease = only(Leased({DHCPCD: bootp(*options)}, times={DHCPCD: NOW - 300}))
        assert (lease["address"], lease["server_address"], lease["bootp"]) == ("192.0.2.50", "192.0.2.1", False)
        assert (lease["started_at"], lease["renew_at"]) == ("2024-05-15T11:55:00Z", "2024-05-15T12:05:00Z")
        lease = only(Leased({DHCPCD: bootp()}))
        assert (lease["bootp"], lease["endless"], lease["state"]) == (True, True, "BOUND")

    def test_later_than_the_reading(self) -> None:
        """A file that is younger than the snapshot lost its time when it was copied: its lease has no start."""
        lease = only(Leased({DHCPCD: bootp(option(53, b"\5"), option(51, 60))}, times={DHCPCD: NOW + 3600}))
        assert (lease["started_at"], lease["expires_at"], lease["state"]) == (None, None, None)

    def test_interfaces_of_file_names(self) -> None:
        """The longest name of an interface at the start of a file's name counts; without such it is not there."""
        path = "/var/lib/dhcpcd/{}.lease"
        assert find_interface(path.format("br-lan-home-2"), ["br", "br-lan"]) == "br-lan"
        assert find_interface(path.format("dhcpcd-eth0"), ["eth0"]) == "eth0"
        assert find_interface(path.format("eth01"), ["eth0"]) is None
        assert find_interface(path.format("wlan0-a-b"), None) == "wlan0"

    def test_inet6_and_other_files_are_passed_over(self) -> None:
        """Leases of IPv6 and files with other names make no record and no problem."""
        content = b'default-duid "\\"};";\nlease6 {\n  interface "eth0";\n  ia-na 1 {\n    starts 5;\n  }\n}\n'
        files = {PATH: content, "/run/systemd/netif/leases/.#2abc": b"x", "/var/lib/dhcpcd/eth0.lease6": b"x"}
        made = report(Leased(files, ["lo", "eth0"]))
        assert (made["tables"]["leases"], made["problems"], made["completeness"]) == ([], [], [])


class TestKernel:
    """What the kernel adds."""

    def test_lifetimes(self) -> None:
        """NetworkManager's file has the address alone: start and end are those of the kernel."""
        system = Leased(
            {MANAGER: COMMENT + b"ADDRESS=192.0.2.50\n", "/proc/stat": b"cpu  1 2\nbtime %d\n" % BOOT},
            ["lo", "eth0"],
            [timed(2, "192.0.2.50", 2700, 85500)],
        )
        lease = only(system)
        assert (lease["started_at"], lease["expires_at"]) == ("2024-05-15T11:45:00Z", "2024-05-15T12:45:00Z")
        assert (lease["renew_at"], lease["state"], lease["present"]) == ("2024-05-15T12:15:00Z", "BOUND", True)

    def test_the_kernel_comes_first(self) -> None:
        """A file whose lease seems over is older than the lifetime that the kernel counts down."""
        system = Leased(
            {PATH: dhclient("eth0", "option dhcp-lease-time 3600", "expire 3 2024/05/15 11:00:00")},
            ["lo", "eth0"],
            [timed(2, "192.0.2.50", 2700, 5)],
        )
        lease = only(system)
        assert (lease["started_at"], lease["expires_at"]) == ("2024-05-15T11:45:00Z", "2024-05-15T12:45:00Z")
        assert lease["state"] == "BOUND"

    def test_an_unreadable_file(self) -> None:
        """Of a file of dhcpcd that only root may read, the interface's one address with a lifetime is the lease."""
        files = {DHCPCD: None, "/proc/stat": b"cpu  1 2\nbtime %d\n" % BOOT}
        fixed = timed(2, "192.0.2.9", FOR_EVER, 5)
        system = Leased(files, ["lo", "eth0"], [fixed, timed(2, "192.0.2.50", 1800, 84600)])
        made = report(system)
        (lease,) = made["tables"]["leases"]
        assert (lease["address"], lease["started_at"]) == ("192.0.2.50", "2024-05-15T11:30:00Z")
        assert [(gap["reason"], gap["source"]) for gap in made["completeness"]] == [("permission", DHCPCD)]
        two = [timed(2, "192.0.2.50", 1800, 5), timed(2, "192.0.2.51", 1800, 5)]
        assert leases(Leased(files, ["lo", "eth0"], two)) == {}

    def test_a_closed_folder_is_a_gap(self) -> None:
        """A folder that may not be listed is told: leases may be missing."""
        made = report(Leased({"/var/lib/NetworkManager/": b""}, ["lo", "eth0"]))
        assert {gap["reason"] for gap in made["completeness"]} == {"permission"}

    def test_gone_interfaces(self) -> None:
        """A lease of an interface that the kernel does not have is none."""
        assert leases(Leased({PATH: dhclient("eth9"), NETWORKD: COMMENT + b"ADDRESS=192.0.2.1\n"}, ["lo"])) == {}

    def test_the_lease_in_use(self) -> None:
        """Of several clients' leases of an interface, that whose address it has counts; nobody cleans up the others."""
        files = {
            PATH: dhclient("eth0", "expire never"),
            NETWORKD: COMMENT + b"ADDRESS=192.0.2.60\nLIFETIME=60\n",
            MANAGER: COMMENT + b"ADDRESS=192.0.2.70\n",
        }
        lease = only(Leased(files, ["lo", "eth0"], [timed(2, "192.0.2.70", 60, 5)]))
        assert (lease["client"], lease["present"]) == ("networkmanager", True)
        files["/run/NetworkManager/devices/2"] = b"[device]\nmanaged=true\nconnection-uuid=another\n"
        lease = only(Leased(files, ["lo", "eth0"], [timed(2, "192.0.2.70", 60, 5)]))
        assert (lease["client"], lease["present"]) == ("dhclient", False)

    @given(st.integers(0, 10**9), st.integers(0, 10**9))
    def test_uptimes_begin_again(self, uptime: int, age: int) -> None:
        """The uptime of an address has 32 bits of hundredths; the last fitting time before the reading is meant."""
        age = min(age, uptime, (1 << 32) // 100 - 1)
        stamp = ((uptime - age) * 100 % (1 << 32)) / 100
        own = {"family": "inet", "address": "192.0.2.1", "valid_seconds": 10, "updated_uptime": stamp}
        lease = make_record(Found("dhclient", "eth0", address="192.0.2.1"), [own], Clock(BOOT + uptime, BOOT))
        expected = make_record(Found("dhcpcd", "eth0", started=BOOT + uptime - age), None, Clock(None, None))
        assert lease["started_at"] == expected["started_at"]


class TestSnapshots:
    """What a snapshot keeps."""

    def test_replay_equals_the_reading(self) -> None:
        """Times of files, also of those that may not be read, and lifetimes replay as they were read."""
        system = Leased(
            {
                NETWORKD: COMMENT + b"ADDRESS=192.0.2.50\nLIFETIME=1h\n",
                "/var/lib/dhcpcd/eth1.lease": None,
                "/proc/stat": b"cpu  1 2\nbtime %d\n" % BOOT,
            },
            ["lo", "eth0", "eth1"],
            [timed(3, "192.0.2.70", 600, 86000)],
            times={NETWORKD: NOW - 1200},
        )
        tree = record(system)
        replayed = SnapshotSystem(MemoryStore({f"/{path}": content for path, content in tree.items()}))
        assert leases(replayed) == leases(system)
        assert leases(system)["eth0"]["started_at"] == "2024-05-15T11:40:00Z"
        assert leases(system)["eth1"]["address"] == "192.0.2.70"

    def test_times_of_a_copy(self, tmp_path: Path) -> None:
        """A copy in a folder or a tar has the times of its files; a tar without them has a lease without a start."""
        path = tmp_path / "tree" / NETWORKD[1:]
        path.parent.mkdir(parents=True)
        path.write_bytes(COMMENT + b"ADDRESS=192.0.2.50\nLIFETIME=1h\n")
        os.utime(path, (NOW - 1200.5, NOW - 1200.5))
        (tmp_path / "tree/proc/net").mkdir(parents=True)
        (tmp_path / "tree/proc/net/dev").write_bytes(b"")
        for form, start in ((tarfile.USTAR_FORMAT, NOW - 1201), (tarfile.PAX_FORMAT, NOW - 1201)):
            with tarfile.open(tmp_path / "copy.tar", "w", format=form) as archive:
                archive.add(tmp_path / "tree", "copy")
            found = SnapshotSystem(tmp_path / "copy.tar").read_all(Directory("/run/systemd/netif/leases/*", dated=True))
            assert [getattr(one, "modified", 0) for one in found.values()] == [start]
        found = SnapshotSystem(tmp_path / "tree").read_all(Directory("/run/systemd/netif/leases/*", dated=True))
        assert [getattr(one, "modified", 0) for one in found.values()] == [NOW - 1201]

    def test_redaction(self, tmp_path: Path) -> None:
        """Addresses, interfaces and names of networks do not show, neither in records nor in what is told."""
        files = {
            "/var/lib/dhcpcd/secret0-secretnet.lease": b"secret",
            PATH: dhclient("secret0", "option dhcp-server-identifier 172.31.10.11", "expire epoch secret"),
            "/var/lib/dhcpcd/secret0-other.lease": None,
        }
        writing.write(record(Leased(files, ["lo", "secret0"])), f"{tmp_path}/packed", io.BytesIO())
        out = io.BytesIO()
        main.run(["--from", f"{tmp_path}/packed", "--json", "--tables", "leases", "--redact"], out, io.BytesIO())
        made = json.loads(out.getvalue())
        (lease,) = made["tables"]["leases"]
        assert (lease["client"], len(made["problems"]), len(made["completeness"])) == ("dhclient", 2, 1)
        assert b"secret" not in out.getvalue()
        assert b"172.31" not in out.getvalue()
        assert b"192.0.2.50" not in out.getvalue().replace(lease["address"].encode(), b"")


def parse_any(content: bytes) -> list[Any]:
    """Return what all parsers make of a content."""
    made = [*parse_dhclient(PATH, content), *parse_networkd(NETWORKD, content, None)]
    return [*made, *parse_dhcpcd(DHCPCD, content, None, None)]


@given(st.binary(max_size=400))
def test_any_bytes(content: bytes) -> None:
    """No content raises, and what no client wrote makes no lease of it but a problem."""
    made = parse_any(content)
    assert not content.strip() or any(isinstance(one, Problem) for one in made)


@given(st.data())
def test_any_damage(data: st.DataObject) -> None:
    """A file that is cut, or in which a byte is another, never raises; a dhcpcd file that is cut makes no lease."""
    whole = data.draw(
        st.sampled_from(
            [
                dhclient("eth0", "renew 3 2024/05/15 10:00:00", "expire epoch 5", 'option host-name "a\\"b"'),
                COMMENT + b"ADDRESS=192.0.2.50\nT1=30min\nLIFETIME=1h\n",
                b'{"AddressString":"192.0.2.50","Lifetime":"1h","Timestamp_realtime":"Wed 2024-05-15 11:45:00 UTC"}\n',
                bootp(option(53, b"\5"), option(51, 7200)),
            ]
        )
    )
    place = data.draw(st.integers(0, len(whole) - 1))
    cut = parse_any(whole[:place])
    parse_any(whole[:place] + bytes([data.draw(st.integers(0, 255))]) + whole[place + 1 :])
    assert not any(isinstance(one, Found) and one.client == "dhcpcd" for one in cut)


@pytest.mark.parametrize(
    "content",
    [
        dhclient("eth0", "renew 3 2024/13/45 10:00:00"),
        dhclient("eth0", "expire epoch " + "9" * 5000),
        b"lease {" * 100_000,
        b"}" * 100_000,
        b"{" + b'"a":[' * 50_000,
        b'lease { interface "' + b"\\" * 100_001,
        dhclient("eth0", f"option dhcp-lease-time {'9' * 15}", "renew epoch 999999999999999"),
    ],
)
def test_hostile_files(content: bytes) -> None:
    """Dates that no calendar has, endless numbers, and nesting without end cost a problem or a time."""
    made = report(Leased({PATH: content, NETWORKD: content}, ["lo", "eth0"]))
    assert made["problems"]
    assert all(gap["about"] == "source" for gap in made["completeness"])
