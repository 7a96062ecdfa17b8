"""Value: the base class of declarations, which are immutable and checked when they are created.

A subclass lists its fields as annotations, with defaults for the optional ones::

    class File(Value):
        path: str = name_field(kw_only=False)
        required: bool = True

    File("/proc/net/tcp", required=False)

Fields are keyword-only, except the name field. Two values are equal if all fields are; instances of a class declared
with ``identity=True`` (``class Reader(Value, identity=True)``) are equal only to themselves. The type of an argument is
checked if the annotation is ``str``, ``int``, ``bool``, ``bytes``, ``tuple``, ``frozenset``, ``Mapping``, ``Callable``,
``type``, or a union of these and ``None``; type parameters are ignored. :meth:`Value.check` does all further checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NoReturn

from netstat_core.errors import PluginError

if TYPE_CHECKING:
    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_options: object) -> Callable[[type], type]:
        """Do nothing: only type checkers use it."""
        return lambda declared: declared


_REQUIRED: Any = object()
_NAMED: Any = object()

_KINDS: dict[str, tuple[type, str]] = {
    "str": (str, "text"),
    "int": (int, "an integer"),
    "bool": (bool, "True or False"),
    "bytes": (bytes, "bytes"),
    "tuple": (tuple, "a tuple"),
    "frozenset": (frozenset, "a frozenset"),
    "Mapping": (Mapping, "a mapping"),
    "Callable": (Callable, "a callable"),  # type: ignore[dict-item]  # an alias to checkers, a class when run
    "type": (type, "a class"),
    "None": (type(None), "None"),
}
"""The annotations that are checked, by their outermost name: the class, and how messages call it."""


def name_field(*, kw_only: Literal[False]) -> Any:  # noqa: ARG001 - read by type checkers
    """Mark the first field of a :class:`Value` as its name: required, and passed as the first positional argument.

    ``kw_only=False`` must be written out, since mypy reads it from the call.
    """
    return _NAMED


_Check = tuple[tuple[type, ...], "type | tuple[()]", str]
"""Classes that a value must be an instance of, classes that it must not be, and the former in words."""


@cache
def _make_check(annotation: str) -> _Check:
    """Return the check for an annotation. It accepts anything if a name of the union is not in ``_KINDS``."""
    names: list[str] = []
    depth = 0
    for part in annotation.split("|"):
        if not depth:
            names.append(part.partition("[")[0].strip().rpartition(".")[2])
        depth += part.count("[") - part.count("]")
    if not _KINDS.keys() >= set(names):
        return (object,), (), ""
    kinds, words = zip(*(_KINDS[name] for name in names), strict=True)
    return kinds, bool if "int" in names and "bool" not in names else (), " or ".join(words)


class _Shape:
    """The fields of a class: annotations in order, defaults, and the name field."""

    __slots__ = ("annotations", "checks", "defaults", "name", "required")

    def __init__(self, annotations: dict[str, str], defaults: dict[str, Any], name: str | None) -> None:
        self.annotations = annotations
        self.checks = {field: _make_check(annotation) for field, annotation in annotations.items()}
        self.name = next((field for field, default in defaults.items() if default is _NAMED), name)
        self.defaults = {
            field: default for field, default in defaults.items() if default is not _REQUIRED and default is not _NAMED
        }
        self.required = annotations.keys() - self.defaults.keys()

    def bind_name(self, owner: str, first: tuple[object, ...], given: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments with the positional one added under the name field. Raises TypeError, as a call does."""
        value, *more = first
        if self.name is None or more:
            most = "no" if self.name is None else "1"
            were = "were" if more else "was"
            raise TypeError(f"{owner}() takes {most} positional argument but {len(first)} {were} given")
        if self.name in given:
            raise TypeError(f"{owner}() got multiple values for argument {self.name!r}")
        return {self.name: value, **given}

    def mismatch(self, owner: str, given: dict[str, Any]) -> TypeError:
        """Return the error for arguments that are unknown or missing."""
        for field in given:
            if field not in self.annotations:
                return TypeError(f"{owner}() got an unexpected keyword argument {field!r}")
        missing = [repr(field) for field in self.annotations if field in self.required and field not in given]
        return TypeError(f"{owner}() missing argument{'s' if missing[1:] else ''} {', '.join(missing)}")


