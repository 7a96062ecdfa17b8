"""Who is behind a process: what the files of /proc tell, in the shapes that real machines give them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netstat_core.escape import unescape
from netstat_core.owners import control_groups
from netstat_core.owners.control_groups import Container, ControlGroups

ID = "4c01db0b339c0a4e1cd3a8c1cd3a1d5d0fbd5ee4c8ad1c0b1f2f7f0d2a9e6b11"
OTHER = "9f" * 32
POD = "8f3b6a52-9f3c-4f7e-9a6b-0c1d2e3f4a5b"
ESCAPED_POD = POD.replace("-", "_")
STATIC_POD = "0c1d2e3f4a5b8f3b6a529f3c4f7e9a6b"
TASK = "0c1d2e3f4a5b4c01db0b339c0a4e1cd3"

V1 = """12:pids:{0}
11:memory:{0}
4:cpu,cpuacct:{0}
1:name=systemd:{0}
0::/system.slice/containerd.service
"""

CONTAINERS: list[tuple[str, str, str, str | None]] = [
    ("docker, systemd driver", f"0::/system.slice/docker-{ID}.scope", ID, "docker"),
    ("docker, cgroupfs driver", f"0::/docker/{ID}", ID, "docker"),
    ("docker, version 1", V1.format(f"/docker/{ID}"), ID, "docker"),
    ("docker, systemd inside", f"0::/docker/{ID}/init.scope", ID, "docker"),
    ("docker, seen from a namespace", f"0::/../../docker-{ID}.scope", ID, "docker"),
    ("docker, removed group", f"0::/system.slice/docker-{ID}.scope (deleted)", ID, "docker"),
    ("docker in docker", f"0::/docker/{OTHER}/docker/{ID}", ID, "docker"),
    ("docker rootless", f"0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-{ID}.scope", ID, "docker"),
    ("nerdctl", f"0::/system.slice/nerdctl-{ID}.scope", ID, "containerd"),
    ("ctr", f"0::/default/{ID}", ID, "containerd"),
    (
        "kubelet and containerd, systemd driver",
        f"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{ESCAPED_POD}.slice/cri-containerd-{ID}.scope",
        ID,
        "containerd",
    ),
    (
        "kubelet and containerd, units as cgroupfs paths",
        V1.format(f"/system.slice/containerd.service/kubepods-besteffort-pod{ESCAPED_POD}.slice:cri-containerd:{ID}"),
        ID,
        "containerd",
    ),
    ("kubelet, cgroupfs driver", V1.format(f"/kubepods/burstable/pod{POD}/{ID}"), ID, None),
    (
        "kind: kubelet in docker",
        f"0::/docker/{OTHER}/kubelet.slice/kubelet-kubepods-pod{ESCAPED_POD}.slice/cri-containerd-{ID}.scope",
        ID,
        "containerd",
    ),
    ("cri-o, systemd driver", f"0::/kubepods.slice/kubepods-pod{ESCAPED_POD}.slice/crio-{ID}.scope", ID, "cri-o"),
    ("cri-o, container group below", f"0::/kubepods.slice/crio-{ID}.scope/container", ID, "cri-o"),
    ("cri-o, cgroupfs driver", f"0::/kubepods/besteffort/pod{POD}/crio-{ID}", ID, "cri-o"),
    ("podman, root", f"0::/machine.slice/libpod-{ID}.scope/container", ID, "podman"),
    (
        "podman, rootless",
        f"0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ID}.scope/container",
        ID,
        "podman",
    ),
    ("podman, pod", f"0::/machine.slice/machine-libpod_pod_{OTHER}.slice/libpod-{ID}.scope", ID, "podman"),
    ("podman, cgroupfs", f"0::/libpod_parent/libpod-{ID}", ID, "podman"),
    ("podman, quadlet", f"0::/system.slice/web.service/libpod-payload-{ID}", ID, "podman"),
    ("lxc 3", V1.format("/lxc/web"), "web", "lxc"),
    ("lxc 4", "0::/lxc.payload.web/system.slice/nginx.service", "web", "lxc"),
    ("lxc, Proxmox", "0::/lxc/101/ns/init.scope", "101", "lxc"),
    ("lxc, payload folder", "0::/lxc.payload/web", "web", "lxc"),
    (
        "nspawn",
        r"0::/machine.slice/systemd-nspawn@deb\x2d12.service/payload/system.slice/ssh.service",
        "deb-12",
        "systemd-nspawn",
    ),
    ("nspawn by hand", r"0::/machine.slice/machine-deb.scope/payload", "deb", "systemd-nspawn"),
    ("ECS", f"0::/ecs/0c1d2e3f4a5b4c01db0b339c0a4e1cd3/{ID}", ID, None),
    ("ECS on Fargate", f"0::/ecs/{TASK}/{TASK}-3935363592", f"{TASK}-3935363592", None),
    ("ECS on Fargate, version 1", V1.format(f"/ecs/{TASK}/{TASK}-527074092"), f"{TASK}-527074092", None),
    ("ECS on Fargate, from inside", f"0::/../{TASK}-527074092", f"{TASK}-527074092", None),
    (
        "hybrid: version 2 keeps the daemon's",
        f"4:memory:/docker/{ID}\n0::/system.slice/containerd.service",
        ID,
        "docker",
    ),
]


@pytest.mark.parametrize(("shape", "content", "name", "runtime"), CONTAINERS, ids=[one[0] for one in CONTAINERS])
def test_container(shape: str, content: str, name: str, runtime: str | None) -> None:
    """The innermost container's id and its runtime are read off the paths that runtimes make."""
    assert ControlGroups(content.encode()).find_container() == Container(name, runtime)


@pytest.mark.parametrize(
    "content",
    [
        "0::/",
        "0::/init.scope",
        "0::/system.slice/docker.service",
        "0::/user.slice/user-0.slice/session-1.scope",
        f"0::/machine.slice/libpod-conmon-{ID}.scope",
        f"0::/kubepods.slice/crio-conmon-{ID}.scope",
        "0::/lxc.monitor.web",
        "0::/machine.slice/systemd-nspawn@deb.service/supervisor",
        r"0::/machine.slice/machine-qemu\x2d1\x2dvm.scope",
        f"0::/system.slice/docker-{ID[:-1]}.scope",
        f"0::/system.slice/docker-{ID.upper()}.scope",
        f"0::/evil-docker-{ID}.scope",
        f"0::/system.slice/{TASK}",
        f"0::/system.slice/{TASK}-x1",
        f"0::/system.slice/{TASK[1:]}-527074092",
        "",
    ],
)
def test_no_container(content: str) -> None:
    """Services, sessions, virtual machines, monitors of containers, and what only resembles one are none."""
    assert ControlGroups(content.encode()).find_container() is None


@pytest.mark.parametrize(
    ("path", "pod"),
    [
        (f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{ESCAPED_POD}.slice/x.scope", POD),
        (f"/kubepods.slice/kubepods-pod{ESCAPED_POD}.slice/x.scope", POD),
        (f"/kubepods/besteffort/pod{POD}/{ID}", POD),
        (f"/kubepods/pod{POD}/{ID}", POD),
        (f"/kubepods/burstable/pod{STATIC_POD}/{ID}", STATIC_POD),
        (f"/system.slice/containerd.service/kubepods-besteffort-pod{ESCAPED_POD}.slice:cri-containerd:{ID}", POD),
        (f"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort-pod{ESCAPED_POD}.slice/x.scope", POD),
        (f"/docker/{ID}", None),
        (f"/machine.slice/machine-libpod_pod_{ID}.slice/libpod-{OTHER}.scope", None),
        (f"/pods/pod{POD}/{ID}", None),
    ],
)
def test_pod(path: str, pod: str | None) -> None:
    """A Kubernetes pod's id is read off the kubelet's groups, with either driver, spelled as the API server does."""
    assert ControlGroups(f"0::{path}\n".encode()).find_pod() == pod
    assert ControlGroups(V1.format(path).encode()).find_pod() == pod


@pytest.mark.parametrize(
    ("content", "unit", "user_unit"),
    [
        ("0::/system.slice/nginx.service", "nginx.service", None),
        ("0::/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service", None),
        ("0::/system.slice/nginx.service/worker", "nginx.service", None),
        ("0::/init.scope", "init.scope", None),
        ("0::/user.slice/user-1000.slice/session-3.scope", "session-3.scope", None),
        (
            "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.gnome.slice/web.service",
            "user@1000.service",
            "web.service",
        ),
        ("0::/user.slice/user-1000.slice/user@1000.service/init.scope", "user@1000.service", "init.scope"),
        (f"0::/machine.slice/libpod-{ID}.scope/container/system.slice/nginx.service", f"libpod-{ID}.scope", None),
        ("0::/system.slice/_cpu.service", "cpu.service", None),
        ("0::/system.slice/gone.service (deleted)", "gone.service", None),
        ("0::/../../system.slice/ssh.service", "ssh.service", None),
        (V1.format("/system.slice/cron.service"), "cron.service", None),
        (V1.format(f"/docker/{ID}"), None, None),
        (r"0::/system.slice/dev-disk\x2dby.swap", r"dev-disk\\x2dby.swap", None),
        ("0::/system.slice", None, None),
        ("0::/system.slice/not a unit.service", None, None),
        ("0::/", None, None),
    ],
)
def test_unit(content: str, unit: str | None, user_unit: str | None) -> None:
    """The unit is the first part of systemd's path that is no slice; a user's manager has units of its own below."""
    groups = ControlGroups(content.encode())
    assert (groups.find_unit(), groups.find_user_unit()) == (unit, user_unit)


@pytest.mark.parametrize(
    ("content", "path"),
    [
        ("0::/system.slice/a.service\n", "/system.slice/a.service"),
        (V1.format("/docker/x"), "/system.slice/containerd.service"),
        ("1:name=systemd:/a.service\n0::/\n", "/a.service"),
        ("5:memory:/deep\n1:name=systemd:/\n0::/\n", "/deep"),
        ("0::/\n", "/"),
        ("0::/a:b:c\n", "/a:b:c"),
        ("0::/gone (deleted)\n", "/gone (deleted)"),
        ("0::/first\n0::/second\n", "/first"),
        ("", None),
        ("garbage", None),
    ],
)
def test_path(content: str, path: str | None) -> None:
    """The path shown is version 2's, else systemd's, else any other, unless only the root is known."""
    assert ControlGroups(content.encode()).path == path


def stat(name: bytes, ticks: bytes) -> bytes:
    """Make /proc/PID/stat with a name and a start time."""
    return b"7 (" + name + b") S " + b" ".join(b"%d" % number for number in range(4, 22)) + b" " + ticks + b" 23 24\n"


@pytest.mark.parametrize("name", [b"sh", b"a) S 1 2", b"a b", b"((", b"x\ny)", b"\xff"])
def test_start(name: bytes) -> None:
    """The start is counted from the machine's, whatever the process calls itself."""
    assert control_groups.parse_start_time(stat(name, b"12345"), 1700000000, 100) == "2023-11-14T22:15:23Z"


@pytest.mark.parametrize(
    ("content", "boot", "ticks"),
    [
        (b"", 1, 100),
        (b"7 (sh) S 1", 1, 100),
        (stat(b"sh", b"-1"), 1, 100),
        (stat(b"sh", b"9" * 40), 1, 100),
        (stat(b"sh", b"9" * 18), 1, 1),
        (stat(b"sh", b"5"), None, 100),
        (stat(b"sh", b"5"), 1, 0),
    ],
)
def test_start_unknown(content: bytes, boot: int | None, ticks: int) -> None:
    """A start that cannot be known is null."""
    assert control_groups.parse_start_time(content, boot, ticks) is None


def test_boot_time() -> None:
    """The machine's start is in /proc/stat."""
    assert control_groups.parse_boot_time(b"cpu  1 2\nctxt 3\nbtime 1700000000\nprocesses 1\n") == 1700000000
    assert control_groups.parse_boot_time(b"cpu  1 2\nbtime x\n") is None
    assert control_groups.parse_boot_time(b"") is None


@pytest.mark.parametrize(
    ("environ", "units"),
    [
        (b"LISTEN_PID=7\0LISTEN_FDS=2\0LISTEN_FDNAMES=a.socket:b.socket\0", {3: "a.socket", 4: "b.socket"}),
        (b"HOME=/\0LISTEN_PID=7\0LISTEN_FDS=2\0LISTEN_FDNAMES=http:b.socket\0", {4: "b.socket"}),
        (b"LISTEN_PID=7\0LISTEN_FDS=1\0LISTEN_FDNAMES=a.socket:b.socket\0", {3: "a.socket"}),
        (b"LISTEN_PID=8\0LISTEN_FDS=1\0LISTEN_FDNAMES=a.socket\0", {}),
        (b"LISTEN_PID=7\0LISTEN_FDS=1\0", {}),
        (b"LISTEN_PID=7\0LISTEN_FDS=99999999999999\0LISTEN_FDNAMES=a.socket\0", {}),
        (b"LISTEN_PID=7\0LISTEN_FDS=1\0LISTEN_FDNAMES=\x1b[1m.socket\0", {}),
        (b"", {}),
    ],
)
def test_activation(environ: bytes, units: dict[int, str]) -> None:
    """A service that was handed sockets knows the units of them by descriptor; only its own environment counts."""
    assert control_groups.parse_activated_units(environ, 7) == units


FILES = st.dictionaries(st.sampled_from(control_groups.FILES), st.none() | st.binary(max_size=300))
PATHS = st.lists(
    st.sampled_from(
        ["", "..", "docker", ID, f"docker-{ID}.scope", "a.service", "lxc", "\udcff", "user@1000.service", "payload"]
    )
).map("/".join)


@given(FILES, st.integers(0, 1 << 22), st.none() | st.integers(0, 1 << 63), st.integers(-1, 10**6))
def test_any_bytes(contents: dict[str, bytes | None], pid: int, boot: int | None, ticks: int) -> None:
    """Whatever the files hold, a description comes out, with every key, and nothing is raised."""
    described: dict[str, Any] = control_groups.describe(contents, pid, boot, ticks)
    assert list(described) == ["executable", "started_at", "cgroup", "unit", "user_unit", "container", "pod"]
    control_groups.parse_activated_units(contents.get("environ") or b"", pid)


@given(st.lists(st.tuples(st.sampled_from(["", "memory", "name=systemd", "cpu,cpuacct"]), PATHS)))
def test_any_paths(lines: list[tuple[str, str]]) -> None:
    """Whatever paths are made of, what is found stands in one of them."""
    content = "".join(f"{number}:{kind}:/{path}\n" for number, (kind, path) in enumerate(lines))
    raw = content.encode("utf-8", "surrogateescape")
    groups = ControlGroups(raw)
    container = groups.find_container()
    for found in (
        groups.path,
        groups.find_unit(),
        groups.find_user_unit(),
        groups.find_pod(),
        container and container.id,
    ):
        assert found is None or unescape(found) in raw


def test_hostile_names_stay_data() -> None:
    """A path with control characters and undecodable bytes is escaped as every record is, and forges no field."""
    described = control_groups.describe(
        {"exe": b"/tmp/\xff\n\x1b (deleted)", "cgroup": b"0::/a\xff\x1b.service\n"}, 7, 0, 100
    )
    assert described["executable"] == "/tmp/\\xff\n\x1b (deleted)"
    assert described["cgroup"] == "/a\\xff\x1b.service"
    assert described["unit"] is None
