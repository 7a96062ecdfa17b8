"""The net: runs a base commit and this checkout side by side, and tells every difference in what they do.

    python tests/net/compare.py BASE [--only GROUP] [--jobs N] [--quick] [--show N]

Nothing is stored: what the base commit does is what is expected. Differences that are wanted are normalisers in
`outcomes.py`. Captures and options stand in `cases.py`; what the trees call their modules in `worker.py`. Command lines
of `live` run in namespaces of their own where they can be made, all others replay snapshots. Exit status 1 tells that
something differs. Takes Python 3.11.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path[:1] = [str(HERE), str(HERE.parent)]

import namespaces  # noqa: E402
from apart import ROOT, Tree, checked_out  # noqa: E402
from cases import Snapshots, live, offline  # noqa: E402
from outcomes import NORMALISERS, differing, normalised, told  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from outcomes import Case, Outcome

QUICK = 11
"""Of so many cases one is in the quick sample; a prime number, so that it meets all options of a product."""

NOT_RUN = ("ImportError", "ModuleNotFoundError", "AttributeError", "NameError")
"""What a case ends with that was not really run, so that both sides may well be the same."""

ZOO = HERE.parent / "namespaces_live" / "namespace_zoo.py"


class Comparison:
    """Takes what came of the same cases on both sides, in any order, and keeps what differs."""

    def __init__(
        self,
        cases: Sequence[Case],
        normalisers: Mapping[str, Callable[[Case, str, Outcome], Outcome]] = NORMALISERS,
    ) -> None:
        self.cases = cases
        self.compared = 0
        self.differences: list[tuple[Case, list[str], list[str]]] = []
        self.not_run: Counter[str] = Counter()
        self._normalisers = normalisers
        self._waiting: dict[int, tuple[str, Outcome]] = {}
        self._lock = threading.Lock()

    def take(self, number: int, side: str, outcome: Outcome) -> None:
        """Keep the outcome of one side until that of the other is there."""
        case = self.cases[number]
        mine = normalised(case, side, outcome, self._normalisers)
        with self._lock:
            other = self._waiting.pop(number, None)
            if other is None:
                self._waiting[number] = (side, mine)
                return
            self.compared += 1
            if mine.status.startswith(NOT_RUN):
                self.not_run[f"{case.group}: {mine.status}"] += 1
        base, head = (mine, other[1]) if side == "base" else (other[1], mine)
        if aspects := differing(base, head):
            self.differences.append((case, aspects, told(base, head)))

    @property
    def is_clean(self) -> bool:
        """Whether every case was run on both sides and gave the same."""
        return self.compared == len(self.cases) and not self.differences and not self.not_run

    def report(self, shown: int) -> list[str]:
        """Numbers, what differs by group and aspect, and the first differences."""
        groups = Counter(f"{case.group}: {', '.join(aspects)}" for case, aspects, _ in self.differences)
        lines = [f"{self.compared} of {len(self.cases)} cases compared, {len(self.differences)} differ"]
        lines += [f"  {count:6} {group}" for group, count in groups.most_common()]
        lines += [f"  {count:6} not run, {reason}" for reason, count in self.not_run.most_common()]
        for case, aspects, diff in self.differences[:shown]:
            lines += ["", f"== {case.group}: {case.name} ({', '.join(aspects)})", *diff]
        return lines


def run(
    comparison: Comparison, trees: Sequence[Tree], jobs: int, enter: Callable[[list[str]], list[str]] = list
) -> None:
    """Run all cases in both trees, by so many processes each."""
    failures: list[BaseException] = []

    def work(tree: Tree, job: int) -> None:
        try:
            worker = tree.start(enter)
            for number in range(job, len(comparison.cases), jobs):
                comparison.take(number, tree.name, worker.outcome(comparison.cases[number]))
            worker.close()
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=work, args=(tree, job), daemon=True) for tree in trees for job in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError("a process that ran cases has died") from failures[0]


def chosen(cases: Sequence[Case], only: str | None, *, quick: bool) -> list[Case]:
    """The cases of a group, and of those a sample where that is enough."""
    found = [case for case in cases if only is None or only in case.group or only in case.name]
    return found[::QUICK] if quick else found


def compare(base: str, given: argparse.Namespace) -> list[Comparison]:
    """Run everything on both sides."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="net-")))
        checkout = stack.enter_context(checked_out(base))
        trees = [Tree("base", checkout, home), Tree("head", ROOT, home)]
        replayed = Comparison(chosen(list(offline(Snapshots(home / "snapshots"))), given.only, quick=given.quick))
        run(replayed, trees, given.jobs)
        seen = Comparison(chosen(list(live()), given.only, quick=given.quick))
        if why := namespaces.reason():
            print(f"live: left out, {why}")
        elif seen.cases:
            outer = stack.enter_context(namespaces.network_namespace())
            stack.enter_context(outer.running([sys.executable, str(ZOO), "0"]))
            for tree in trees:  # one after the other: each would see the sockets of the other's process
                run(seen, [tree], 1, outer.enter)
        return [replayed, seen]


def main() -> int:
    """Compare with the commit that is named, and report."""
    parser = argparse.ArgumentParser(description="tell what this checkout does otherwise than a base commit")
    parser.add_argument("base", metavar="BASE", help="a commit")
    parser.add_argument("--only", metavar="TEXT", help="cases with this text in their group or name")
    parser.add_argument("--jobs", type=int, default=1, help="processes for each side (default 1)")
    parser.add_argument("--quick", action="store_true", help=f"one of {QUICK} cases")
    parser.add_argument("--show", type=int, default=10, metavar="N", help="so many differences in full (default 10)")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # the base commit is not left checked out
    started = time.monotonic()
    comparisons = compare(given.base, given)
    for comparison in comparisons:
        print("\n".join(comparison.report(given.show)))
    print(f"{time.monotonic() - started:.0f} s")
    return int(not all(one.is_clean for one in comparisons))


if __name__ == "__main__":
    sys.exit(main())
