"""The collection as it is given to others: one version, whole in the wheel and in what ansible-galaxy installs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import plays
import pytest

from netstat_core.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

if why := plays.reason():
    pytest.skip(why, allow_module_level=True)
import yaml
from packaging.requirements import Requirement

COLLECTION = plays.ROOT / "ansible_collection"
IN_THE_WHEEL = "ansible_collections/netstat/core/"
NOT_IN_THE_WHEEL = (".ansible-lint", "changelogs/", "tests/")
PLUGINS = {"module": "modules", "filter": "filter", "test": "test"}


def read(name: str) -> Any:
    """Return what a YAML file of the collection says."""
    return yaml.safe_load((COLLECTION / name).read_text())


def names(kind: str) -> list[str]:
    """Return the full names of the collection's plugins of a kind."""
    return [f"netstat.core.{path.stem}" for path in sorted((COLLECTION / "plugins" / PLUGINS[kind]).glob("*.py"))]


def files_below(folder: Path) -> dict[str, bytes]:
    """Return the content of each file of a collection that is meant to be there, by its place."""
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    strange = ("__pycache__", "tests/output")
    return {name: path.read_bytes() for name, path in found.items() if not any(one in name for one in strange)}


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Return what a command prints, in an environment without settings for Ansible or Python."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTHON", "PIP_"))}
    settings = {**kept, "LC_ALL": "C.UTF-8", "ANSIBLE_HOME": str(cwd / ".ansible"), **environment}
    ran = subprocess.run([str(word) for word in command], cwd=cwd, env=settings, capture_output=True, check=False)
    assert ran.returncode == 0, (ran.stdout + ran.stderr).decode()
    return ran.stdout.decode()


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Build the wheel twice: from this folder, and from the sdist that is made of it."""
    pytest.importorskip("build")
    pytest.importorskip("hatchling")
    built = {}
    for name, how in {"folder": ["--wheel"], "sdist": []}.items():
        out = tmp_path_factory.mktemp(name)
        run(sys.executable, "-m", "build", "--no-isolation", *how, "--outdir", out, plays.ROOT, cwd=out)
        (built[name],) = out.glob("*.whl")
    return built


def packages_but_ours(folder: Path) -> Path:
    """Return a folder with links to the packages here, without what an editable install of this one has put there."""
    folder.mkdir()
    ours = ("ansible_collections", "netstat_", "_editable_impl_netstat_")
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(ours):
            (folder / entry.name).symlink_to(entry)
    return folder


@pytest.fixture(scope="module")
def controller(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the Python of a new environment where the wheel is installed, and the packages it needs are those here."""
    pytest.importorskip("pip")
    folder = tmp_path_factory.mktemp("controller")
    venv.create(folder, symlinks=True)
    python = folder / "bin/python"
    (own,) = folder.glob("lib/python3*/site-packages")
    (own / "packages.pth").write_text(f"{packages_but_ours(folder / 'packages')}\n")
    options = ["--no-deps", "--no-index", "--ignore-installed", "--disable-pip-version-check", "--quiet"]
    run(python, "-m", "pip", "install", *options, wheels["folder"], cwd=folder)
    return python


def test_one_version() -> None:
    """The package, the collection, its changelog and what it requires have one version."""
    assert read("galaxy.yml")["version"] == __version__
    assert max(read("changelogs/changelog.yaml")["releases"]) == __version__
    assert f'<a id="v{__version__.replace(".", "-")}"></a>' in (COLLECTION / "CHANGELOG.md").read_text()
    required = Requirement((COLLECTION / "requirements.txt").read_text().strip())
    assert (required.name, required.specifier.contains(__version__)) == ("netstat-core", True)
    assert read("meta/execution-environment.yml")["dependencies"]["python"] == "requirements.txt"