_NOTHING = _Shape({}, {}, None)


def _read_annotations(namespace: dict[str, Any]) -> dict[str, str]:
    """Return the annotations of a class body as text, without class variables."""
    annotations = namespace.get("__annotations__", {})
    texts = {field: kind.__name__ if type(kind) is type else str(kind) for field, kind in annotations.items()}
    return {field: text for field, text in texts.items() if not text.partition("[")[0].endswith("ClassVar")}


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(name_field,))
class _DeclarationMeta(type):
    """Metaclass that turns annotations into slots and moves defaults from the class body into ``_shape``."""

    def __new__(
        cls, title: str, bases: tuple[type, ...], namespace: dict[str, Any], *, identity: bool = False
    ) -> _DeclarationMeta:
        above: _Shape = getattr(bases[0], "_shape", _NOTHING) if bases else _NOTHING
        own = _read_annotations(namespace)
        defaults = {field: namespace.pop(field, _REQUIRED) for field in own}
        shape = _Shape({**above.annotations, **own}, {**above.defaults, **defaults}, above.name)
        if shape.name is not None and shape.name != next(iter(shape.annotations)):
            raise TypeError(f"{title}: the name field {shape.name!r} must be the first field")
        for field in shape.annotations.keys() & {*namespace, "check", "replace"}:
            raise TypeError(f"{title}: {field!r} is a field and cannot be redefined")
        namespace.update(_shape=shape, __slots__=tuple(field for field in own if field not in above.annotations))
        if identity:
            namespace.update(__eq__=object.__eq__, __hash__=object.__hash__)
        return super().__new__(cls, title, bases, namespace)


class Value(metaclass=_DeclarationMeta):
    """Base class of declarations: keyword arguments, checked, immutable. See the module's docstring."""

    _shape: ClassVar[_Shape]

    if not TYPE_CHECKING:  # checkers take the arguments from the annotations

        def __init__(self, /, *first: object, **given: Any) -> None:
            shape = self._shape
            if first:
                given = shape.bind_name(type(self).__name__, first, given)
            if not shape.required <= given.keys() <= shape.annotations.keys():
                raise shape.mismatch(type(self).__name__, given)
            for field, value in {**shape.defaults, **given}.items():
                object.__setattr__(self, field, value)
            for field, value in given.items():
                kinds, refused, words = shape.checks[field]
                if not isinstance(value, kinds) or isinstance(value, refused):
                    raise self._field_error(field, f"must be {words}, not {value!r:.80}")
            self.check()

    def check(self) -> None:
        """Check the fields beyond their types. Called by the constructor; overrides raise ``_field_error(...)``."""

    def _field_error(self, field: str, why: str) -> PluginError:
        """Return the PluginError for a field: ``Reader 'tcp': position: must be positive``."""
        name = self._shape.name
        thing = type(self).__name__ if name is None else f"{type(self).__name__} {getattr(self, name)!r:.80}"
        return PluginError(f"{thing}: {field}: {why}")

    def replace(self, **changes: Any) -> Self:
        """Return a copy with other values of some fields; the copy is checked again."""
        return type(self)(**{**dict(self._items()), **changes})

    __replace__ = replace

    def _items(self) -> Iterator[tuple[str, Any]]:
        return ((field, getattr(self, field)) for field in self._shape.annotations)

    def __setattr__(self, field: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable: {field!r} cannot be set")

    def __delattr__(self, field: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable: {field!r} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return tuple(self._items()) == tuple(other._items())

    def __hash__(self) -> int:
        return hash((type(self), *self._items()))

    def __repr__(self) -> str:
        defaults = self._shape.defaults
        differing = ((field, value) for field, value in self._items() if defaults.get(field, _REQUIRED) != value)
        shown = (f"{value!r}" if field == self._shape.name else f"{field}={value!r}" for field, value in differing)
        return f"{type(self).__name__}({', '.join(shown)})"

    def __copy__(self, _memo: object = None) -> Self:
        return self

    __deepcopy__ = __copy__

    def __reduce__(self) -> tuple[Callable[[], Self], tuple[()]]:
        return partial(type(self), **dict(self._items())), ()
