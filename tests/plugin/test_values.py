"""Values: what the classes of declarations promise, however they are declared."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import pytest

from netstat_core.errors import PluginError
from netstat_core.plugin.values import Value, name_field


class File(Value):
    """A value that is equal by content."""

    LIMIT: ClassVar[int] = 3

    path: str = name_field(kw_only=False)
    required: bool = True

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


class Optional(File):
    """A value with a field more, and another default for one it has."""

    required: bool = False
    fallback: str | None = None


class Reader(Value, identity=True):
    """A value that is equal to itself only."""

    name: str = name_field(kw_only=False)
    table: str
    position: int
    families: tuple[str | int, ...] = ()
    record: type | Mapping[str, Callable[[int], str | None]] = dict
    layouts: Mapping[str, object] = MappingProxyType({})
    shown: Callable[[int], bool] | None = None
    lacks: frozenset[str] = frozenset()
    raw: bytes = b""
    anything: list[str] | None = None

    def check(self) -> None:
        """A position is not negative."""
        if self.position < 0:
            raise self._field_error("position", "must not be negative")


class Bounds(Value):
    """A value that nothing names."""

    least: int
    most: int | None = None


def reader(**changes: Any) -> Reader:
    """Make a reader that is right but for the changes."""
    return Reader(**{"name": "tcp", "table": "sockets", "position": 1, **changes})


def test_fields_are_the_arguments() -> None:
    """The first argument is the field that names the thing, the others are keywords, and defaults fill the rest."""
    file = File("/proc/net/tcp", required=False)
    assert (file.path, file.required) == ("/proc/net/tcp", False)
    assert File("/proc/net/tcp").required is True


def test_the_name_may_be_a_keyword() -> None:
    """The field that names the thing can be given by keyword too."""
    assert File(path="/x") == File("/x")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: File("/x", pth="/y"), "File() got an unexpected keyword argument 'pth'"),
        (lambda: Reader("tcp", position=1), "Reader() missing argument 'table'"),
        (lambda: Reader("tcp"), "Reader() missing arguments 'table', 'position'"),
        (File, "File() missing argument 'path'"),
        (lambda: File("/x", 0), "File() takes 1 positional argument but 2 were given"),
        (lambda: Bounds(1), "Bounds() takes no positional argument but 1 was given"),
        (lambda: File("/x", path="/y"), "File() got multiple values for argument 'path'"),
    ],
)
def test_arguments_that_do_not_fit(make: Callable[[], object], message: str) -> None:
    """Arguments that are no fields, missing or given twice raise TypeError in Python's words."""
    with pytest.raises(TypeError) as raised:
        make()
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("field", "wrong", "words"),
    [
        ("table", 1, "text"),
        ("position", "first", "an integer"),
        ("position", True, "an integer"),
        ("families", "inet", "a tuple"),
        ("record", 1, "a class or a mapping"),
        ("layouts", (), "a mapping"),
        ("shown", 1, "a callable or None"),
        ("lacks", set(), "a frozenset"),
        ("raw", "", "bytes"),
    ],
)
def test_contents_are_checked(field: str, wrong: object, words: str) -> None:
    """A value of another type than its field's raises PluginError, which names class, thing and field."""
    with pytest.raises(PluginError) as raised:
        reader(**{field: wrong})
    assert str(raised.value) == f"Reader 'tcp': {field}: must be {words}, not {wrong!r}"


def test_contents_of_a_nameless_value() -> None:
    """Where nothing names the thing, the message begins with the class."""
    with pytest.raises(PluginError, match=r"^Bounds: least: must be an integer, not None$"):
        Bounds(least=None)


def test_long_contents_are_cut() -> None:
    """A message shows the beginning of a wrong value only, on one line."""
    with pytest.raises(PluginError) as raised:
        reader(position="\n" * 1000)
    assert len(str(raised.value)) < 150
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("anything", [None, [], 1, object()])
def test_other_annotations_are_not_checked(anything: object) -> None:
    """A field whose annotation is none of the simple ones takes anything."""
    assert reader(anything=anything).anything is anything


@pytest.mark.parametrize(
    ("field", "right"),
    [("record", str), ("record", {}), ("shown", None), ("shown", len), ("position", 0), ("families", (1, "a"))],
)
def test_every_member_of_a_union_fits(field: str, right: object) -> None:
    """Each type that an annotation names is accepted."""
    assert getattr(reader(**{field: right}), field) is right


def test_classes_add_checks() -> None:
    """The check of a class is asked when all fields are there."""
    with pytest.raises(PluginError, match=r"^Reader 'tcp': position: must not be negative$"):
        reader(position=-1)


def test_values_do_not_change() -> None:
    """No field can be set or deleted, and none added."""
    file = File("/x")
    for change in (lambda: setattr(file, "path", "/y"), lambda: delattr(file, "path"), lambda: setattr(file, "new", 1)):
        with pytest.raises(AttributeError, match=r"^File is immutable: '(path|new)' cannot be (set|deleted)$"):
            change()
    assert file == File("/x")
    assert not hasattr(file, "__dict__")


