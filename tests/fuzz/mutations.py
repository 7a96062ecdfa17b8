"""Mutations of inputs: of plain bytes, of JSON, and of the contents of a snapshot. Equal seeds give equal results."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

Mutate = Callable[[bytes, Random], bytes]
"""Returns another input, made of one; the generator decides what is changed."""

LONGEST = 1 << 13
"""Limit of the size of a mutated input, in bytes."""

_WORDS = (
    *(b"0", b"-1", b"1", b"255", b"65536", b"4294967295", b"-9223372036854775809", b"18446744073709551616", b"9" * 40),
    *(
        b"FFFFFFFF",
        b"00000000:0000",
        b"\x1b[31m",
        b"\xff\xfe",
        b"\xc2\x9b",
        b"\xe2\x80\xae",
        b"\xed\xa0\x80",
        b"\xc2\xb2",
    ),
    *(b"\n", b"\r\n", b"\0", b"\t", b" " * 64, b":", b"%", b"\\x41", b"\\", b"eth0", b"/../", b"\xff" * 8, b"\0" * 8),
    *(b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0\0\0\x80", b"\x04\0\x01\0", b"\xff\xff\x01\0"),
)
"""What parsers get wrong: numbers at bounds, escape sequences, invalid text, lengths of netlink attributes."""


def mutate_bytes(data: bytes, random: Random) -> bytes:
    """Change a few places of some bytes."""
    for _ in range(random.choice((1, 1, 2, 4))):
        data = random.choice(_CHANGES)(data, random)[:LONGEST]
    return data


def _span(data: bytes, random: Random) -> tuple[int, int]:
    start = random.randint(0, len(data))
    return start, min(len(data), start + random.choice((1, 2, 4, 8, 32, 256)))


def _set_byte(data: bytes, random: Random) -> bytes:
    place = random.randrange(len(data) or 1)
    return (
        data[:place] + bytes([random.choice((0, 1, 0x20, 0x7F, 0x80, 0xFF, random.randrange(256)))]) + data[place + 1 :]
    )


def _flip_bit(data: bytes, random: Random) -> bytes:
    place = random.randrange(len(data) or 1)
    return data[:place] + bytes(byte ^ 1 << random.randrange(8) for byte in data[place : place + 1]) + data[place + 1 :]


def _insert_word(data: bytes, random: Random) -> bytes:
    place = random.randint(0, len(data))
    return data[:place] + random.choice(_WORDS) + data[place:]


def _overwrite(data: bytes, random: Random) -> bytes:
    place, word = random.randint(0, len(data)), random.choice(_WORDS)
    return data[:place] + word + data[place + len(word) :]


def _delete(data: bytes, random: Random) -> bytes:
    start, end = _span(data, random)
    return data[:start] + data[end:]


def _repeat(data: bytes, random: Random) -> bytes:
    start, end = _span(data, random)
    return data[:start] + data[start:end] * random.choice((2, 3, 16)) + data[end:]


def _move(data: bytes, random: Random) -> bytes:
    start, end = _span(data, random)
    place = random.randint(0, len(data))
    return data[:place] + data[start:end] + data[place:]


def _cut(data: bytes, random: Random) -> bytes:
    return data[: random.randint(0, len(data))]


def _replace_word(data: bytes, random: Random) -> bytes:
    words = data.split(b" ")
    words[random.randrange(len(words))] = random.choice(_WORDS)
    return b" ".join(words)


def _drop_line(data: bytes, random: Random) -> bytes:
    lines = data.splitlines(keepends=True) or [b""]
    del lines[random.randrange(len(lines))]
    return b"".join(lines)


_CHANGES: tuple[Mutate, ...] = (
    *(_set_byte, _flip_bit, _insert_word, _overwrite, _delete, _repeat, _move, _cut, _replace_word, _drop_line),
)

_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 1.5, 1e308, 2**31, 2**32, 2**63, 2**64, -(2**63) - 1, int("9" * 40)),
    *("", "a", "\ud800", "\x1b[2J", "\n", "\u202e", "\u00b2", "x" * 5000, [], {}, [[]], [None], {"": ""}, [0, "x"]),
)


def mutate_json(data: bytes, random: Random) -> bytes:
    """Change a value somewhere in JSON, or now and then some bytes of it."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return mutate_bytes(data, random)
    if not random.randrange(8):
        return mutate_bytes(data, random)
    for _ in range(random.choice((1, 1, 2, 4))):
        value = json.loads(json.dumps(_change_value(value, random)))
    return json.dumps(value, separators=(",", ":")).encode()


def _change_value(value: Any, random: Random) -> Any:
    if not isinstance(value, (dict, list)) or not value or not random.randrange(6):
        return json.loads(json.dumps(random.choice(_VALUES)))
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = random.choice(keys)
    change = random.randrange(12)
    if change == 0:
        del value[key]
    elif change == 1:
        _copy_item(value, key, random)
    else:
        value[key] = _change_value(value[key], random)
    return value


def _copy_item(value: Any, key: Any, random: Random) -> None:
    """Repeat an item of a list, or give a value of an object another key too."""
    if isinstance(value, list):
        value.insert(random.randint(0, len(value)), value[key])
    else:
        value[random.choice((*value, str(random.choice(_VALUES))[:100]))] = value[key]


Tree = dict[str, bytes]
"""The contents of a snapshot by path."""


def join_tree(tree: Tree) -> bytes:
    """Return contents as packed text holds them before they are compressed."""
    return b"\n".join([json.dumps([[path, len(tree[path])] for path in tree]).encode(), *([b"".join(tree.values())])])


def split_tree(data: bytes) -> Tree:
    """Undo :func:`join_tree`. Raises ValueError for anything else."""
    index, _, rest = data.partition(b"\n")
    tree: Tree = {}
    start = 0
    for path, size in json.loads(index):
        tree[path] = rest[start : start + size]
        start += size
    return tree


def mutate_tree(data: bytes, random: Random) -> bytes:
    """Change one or two contents of a snapshot, or a path in it."""
    tree = split_tree(data)
    for _ in range(random.choice((1, 1, 2))):
        described = "capture.json" in tree and not random.randrange(3)
        path = "capture.json" if described else random.choice(list(tree))
        change = mutate_json if path.endswith(".json") else mutate_bytes
        content = change(tree[path][:LONGEST], random)
        if not random.randrange(10):
            other = mutate_bytes(path.encode(), random).decode("utf-8", "replace")
            path = other if other.isprintable() and "//" not in other else path
        tree[path] = content
    return join_tree(tree)