def test_required_ansible_is_the_same_everywhere() -> None:
    """The collection and the extra of the package ask for the same ansible-core."""
    asked = re.search(r'^ansible = \["ansible-core(.*)"\]$', (plays.ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert asked
    assert read("meta/runtime.yml")["requires_ansible"] == f"{asked[1]}.0"


def test_each_plugin_is_made_known() -> None:
    """Each plugin is in the changelog and the README, each module in the action group."""
    known = read("changelogs/changelog.yaml")["releases"][__version__]
    readme = (COLLECTION / "README.md").read_text()
    for kind in PLUGINS:
        announced = known["modules"] if kind == "module" else known["plugins"][kind]
        assert [f"netstat.core.{one['name']}" for one in announced] == names(kind)
        assert [name for name in names(kind) if f"{kind} `{name}`" not in readme] == []
    groups = read("meta/runtime.yml")["action_groups"]
    assert [f"netstat.core.{name}" for name in groups["netstat"]] == names("module")


def test_wheel_carries_the_collection(wheels: dict[str, Path]) -> None:
    """The wheel has all of the collection that works, links followed, and nothing else below its name."""
    with zipfile.ZipFile(wheels["folder"]) as wheel:
        packed = {name: wheel.read(name) for name in wheel.namelist() if name.startswith("ansible_collections/")}
        original = wheel.read("netstat_core/system/capture.py")
    wanted = {
        IN_THE_WHEEL + name: content
        for name, content in files_below(COLLECTION).items()
        if not name.startswith(NOT_IN_THE_WHEEL)
    }
    assert packed == wanted
    assert packed[f"{IN_THE_WHEEL}plugins/module_utils/capture.py"] == original
    assert b"def run(plan" in original


def test_sdist_makes_the_same_wheel(wheels: dict[str, Path]) -> None:
    """What is built from the sdist is what is built from the folder."""
    contents = []
    for path in wheels.values():
        with zipfile.ZipFile(path) as wheel:
            contents.append({one.filename: one.CRC for one in wheel.infolist() if not one.filename.endswith("/RECORD")})
    assert contents[0] == contents[1]


def test_wheel_is_enough_for_a_playbook_anywhere(controller: Path, tmp_path: Path) -> None:
    """Where the wheel is installed, a playbook in a folder without ansible.cfg finds the collection in it."""
    tasks = [
        {"netstat.core.netstat_facts": {"tables": ["interfaces"]}},
        {"ansible.builtin.assert": {"that": "ansible_facts.netstat.interfaces.lo.mtu > 0"}},
    ]
    (tmp_path / "play.yml").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    printed = run(controller, "-m", "ansible", "playbook", "play.yml", cwd=tmp_path)
    assert re.search(r"ok=2 .*failed=0", printed)
    listed = json.loads(run(controller, "-m", "ansible", "galaxy", "collection", "list", "--format=json", cwd=tmp_path))
    (place,) = [place for place, found in listed.items() if "netstat.core" in found]
    assert Path(place).is_relative_to(controller.parents[1])
    assert listed[place]["netstat.core"]["version"] == __version__


def test_galaxy_installs_the_folder(tmp_path: Path) -> None:
    """What ansible-galaxy installs from this folder is whole: every file is one, and has the content of ours."""
    program = [sys.executable, "-m", "ansible", "galaxy", "collection", "install", "--force", "--offline"]
    run(*program, "--collections-path", tmp_path, COLLECTION, cwd=tmp_path)
    folder = tmp_path / "ansible_collections/netstat/core"
    installed = files_below(folder)
    assert [path for path in folder.rglob("*") if path.is_symlink()] == []
    wanted = files_below(COLLECTION)
    added, left_out = {"FILES.json", "MANIFEST.json"}, {"galaxy.yml", ".ansible-lint"}
    assert {name: installed[name] for name in installed.keys() - added} == {
        name: wanted[name] for name in wanted.keys() - left_out
    }


@pytest.mark.parametrize("kind", PLUGINS)
def test_ansible_doc_shows_each_plugin(kind: str, tmp_path: Path) -> None:
    """Each plugin has its documentation, examples and results, from this checkout."""
    paths = {"ANSIBLE_CONFIG": str(plays.ROOT / "ansible.cfg")}
    command = [sys.executable, "-m", "ansible", "doc", "--json", "--type", kind]
    shown = json.loads(run(*command, *names(kind), cwd=tmp_path, **paths))
    assert sorted(shown) == names(kind)
    for described in shown.values():
        assert described["doc"]["version_added"] == "0.1.0"
        assert "netstat.core." in described["examples"]
        assert described["return"]
        assert Path(described["doc"]["filename"]).is_relative_to(plays.ROOT)


def described(shown: Any) -> Iterator[str]:
    """Yield every text of options and results that the renderer takes markup in."""
    for option in shown.values():
        yield from [option["description"]] if isinstance(option["description"], str) else option["description"]
        for inner in ("contains", "suboptions"):
            yield from described(option.get(inner) or {})


def samples(returned: dict[str, Any]) -> Iterator[Any]:
    """Yield every sample."""
    for value in returned.values():
        yield from [value["sample"]] if "sample" in value else []
        yield from samples(value.get("contains") or {})


def leaves(value: Any) -> Iterator[str]:
    """Yield every text of a sample, keys too."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    elif isinstance(value, str):
        yield value


MARKUP = re.compile(r"\b(?:[CVOMP]|RV)\(([^()]*)\)")
"""The markup that is meant; what is in it may not have parentheses."""


@pytest.mark.parametrize("kind", PLUGINS)
def test_ansible_doc_alters_no_text(kind: str, tmp_path: Path) -> None:
    """Neither samples nor descriptions have what the renderer takes for markup of another sort and removes."""
    render = pytest.importorskip("ansible.cli.doc").DocCLI.tty_ify
    paths = {"ANSIBLE_CONFIG": str(plays.ROOT / "ansible.cfg")}
    for name in names(kind):
        command = [sys.executable, "-m", "ansible", "doc", "--type", kind, name]
        shown = json.loads(run(*command, "--json", cwd=tmp_path, **paths))[name]
        page = run(*command, cwd=tmp_path, **paths)
        words = " ".join(page.split())
        for sample in samples(shown["return"]):
            dumped = yaml.safe_dump(sample)
            assert render(dumped) == dumped
            assert [text for text in leaves(sample) if text not in words] == []
        documented = [shown["doc"]["description"], shown["doc"].get("notes", [])]
        texts = [text for given in documented for text in ([given] if isinstance(given, str) else given)]
        for text in [*texts, *described(shown["doc"]["options"]), *described(shown["return"])]:
            plain = MARKUP.sub("MARKUP", text)
            assert render(plain) == plain
            assert plain.count("(") == plain.count(")")
        for line in shown["examples"].splitlines():
            assert line.strip() in page


def test_every_fact_is_described_and_shown(tmp_path: Path) -> None:
    """Each key of the facts has a sample or contents; records, listeners, owners and namespaces have both."""
    paths = {"ANSIBLE_CONFIG": str(plays.ROOT / "ansible.cfg")}
    command = [sys.executable, "-m", "ansible", "doc", "--json", "netstat.core.netstat_facts"]
    shown = json.loads(run(*command, cwd=tmp_path, **paths))["netstat.core.netstat_facts"]["return"]
    facts = shown["ansible_facts"]["contains"]["netstat"]["contains"]
    assert [name for name, value in facts.items() if not value.keys() & {"sample", "contains"}] == []
    tables = ("listening", "unix_listening", "interfaces", "groups", "routes", "neighbours", "masquerade", "namespaces")
    assert [name for name in tables if not {"sample", "contains"} <= facts[name].keys()] == []
    owners = facts["listening"]["contains"]["owners"]["contains"]
    assert {"unit", "container", "executable", "pod"} <= owners.keys()
    assert {"id", "runtime"} <= owners["container"]["contains"].keys()
    assert facts["listening"]["sample"]["tcp/22"]["owners"][0]["unit"] == "ssh.service"
    assert "local_port" in shown["sockets"]["contains"]


def test_checkout_is_live() -> None:
    """The folder that ansible.cfg names leads to the collection of this checkout."""
    linked = plays.ROOT / ".ansible/collections/ansible_collections/netstat/core"
    assert linked.is_symlink()
    assert linked.resolve() == COLLECTION


def test_defaults_for_the_group_reach_the_modules(tmp_path: Path) -> None:
    """What module_defaults sets for the collection's group is what a task without options does."""
    defaults = {"group/netstat.core.netstat": {"netns": []}, "netstat.core.netstat_facts": {"tables": ["interfaces"]}}
    absent = {"ansible.builtin.assert": {"that": "ansible_facts.netstat.listening is not defined"}}
    play = {"hosts": "localhost", "gather_facts": False, "module_defaults": defaults}
    playbook = tmp_path / "play.json"
    playbook.write_text(json.dumps([{**play, "tasks": [{"netstat.core.netstat_facts": {}}, absent]}]))
    ran = plays.play(playbook, tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
