"""Count the work of parsers: their modules are compiled with a counter around all that may cost more than one step.

A call, a slice, a sum, a comparison, a display and a step of a loop count one each, and besides what they copy or look
through: bytes of text, items of collections. This sees the work of C code, such as a slice of all that is left, which
counting calls or opcodes does not see. It counts the same on every machine and in every run, which time does not.

Install it with :func:`install` before the modules are imported.
"""

from __future__ import annotations

import ast
import builtins
import operator
import re
import sys
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import BuiltinFunctionType, CodeType, GeneratorType, MethodWrapperType, ModuleType
from typing import Any

WORD_BITS = 64
COPIED = (bytes, bytearray, str, list, tuple, set, frozenset, dict, deque)
"""Types whose size is what making or reading one of them costs. A slice of a memoryview costs nothing."""

READS_ALL = frozenset((*COPIED, Counter, OrderedDict, sorted, sum, min, max, any, all))
"""Callables that read all of their arguments."""

_CONSTANT = """
len isinstance issubclass callable getattr setattr hasattr id hash next iter append appendleft popleft add
discard get setdefault items keys values clear startswith endswith iter_unpack from_iterable seek tell close
send cast release start end span __contains__ __getitem__ __setitem__ move_to_end fromkeys
"""
CONSTANT = frozenset(_CONSTANT.split())
"""Names of functions and methods in C whose cost does not grow with what they are given."""

READS_ARGUMENTS = frozenset(("update", "extend", "extendleft", "from_bytes", "write", "join", "intersection"))
"""Names of methods in C that read their arguments, but not all of the object."""

MAKES_RESULT = frozenset(("unpack_from", "unpack", "group", "groups", "to_bytes", "read", "readline"))
"""Names of methods in C that cost what they return."""

FORWARD, BACKWARD = frozenset(("find", "index")), frozenset(("rfind", "rindex"))
SEARCHES = FORWARD | BACKWARD | {"count"}
"""Names of methods of texts that look at a part of them, with an optional start and end."""

MATCHES = frozenset(("match", "fullmatch", "search"))
COMPARED = {ast.In: operator.contains, ast.NotIn: None, ast.Eq: operator.eq, ast.NotEq: operator.ne}


class Meter:
    """The work counted so far."""

    work = 0


def size(value: object) -> int:
    """Return what copying or reading a value costs, apart from the step itself."""
    if isinstance(value, COPIED):
        return len(value)
    if type(value) is int:
        return value.bit_length() // WORD_BITS
    return value.end() - value.start() if isinstance(value, re.Match) else 0


def read_size(value: object) -> int:
    """Return what reading a value costs, a memoryview included."""
    return value.nbytes if isinstance(value, memoryview) else size(value)


class Counted(Iterator[Any]):
    """An iterator that counts what it gives: the consumers in C are not seen otherwise."""

    def __init__(self, inner: Iterator[Any], measure: Callable[[object], int] | None) -> None:
        self._next = inner.__next__
        self._measure = measure

    def __next__(self) -> Any:
        item = self._next()
        Meter.work += 1 + (self._measure(item) if self._measure else 0)
        return item


def is_lazy(value: object) -> bool:
    """Whether a value is an iterator in C that makes its items when they are asked for."""
    kind = type(value)
    return (
        hasattr(kind, "__next__")
        and kind not in (Counted, GeneratorType)
        and kind.__module__ in ("builtins", "itertools", "_struct", "re", "_sre", "callable_iterator")
    )


def call(function: Callable[..., Any], /, *args: Any, **options: Any) -> Any:
    """Call a function, and count what it costs; functions in Python count their own work."""
    before = size(getattr(function, "__self__", None)) if isinstance(function, BuiltinFunctionType) else 0
    result = function(*args, **options)
    Meter.work += 1 + cost(function, before, args, result)
    return Counted(result, read_size) if is_lazy(result) else result


def cost(function: Callable[..., Any], before: int, args: Sequence[Any], result: Any) -> int:
    """Return what a call of a function in C has read and made; ``before`` is the size that its object had."""
    if isinstance(function, BuiltinFunctionType | MethodWrapperType) and function not in READS_ALL:
        return _method_cost(function, before, args, result)
    is_reader = isinstance(function, type | BuiltinFunctionType) and function in READS_ALL
    return size(result) + sum(map(read_size, args)) if is_reader else 0


def _method_cost(function: Any, before: int, args: Sequence[Any], result: Any) -> int:
    name, owner = function.__name__, function.__self__
    is_constant = name in CONSTANT or (name == "pop" and (args in ((), (-1,)) or isinstance(owner, dict)))
    if is_constant or name in MAKES_RESULT:
        return 0 if is_constant else size(result)
    if name in SEARCHES and isinstance(owner, bytes | bytearray | str):
        return searched(name, before, args, result)
    if isinstance(owner, re.Pattern) and name in MATCHES:
        start = args[1] if len(args) > 1 else 0
        return result.end() - start if result else (len(args[0]) - start) * (name == "search")
    return (0 if name in READS_ARGUMENTS else before) + size(result) + sum(map(read_size, args))


def searched(name: str, whole: int, args: Sequence[Any], found: int) -> int:
    """Return how many bytes a search for a text has looked at."""
    start, stop = (*args[1:3], None, None)[:2]
    first, end = start or 0, min(whole, whole if stop is None else stop)
    if name in BACKWARD:
        first = max(found, first)
    elif name in FORWARD and found >= 0:
        end = found
    return max(0, end - first)


def value_made(value: Any) -> Any:
    """Count a slice, a sum, a display or a text."""
    Meter.work += 1 + size(value)
    return value


