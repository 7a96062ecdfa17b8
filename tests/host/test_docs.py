"""The generated part of the documentation is what the declarations say, and the rest leads somewhere."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from netstat_core.dialects.net_tools.options import OPTIONS
from netstat_core.dialects.solaris.options import OPTIONS as SOLARIS_OPTIONS
from netstat_core.plugin import hooks as plugin_hooks
from netstat_core.system import capture

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def generated() -> dict[str, str]:
    """Make the generated files anew."""
    spec = importlib.util.spec_from_file_location("docs_update", DOCS / "update.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    files: dict[str, str] = module.generated()
    return files


def test_generated_files_are_current() -> None:
    """Schemas, fields and options under docs/ are those of the code; `python docs/update.py` makes them so."""
    files = generated()
    assert len(files) > 20
    assert [path for path, text in files.items() if (DOCS / path).read_text("utf-8") != text] == []
    published = {f"schemas/{path.name}" for path in (DOCS / "schemas").iterdir()}
    assert published == {path for path in files if path.startswith("schemas/")}


def test_every_option_is_documented() -> None:
    """Each name of each option stands in the table of options of its dialect."""
    parts = (DOCS / "options.md").read_text("utf-8").split("\n## The dialect")
    for part, options in zip(parts[1:], (OPTIONS, SOLARIS_OPTIONS), strict=True):
        letters = [f"`-{letter}`" for option in options for letter in option.short]
        names = [f"`--{name}`" for option in options for name in option.long]
        assert [name for name in (*letters, *names) if name not in part] == []


def test_every_hook_is_documented() -> None:
    """Each hook stands on the page about plugins."""
    page = (DOCS / "plugins.md").read_text("utf-8")
    hooks = [name for name in vars(plugin_hooks) if name.startswith("netstat_")]
    assert len(hooks) == 2
    assert [name for name in hooks if f"`{name}(" not in page] == []


def test_security_page_names_what_is_read() -> None:
    """The page about security names each file of processes that is read, and each that never is."""
    page = (DOCS / "security.md").read_text("utf-8")
    assert [name for name in sorted(capture._OF_PROCESS | capture._UNREADABLE) if f"`{name}`" not in page] == []


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", ROOT / "SECURITY.md", *sorted(DOCS.glob("*.md"))], ids=lambda page: page.name
)
def test_links_lead_somewhere(page: Path) -> None:
    """What a page links to in the repository exists."""
    targets = LINK.findall(page.read_text("utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []
