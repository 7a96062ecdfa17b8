"""Keep a limited number of records so that those of one user do not crowd out those of others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from netstat_core.plugin.records import Record
from netstat_core.system.capture import NOBODY, path_of_user, share_out

T = TypeVar("T")


def user_of(record: Record) -> int:
    """Return the user of a socket: its owner, else that of the first process that holds it; NOBODY if unknown."""
    uid = record.get("uid")
    if uid is not None:
        # The kernel says that a socket without an inode, such as a connection that waits for its end, is root's.
        return NOBODY if record.get("inode") == 0 else int(uid)
    holders = record.get("processes")
    uid = holders[0]["uid"] if holders else None
    return NOBODY if uid is None else int(uid)


def keep_fair_shares(things: Sequence[T], most: int, find_user: Callable[[T], int]) -> tuple[list[T], list[T]]:
    """Return the things within a limit, in order, and the others.

    A user who has no more than an equal part loses nothing, and root as much as half of all; those who have more keep
    the first.
    """
    users = list(map(find_user, things))
    left = share_out({path_of_user(user): count for user, count in Counter(users).items()}, most)
    kept: list[T] = []
    others: list[T] = []
    for user, thing in zip(users, things, strict=True):
        path = path_of_user(user)
        (kept if left[path] > 0 else others).append(thing)
        left[path] -= 1
    return kept, others