def test_values_are_no_sequences() -> None:
    """A value cannot be iterated, measured or indexed."""
    for ask in (iter, len, lambda file: file[0]):
        with pytest.raises(TypeError):
            ask(File("/x"))


def test_equality_by_content() -> None:
    """Values with the same content are equal and hash alike; those of another class are others."""
    assert File("/x") == File("/x", required=True)
    assert hash(File("/x")) == hash(File("/x"))
    assert File("/x") != File("/x", required=False)
    assert File("/x", required=False) != Optional("/x")
    assert len({File("/x"), File("/x"), File("/y")}) == 2


def test_equality_by_identity() -> None:
    """A class that says so, and those that extend it, have values that equal themselves only and can be hashed."""

    class Own(Reader):
        more: int = 0

    for made in (Reader, Own):
        one, other = (made("tcp", table="sockets", position=1, layouts={}) for _ in range(2))
        assert one == one  # noqa: PLR0124 - that is the question
        assert one != other
        assert len({one, other}) == 2


def test_replace_gives_a_changed_copy() -> None:
    """A changed copy has the other fields of the original, which stays as it is."""
    first = reader(layouts={"a": 1})
    second = first.replace(name="udp", position=2)
    assert (second.name, second.position, second.layouts) == ("udp", 2, {"a": 1})
    assert (first.name, first.position) == ("tcp", 1)


def test_replace_checks() -> None:
    """What is replaced is checked as in a new value."""
    with pytest.raises(PluginError, match="must be an integer"):
        reader().replace(position="2")
    with pytest.raises(TypeError, match="unexpected keyword argument 'place'"):
        reader().replace(place=2)


def test_repr_shows_what_differs() -> None:
    """A value shows as the call that makes it, without the defaults."""
    assert repr(File("/x")) == "File('/x')"
    assert repr(File("/x", required=False)) == "File('/x', required=False)"
    assert repr(Bounds(least=1)) == "Bounds(least=1)"
    assert repr(reader(families=("a",))) == "Reader('tcp', table='sockets', position=1, families=('a',))"


def test_classes_extend_others() -> None:
    """Fields of a class follow those of the one it extends; a default given again holds for it alone."""
    extended = Optional("/a/b", fallback="/c")
    assert (extended.required, extended.fallback, extended.name) == (False, "/c", "b")
    assert File("/a/b").required is True


def test_class_variables_are_no_fields() -> None:
    """A ClassVar stays with the class, and is no argument."""
    assert File.LIMIT == File("/x").LIMIT == 3
    with pytest.raises(TypeError, match="unexpected keyword argument 'LIMIT'"):
        File("/x", LIMIT=4)


def test_annotations_that_are_no_texts() -> None:
    """A class of a module without the future import has the same fields and checks."""
    text = (
        "from typing import ClassVar, Optional\n"
        "from netstat_core.plugin.values import Value\n"
        "class Plain(Value):\n"
        "    one: int\n"
        "    two: 'str | None' = None\n"
        "    three: tuple[int, ...] = ()\n"
        "    four: ClassVar[int] = 4\n"
    )
    names: dict[str, Any] = {}
    exec(compile(text, "plain", "exec", dont_inherit=True), names)
    plain = names["Plain"]
    assert repr(plain(one=1, two="2")) == "Plain(one=1, two='2')"
    for wrong in ({"one": "1"}, {"one": 1, "two": 2}, {"one": 1, "three": []}):
        with pytest.raises(PluginError):
            plain(**wrong)


def test_the_name_comes_first() -> None:
    """A class whose first field is not the one that names the thing is refused."""
    with pytest.raises(TypeError, match=r"^Late: the name field 'name' must be the first field$"):

        class Late(Value):
            table: str
            name: str = name_field(kw_only=False)


@pytest.mark.parametrize("name", ["check", "replace"])
def test_names_of_methods_are_no_fields(name: str) -> None:
    """A field cannot be called like a method of every value."""
    with pytest.raises(TypeError, match=rf"^Odd: '{name}' is a field and cannot be redefined$"):
        type(Value)("Odd", (Value,), {"__annotations__": {name: "str"}})


def test_fields_are_not_hidden() -> None:
    """A class cannot put something else, or a default without annotation, where the class it extends has a field."""
    with pytest.raises(TypeError, match=r"^Odd: 'required' is a field"):

        class Odd(File):
            required = False


def test_copies() -> None:
    """Copies of a value are the value; what was pickled is equal."""
    file = File("/x", required=False)
    assert copy.copy(file) is file
    assert copy.deepcopy(file) is file
    assert pickle.loads(pickle.dumps(file)) == file


def test_import_is_light() -> None:
    """The module needs nothing that a start of Python and its own package have not imported already."""
    program = (
        "import sys, types, netstat_core, typing\n"
        "contract = sys.modules['netstat_core.plugin'] = types.ModuleType('netstat_core.plugin')\n"
        "contract.__path__ = [netstat_core.__path__[0] + '/plugin']; before = set(sys.modules)\n"
        "import netstat_core.plugin.values; print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ)
    assert set(done.stdout.split()) <= {"errno", "netstat_core.errors", "netstat_core.plugin.values"}
    assert "dataclasses" not in done.stdout
