"""Fuzz all targets for some seconds: ``python tests/fuzz/run.py SECONDS``; exit status 1 if anything was found.

With atheris (``pip install '.[fuzz]'``) the coverage of netstat_core and of the plugins guides the mutations; where it
is not to be had, as many random ones are tried as the time allows. The seconds are shared by the groups of targets, of
which ``--jobs`` run at the same time. An input is kept in a file below ``--findings``, with the name of its target in
the first line; ``--replay FILE`` runs it alone. ``--corpus`` keeps what was learnt for the next run.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import entry_points
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

if TYPE_CHECKING:
    from targets import Target

GROUPS = ("feeds", "system", "language", "displays")
SECONDS_PER_INPUT = 5
LARGEST_MIB = 1024
LONGEST = 1 << 14
_MOST_FINDINGS = 50


class Fuzzed:
    """The targets of a group as one function of bytes: the name of the target, a newline, and its input."""

    def __init__(self, targets: list[Target], findings: Path) -> None:
        self._targets = {target.name.encode(): target for target in targets}
        self._findings = findings
        self._seen: set[Any] = set()
        self.executions = 0

    def run(self, data: bytes) -> None:
        """Run an input; what goes wrong is kept once for each place in the code."""
        name, _, content = data.partition(b"\n")
        target = self._targets.get(name)
        if target is None:
            return
        self.executions += 1
        try:
            target.run(content)
        except Exception as error:  # noqa: BLE001 - what is looked for
            self._keep(error, data)

    def _keep(self, error: Exception, data: bytes) -> None:
        place = traceback.extract_tb(error.__traceback__)[-1]
        words = re.sub(r"[^a-zA-Z ]+", "", str(error)[:100])  # one place raises Fault for many causes
        key = (type(error), place.filename, place.lineno, words)
        if key in self._seen or len(self._seen) >= _MOST_FINDINGS:
            return
        self._seen.add(key)
        path = self._findings / f"found-{hashlib.sha256(data).hexdigest()[:16]}"
        path.write_bytes(data)
        lines = "".join(traceback.format_exception(type(error), error, error.__traceback__)[-6:])
        print(f"{path}: {data.partition(chr(10).encode())[0].decode()}\n{lines}", file=sys.stderr, flush=True)

    def mutate(self, data: bytes, most: int, seed: int) -> bytes:
        """Change the input, and never the name of its target; sometimes another target gets it."""
        random = Random(seed)
        name, _, content = data.partition(b"\n")
        if name not in self._targets:
            name = random.choice(list(self._targets))
        with contextlib.suppress(ValueError, LookupError):  # no longer what the mutation is made for
            content = self._targets[name].mutate(content, random)
        return b"\n".join((name, content))[:most]


def load(group: str, pattern: str) -> list[Target]:
    """Return the targets of a group whose names contain a pattern."""
    from targets import all_targets

    return [target for target in all_targets() if target.group == group and pattern in target.name]


def list_groups(pattern: str) -> list[str]:
    """Return the groups that have targets whose names contain a pattern."""
    from targets import all_targets

    found = {target.group for target in all_targets() if pattern in target.name}
    return [group for group in GROUPS if group in found] or sys.exit(f"no target's name contains {pattern!r}")


def seed_inputs(targets: list[Target], folder: Path) -> Iterator[bytes]:
    """Yield the seeds of targets, each behind the name of its target."""
    from trees import Trees

    trees = Trees(folder)
    for target in targets:
        yield from (b"\n".join((target.name.encode(), seed)) for seed in target.seeds(trees))


def work(group: str, options: argparse.Namespace) -> int:
    """Fuzz one group in this process; return the exit status. With atheris, libFuzzer ends the process itself.

    The seconds include those in which the code is loaded and made to tell its coverage, which takes several.
    """
    findings, deadline = Path(options.findings), time.monotonic() + options.seconds
    atheris = find_atheris()
    with atheris.instrument_imports(include=packages()) if atheris else contextlib.nullcontext():
        targets = load(group, options.only)
        fuzzed = Fuzzed(targets, findings)
        with tempfile.TemporaryDirectory() as trees:
            seeds = list(seed_inputs(targets, Path(trees)))
        for seed in seeds:  # also imports what is imported when it is used
            fuzzed.run(seed)
    left = max(deadline - time.monotonic(), 1)
    if atheris:
        guide(atheris, fuzzed, seeds, int(left), options)
    return guess(fuzzed, seeds, left, options.seed)


def guide(atheris: Any, fuzzed: Fuzzed, seeds: list[bytes], seconds: int, options: argparse.Namespace) -> None:
    """Let libFuzzer choose the inputs; it does not return."""
    corpus = Path(options.corpus)
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    limits = (f"-timeout={SECONDS_PER_INPUT}", f"-rss_limit_mb={LARGEST_MIB}", f"-max_len={LONGEST}")
    ends = (f"-max_total_time={seconds}", f"-seed={options.seed}", f"-artifact_prefix={options.findings}/")
    arguments = [sys.argv[0], *limits, *ends, "-print_final_stats=1", "-verbosity=0", str(corpus)]
    atheris.Setup(arguments, fuzzed.run, custom_mutator=fuzzed.mutate)
    atheris.Fuzz()


def guess(fuzzed: Fuzzed, seeds: list[bytes], seconds: float, seed: int) -> int:
    """Try random mutations; each input gets its time, which is measured afterwards."""
    random = Random(seed)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        data = fuzzed.mutate(random.choice(seeds), LONGEST, random.getrandbits(32))
        started = time.process_time()
        fuzzed.run(data)
        if time.process_time() - started > SECONDS_PER_INPUT:
            raise SystemExit(f"{data[:80]!r}... takes more than {SECONDS_PER_INPUT} seconds")
    print(f"stat::number_of_executed_units: {fuzzed.executions}", file=sys.stderr)
    return 0


def find_atheris() -> Any:
    """Return the module atheris, None where it is not installed."""
    try:
        import atheris
    except ImportError:
        return None
    return atheris


def packages() -> list[str]:
    """Return the packages whose coverage counts: this one, and those of plugins."""
    plugins = [entry.value.partition(":")[0].partition(".")[0] for entry in entry_points(group="netstat.plugins")]
    return sorted({"netstat_core", *plugins})


def start(group: str, seconds: int, options: argparse.Namespace) -> bool:
    """Fuzz a group in a process of its own; return whether it ended as it should."""
    command = [sys.executable, str(HERE / "run.py"), str(seconds), "--group", group, "--only", options.only]
    command += ["--findings", options.findings, "--corpus", f"{options.corpus}/{group}", "--seed", str(options.seed)]
    hashed = {**os.environ, "PYTHONHASHSEED": "0"}
    ran = subprocess.run(command, env=hashed, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, check=False)
    said = ran.stderr.decode("utf-8", "replace")
    counts = [line.split()[-1] for line in said.splitlines() if line.startswith("stat::number_of_executed_units")]
    print(f"{group}: {counts[0] if counts else 'no'} inputs in {seconds} s", flush=True)
    if ran.returncode:
        print(f"{group}: exit status {ran.returncode}\n{said[-4000:]}", flush=True)
    elif "found-" in said:
        print(said[:20_000], flush=True)
    return ran.returncode == 0


def replay(path: str) -> int:
    """Run one kept input, and let whatever it raises out."""
    from targets import all_targets

    name, _, content = Path(path).read_bytes().partition(b"\n")
    target = next(target for target in all_targets() if target.name.encode() == name)
    with tempfile.TemporaryDirectory() as trees:
        list(seed_inputs([target], Path(trees)))  # samples of its other sources
    target.run(content)
    return 0


def main(arguments: list[str]) -> int:
    """Fuzz all groups, or one of them in this process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seconds", type=int, nargs="?", default=60)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at the same time")
    parser.add_argument("--only", default="", metavar="TEXT", help="only targets whose names contain this")
    parser.add_argument("--group", choices=GROUPS, help="only one group, in this process")
    parser.add_argument("--seed", type=int, default=1, help="the seed of what is drawn")
    parser.add_argument("--findings", metavar="DIR", help="a new folder below /tmp if not given")
    parser.add_argument("--corpus", metavar="DIR")
    parser.add_argument("--replay", metavar="FILE", help="run one input that was kept")
    options = parser.parse_args(arguments)
    if options.replay:
        return replay(options.replay)
    with tempfile.TemporaryDirectory() as folder:
        options.corpus = options.corpus or folder
        options.findings = str(Path(options.findings or tempfile.mkdtemp(prefix="fuzz-")).resolve())
        Path(options.findings).mkdir(parents=True, exist_ok=True)
        if options.group:
            return work(options.group, options)
        groups = list_groups(options.only)
        seconds = max(options.seconds * min(options.jobs, len(groups)) // len(groups), 1)
        before = set(os.listdir(options.findings))
        with ThreadPoolExecutor(options.jobs) as pool:
            ended = list(pool.map(lambda group: start(group, seconds, options), groups))
        found = sorted(set(os.listdir(options.findings)) - before)
    with contextlib.suppress(OSError):
        os.rmdir(options.findings)  # empty
    print(f"guided by coverage: {'yes' if find_atheris() else 'no'}; found: {len(found)}")
    return 0 if all(ended) and not found else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