def step(value: Any) -> Any:
    """Count one step of a loop."""
    Meter.work += 1
    return value


def added(target: Any, value: Any) -> Any:
    """Count what is added in place: some types grow, as a local str of CPython does; others are copied."""
    Meter.work += (
        1 + read_size(value) + (0 if isinstance(target, list | bytearray | set | dict | str) else size(target))
    )
    return value


def compared(left: Any, right: Any, *, is_member: bool) -> Any:
    """Count a comparison, and return its left side."""
    if is_member:
        Meter.work += 1 + (0 if isinstance(right, set | frozenset | dict) else read_size(right))
    else:
        Meter.work += 1 + (size(left) if size(left) == size(right) else 0)
    return left


def looped(items: Iterable[Any]) -> Iterator[Any]:
    """Count the steps of a loop; what an iterator in C or a file makes for it counts too."""
    if isinstance(items, Counted):
        return items
    steps = iter(items)
    return Counted(steps, None if isinstance(items, COPIED) or isinstance(steps, GeneratorType) else read_size)


NAMES = {
    "__work_call__": call,
    "__work_value__": value_made,
    "__work_added__": added,
    "__work_loop__": looped,
    "__work_step__": step,
    "__work_compared__": compared,
}
UNTOUCHED = ("super", "locals", "globals", "vars", "dir", "eval", "exec", "cast")
"""What looks at the frame that calls it, or is nothing at run time."""


class Instrumented(ast.NodeTransformer):
    """Puts the counter into the bodies of functions; what runs once, at import, is left alone."""

    def __init__(self) -> None:
        self._depth = 0

    def _function(self, node: Any) -> Any:
        self._depth += 1
        body = node.body
        node.body = [self.visit(part) for part in body] if isinstance(body, list) else self.visit(body)
        self._depth -= 1
        return node

    visit_FunctionDef = visit_Lambda = _function  # noqa: N815 - names of the ast module

    def visit(self, node: ast.AST) -> Any:
        """Visit a node; outside of functions only look for functions."""
        if self._depth or isinstance(node, ast.FunctionDef | ast.Lambda):
            return super().visit(node)
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> Any:
        """Count a call."""
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in UNTOUCHED:
            return node
        return wrapped("__work_call__", node.func, *node.args, keywords=node.keywords)

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        """Count a slice."""
        self.generic_visit(node)
        is_read = isinstance(node.ctx, ast.Load) and isinstance(node.slice, ast.Slice)
        return wrapped("__work_value__", node) if is_read else node

    def _value(self, node: Any) -> Any:
        self.generic_visit(node)
        return wrapped("__work_value__", node)

    visit_BinOp = visit_JoinedStr = _value  # noqa: N815

    def visit_FormattedValue(self, node: ast.FormattedValue) -> Any:
        """Leave the format of a value alone, which is a text too."""
        node.value = self.visit(node.value)
        return node

    def _display(self, node: Any) -> Any:
        self.generic_visit(node)
        parts = getattr(node, "elts", None) or getattr(node, "keys", ())
        has_others = any(part is None or isinstance(part, ast.Starred) for part in parts)
        is_read = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
        return wrapped("__work_value__", node) if has_others and is_read else node

    visit_List = visit_Tuple = visit_Set = visit_Dict = _display  # noqa: N815

    def visit_Compare(self, node: ast.Compare) -> Any:
        """Count a test of equality or membership."""
        self.generic_visit(node)
        if (
            len(node.ops) > 1
            or type(node.ops[0]) not in COMPARED
            or not isinstance(node.comparators[0], ast.Name | ast.Attribute)
        ):
            return node
        is_member = ast.keyword("is_member", ast.Constant(isinstance(node.ops[0], ast.In | ast.NotIn)))
        node.left = wrapped("__work_compared__", node.left, node.comparators[0], keywords=[is_member])
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        """Count a sum in place."""
        self.generic_visit(node)
        if isinstance(node.target, ast.Name):
            node.value = wrapped("__work_added__", ast.Name(node.target.id, ast.Load()), node.value)
        return node

    def _loop(self, node: Any) -> Any:
        self.generic_visit(node)
        node.iter = wrapped("__work_loop__", node.iter)
        return node

    visit_For = visit_comprehension = _loop  # noqa: N815

    def visit_While(self, node: ast.While) -> Any:
        """Count the steps of a loop with a condition."""
        self.generic_visit(node)
        node.test = wrapped("__work_step__", node.test)
        return node


def wrapped(name: str, *args: Any, keywords: Sequence[ast.keyword] = ()) -> ast.Call:
    """Return a call of a function of the counter, with the nodes as arguments."""
    return ast.copy_location(ast.Call(ast.Name(name, ast.Load()), list(args), list(keywords)), args[0])


class _Loader(SourceFileLoader):
    """Compiles modules with the counter, and keeps no compiled file."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return compile_counted(self.get_data(path), path)


def compile_counted(source: bytes | str, path: str) -> CodeType:
    """Compile a module with the counter in it."""
    tree = ast.fix_missing_locations(Instrumented().visit(ast.parse(source)))
    code: CodeType = compile(tree, path, "exec", dont_inherit=True)
    return code


class _Finder(MetaPathFinder):
    def __init__(self, packages: Sequence[str]) -> None:
        self._packages = tuple(packages)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not any(f"{fullname}.".startswith(f"{package}.") for package in self._packages):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


def install(packages: Sequence[str]) -> None:
    """Compile these packages with the counter when they are imported."""
    for name, function in NAMES.items():
        setattr(builtins, name, function)
    sys.meta_path.insert(0, _Finder(packages))
