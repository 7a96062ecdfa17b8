"""Facts about a machine with an old Python and nothing else, over SSH, and with a plugin that it knows nothing of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import namespaces
import old_debian
import old_machine
import plays
import pytest

PACKET = Path(__file__).resolve().parents[1] / "outside/packet"
PROGRAM = Path(__file__).resolve().with_name("old_machine.py")
REASONS = [why() for why in (plays.reason, old_debian.reason, namespaces.reason)]
pytestmark = pytest.mark.skipif(any(REASONS), reason=str(next(filter(None, REASONS), None)))

PLAYBOOK = """
- hosts: old
  gather_facts: false
  tasks:
    - netstat.core.netstat_facts: {sockets: all}
      register: gathered
    - ansible.builtin.command: {argv: [/usr/bin/python3, -c, 'import sys; print(list(sys.version_info[:2]))']}
      register: python
    - ansible.builtin.shell: command -v netstat ss ip pip lsof
      register: tools
      failed_when: false
    - ansible.builtin.assert:
        that:
          - ansible_facts.netstat is netstat.core.listening_on(22, process='sshd')
          - ansible_facts.netstat is netstat.core.closed_on('23/tcp')
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.copy:
        content: "{{ dict(gathered=hostvars.old.gathered, python=hostvars.old.python.stdout,
                          tools=hostvars.old.tools.stdout_lines) | to_json }}"
        dest: "{{ outcome }}"
        mode: "0600"
"""
INVENTORY = """
old ansible_host=127.0.0.1 ansible_user=root ansible_ssh_private_key_file={key}
localhost ansible_connection=local
"""
PYTHON = "{{ '/usr/bin/python3' if inventory_hostname == 'old' else ansible_playbook_python }}"
SSH = "-F none -o ControlMaster=no -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the root directory of an old Debian, kept where a variable says, else made for this run of the tests."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    try:
        return old_debian.made_in(Path(os.environ.get(old_debian.KEPT) or shared / "chroots"))
    except old_debian.Unavailable as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def packet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the outside plugin into a directory of its own."""
    pytest.importorskip("hatchling")
    pytest.importorskip("pip")
    target = tmp_path_factory.mktemp("packet")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target", str(target)]
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *options, str(PACKET)]
    ran = subprocess.run(command, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    return target


@pytest.fixture(scope="module")
def outcome(root: Path, packet: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Give what a playbook found on the old machine, with the plugin beside ansible-core."""
    folder = tmp_path_factory.mktemp("old-machine")
    key = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    (folder / "hosts").write_text(INVENTORY.format(key=key))
    (folder / "play.yml").write_text(PLAYBOOK)
    configuration = str(plays.ROOT / "ansible.cfg")  # a process that enters a mount namespace is in no folder of ours
    hold = [sys.executable, str(PROGRAM), str(root), f"{key}.pub"]
    with namespaces.network_namespace() as network, network.running(hold):
        ran = plays.play(
            folder / "play.yml",
            folder,
            *("--inventory", str(folder / "hosts")),
            enter=network.enter,
            environment={"PYTHONPATH": str(packet), "ANSIBLE_SSH_ARGS": SSH, "ANSIBLE_CONFIG": configuration},
            ansible_python_interpreter=PYTHON,
            outcome=str(folder / "outcome.json"),
        )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found: dict[str, Any] = json.loads((folder / "outcome.json").read_text())
    return found


def test_machine_has_python_and_nothing_else(outcome: dict[str, Any]) -> None:
    """What is proved here is proved of a Python older than the package takes, and of a machine without tools."""
    assert json.loads(outcome["python"]) == list(old_debian.PYTHON)
    assert outcome["tools"] == []


def test_listeners_of_the_machine(outcome: dict[str, Any]) -> None:
    """What listens there is found with its processes, and nothing of it is missing."""
    facts = outcome["gathered"]["ansible_facts"]["netstat"]
    assert set(facts["listening"]) == {f"tcp/{old_machine.SSH_PORT}", f"tcp/{old_machine.SERVICE_PORT}"}
    service = facts["listening"][f"tcp/{old_machine.SERVICE_PORT}"]
    assert (service["addresses"], service["processes"], service["users"]) == (["127.0.0.1"], ["python3"], ["root"])
    assert facts["listening"]["tcp/22"]["processes"] == ["sshd"]
    assert facts["incomplete_because"] == []
    assert facts["interfaces"]["lo"]["mtu"] == 65536


def test_connection_of_the_play_is_among_all_sockets(outcome: dict[str, Any]) -> None:
    """The full list holds the SSH connection over which it was asked for."""
    sockets = outcome["gathered"]["sockets"]
    assert [one for one in sockets if (one.get("local_port"), one.get("state")) == (22, "ESTABLISHED")]


def test_outside_plugin_delivers_from_the_machine(outcome: dict[str, Any]) -> None:
    """A family that is installed on the controller only has its records, and they were read on the machine."""
    (found,) = outcome["gathered"]["ansible_facts"]["netstat"]["families"]["packet"]["sockets"]
    assert (found["kind"], found["ethertype"], found["ifindex"]) == ("packet.socket", 0x88CC, 0)
