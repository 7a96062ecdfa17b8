"""Every example of Ansible in the documentation, taken from its page and run by the real ansible-playbook."""

from __future__ import annotations

import ast
import re
import sys
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any, NamedTuple

import namespaces
import plays
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

NOWHERE = plays.reason() or namespaces.reason()
pytestmark = pytest.mark.skipif(NOWHERE is not None, reason=NOWHERE or "")

PAGES = [plays.ROOT / name for name in ("README.md", "docs/ansible.md", "ansible_collection/README.md")]
PLUGINS = sorted((plays.ROOT / "ansible_collection/plugins").glob("*/*.py"))
SOURCES = {str(path.relative_to(plays.ROOT)): path for path in PAGES + PLUGINS}

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FAILED = "FAILED!"

MACHINE = r"""
import os, socket, subprocess, sys, threading, time
database, signal = sys.argv[1:]
run = lambda line: subprocess.run(line.split(), check=True)
for line in (
    "mount -t tmpfs none /run", "mkdir /run/netns", "ip netns add blue",
    "ip link set lo up", "ip link add eth0 type veth peer name peer0", "ip link set eth0 up", "ip link set peer0 up",
    "ip address add 192.0.2.10/24 dev eth0",
    "ip address add 2001:db8::10/64 dev eth0 nodad", "ip route add default via 192.0.2.1",
):
    run(line)
def serve(name, address, port):
    child, parent = os.pipe()
    if os.fork() == 0:
        open("/proc/self/comm", "w").write(name)
        server = socket.create_server((address, port))
        os.write(parent, b"x")
        client = socket.create_connection(("127.0.0.1", port))
        while os.getppid() == main: time.sleep(0.2)
        os._exit(0)
    os.read(child, 1)
main = os.getpid()
serve("sshd", "0.0.0.0", 22)
serve("postgres", database, 5432)
leaving = [socket.create_server(("127.0.0.1", port)) for port in (8081, 9090)]
come = []
def change():
    while not os.path.exists(signal): time.sleep(0.05)
    time.sleep(1)
    come.append(socket.create_server(("127.0.0.1", 8080)))
    for server in leaving: server.close()
threading.Thread(target=change, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
"""
"""A machine as the pages imagine it. A second after a file appears, a service starts and its predecessors stop."""


class Example(NamedTuple):
    """An example: its page and line, the YAML, and whether the page says that it fails."""

    place: str
    text: str
    fails: bool

    def play(self, signal: Path) -> dict[str, Any]:
        """Return the example as a play; tasks that are about facts get them first."""
        yaml = pytest.importorskip("yaml")
        content = yaml.safe_load(self.text)
        if isinstance(content, list) and "hosts" in content[0]:
            (play,) = content
            return dict(play, name=self.place)
        gathers = isinstance(content, list) and "netstat.core.netstat_facts" in content[0]
        before: list[dict[str, Any]] = [] if gathers else [{"netstat.core.netstat_facts": {}}]
        if "until:" in self.text:
            before.append({"ansible.builtin.file": {"path": str(signal), "state": "touch", "mode": "0600"}})
        play = {"name": self.place, "hosts": "localhost", "gather_facts": False, "pre_tasks": before}
        return dict(play, tasks=content) if isinstance(content, list) else {**play, **content}


def examples(source: str) -> list[Example]:
    """Return the examples of a page, or of a plugin's documentation."""
    text = SOURCES[source].read_text()
    if source.endswith(".py"):
        assigned = [node for node in ast.parse(text).body if isinstance(node, ast.Assign)]
        return [
            Example(f"{source}: EXAMPLES", ast.literal_eval(node.value), fails=False)
            for node in assigned
            if isinstance(node.targets[0], ast.Name) and node.targets[0].id == "EXAMPLES"
        ]
    fences = [*FENCE.finditer(text)]
    found = []
    for fence, following in zip(fences, [*fences[1:], None], strict=True):
        fails = following is not None and following[1] == "console" and FAILED in following[2]
        if fence[1] == "yaml":
            place = f"{source}:{text.count(chr(10), 0, fence.start()) + 1}"
            found.append(Example(place, dedent(fence[2]), fails=fails))
    return found


DOCUMENTED = [source for source in SOURCES if examples(source)]
RUNS = {
    "pages": [source for source in DOCUMENTED if source.endswith("README.md")],
    "docs/ansible.md": ["docs/ansible.md"],
    "plugins": [source for source in DOCUMENTED if source.endswith(".py")],
}
"""Examples that are run together, since a start of Ansible takes longer than most of them."""

PREPARED = {
    "name": "What the pages speak of",
    "hosts": "localhost",
    "gather_facts": False,
    "tasks": [
        {"netstat.core.netstat_facts": {}},
        {"ansible.builtin.set_fact": {"before": "{{ ansible_facts.netstat }}"}},
        {
            "ansible.builtin.copy": {
                "content": "{{ ansible_facts.netstat | to_json }}",
                "dest": "baselines/localhost.json",
                "mode": "0600",
            }
        },
        {"netstat.core.netstat_capture": {"preset": "sockets"}, "register": "taken"},
        {"ansible.builtin.copy": {"content": "{{ taken.snapshot }}", "dest": "host.txt", "mode": "0600"}},
    ],
}
INVENTORY = """\
localhost ansible_connection=local
[web]
localhost
"""


@contextmanager
def machine(signal: Path, database: str) -> Iterator[namespaces.NetworkNamespace]:
    """Have the machine in a namespace of its own."""
    with namespaces.network_namespace() as made, made.running([sys.executable, "-c", MACHINE, database, str(signal)]):
        yield made


def run(folder: Path, chosen: list[Example], database: str) -> tuple[int, str]:
    """Run examples, one play each, and return the exit status and what was printed."""
    yaml = pytest.importorskip("yaml")
    signal = folder / "signal"
    for name in ("baselines", "snapshots"):
        (folder / name).mkdir()
    inventory = folder / "inventory"
    inventory.write_text(INVENTORY)
    playbook = folder / "examples.yml"
    playbook.write_text(yaml.safe_dump([PREPARED, *(example.play(signal) for example in chosen)], sort_keys=False))
    with machine(signal, database) as place:
        done = plays.play(playbook, folder, "-i", str(inventory), enter=place.enter)
    return done.returncode, done.stdout + done.stderr


def test_examples_are_found() -> None:
    """Each plugin has examples, and the pages those that they are known to have."""
    documented = {path.name for kind in ("modules", "filter", "test") for path in PLUGINS if path.parent.name == kind}
    assert {Path(source).name for source in DOCUMENTED if source.endswith(".py")} == documented
    assert [example.fails for example in examples("docs/ansible.md")].count(True) == 1
    assert {source for sources in RUNS.values() for source in sources} == set(DOCUMENTED)
    assert all(str(path.relative_to(plays.ROOT)) in DOCUMENTED for path in PAGES)


@pytest.mark.parametrize("name", RUNS)
def test_examples_do_what_the_page_says(name: str, tmp_path: Path) -> None:
    """Each example passes as it stands, with the services that its page imagines."""
    chosen = [example for source in RUNS[name] for example in examples(source) if not example.fails]
    database = "0.0.0.0" if name == "docs/ansible.md" else "127.0.0.1"  # the page has it open to all
    status, printed = run(tmp_path, chosen, database)
    assert status == 0, printed
    for example in chosen:
        assert f"PLAY [{example.place}]" in printed
    assert "[WARNING]: Could not match" not in printed


@pytest.mark.parametrize("example", [one for source in SOURCES for one in examples(source) if one.fails])
def test_examples_fail_where_the_page_says_so(example: Example, tmp_path: Path) -> None:
    """What the page shows to fail fails, for the reason that it shows."""
    status, printed = run(tmp_path, [example], "0.0.0.0")
    assert status == 2, printed
    assert "Assertion failed" in printed
    assert "could not be seen" not in printed


def test_no_example_negates_a_test_in_until() -> None:
    """Negated, a test with `wait` holds where nothing is known."""
    texts = [example.text for source in SOURCES for example in examples(source)]
    texts += [path.read_text() for path in plays.EXAMPLES.glob("*.yml")]
    conditions = re.findall(r"until: *(.*)", "\n".join(texts))
    assert len(conditions) >= 4
    assert [line for line in conditions if re.search(r"\bnot\b", line) or "wait=true" not in line] == []
