"""Runs commands where a crafted tree is the `/proc`: in mount and network namespaces of this process alone.

Reads one JSON request from standard input (see `realnetstat.run_all`), answers with one JSON list. Run as a program, by
root, never imported by a test.
"""

from __future__ import annotations

import base64
import ctypes
import functools
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
SECONDS = 30
CRASHED = 70
LIBC = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Answer the request on standard input."""
    request = json.load(sys.stdin)
    commands: list[dict[str, Any]] = request["commands"]
    program = import_program() if any(command["program"] == "in-process" for command in commands) else None
    detach()
    if any(command["uid"] for command in commands):
        project = str(Path(__file__).resolve().parent.parent)
        let_others_reach([sys.prefix, sys.base_prefix, *sys.path, project, request["tree"]])
    lay_over_proc(Path(request["tree"]) / "proc")
    for path in request["absent"]:
        remove(Path("/proc") / path)
    for path, mode in request["modes"]:
        (Path("/proc") / path).chmod(mode)
    if program:
        warm_up(program)
    json.dump([answer(command, program) for command in commands], sys.stdout)


def import_program() -> Any:
    """Import pynetstat's entry while the real /proc is still there."""
    from netstat_core.cli import main as entry

    return entry.run


def warm_up(program: Any) -> None:
    """Let the program load its plugins once, so that not every child has to; what it prints is nobody's."""
    with suppress(Exception), open(os.devnull, "wb") as nowhere:
        program(["--source", "procfs", "-an"], nowhere, nowhere)


def detach() -> None:
    """Enter private mount and network namespaces: mounts do not show outside, nor the host's sockets inside."""
    check(LIBC.unshare(CLONE_NEWNS | CLONE_NEWNET))
    mount("none", "/", None, MS_REC | MS_PRIVATE)


def let_others_reach(paths: list[str]) -> None:
    """Cover closed directories above `paths` by open ones holding only those, so that any user can run python."""
    wanted = sorted({Path(path).resolve() for path in paths if path and Path(path).is_dir()})
    closed = {parent for path in wanted for parent in path.parents if not parent.stat().st_mode & stat.S_IXOTH}
    for cover in (path for path in sorted(closed) if not closed.intersection(path.parents)):
        hold = os.open(cover, os.O_PATH)
        mount("none", str(cover), "tmpfs", 0, "mode=755")
        for path in (path for path in wanted if cover in path.parents and not set(wanted).intersection(path.parents)):
            path.mkdir(parents=True)
            mount(f"/proc/self/fd/{hold}/{path.relative_to(cover)}", str(path), None, MS_BIND | MS_REC)


def lay_over_proc(crafted: Path) -> None:
    """Make a copy of `crafted` the /proc of this namespace, with processes in ascending order as a kernel has them."""
    processes = sorted((entry.name for entry in crafted.iterdir() if entry.name.isdigit()), key=int)
    for order in (processes, processes[::-1]):
        mount("none", "/proc", "tmpfs", 0, "mode=755")
        fill(crafted, Path("/proc"), order)
        if [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit()] == processes:
            break
    else:
        raise SystemExit("a tmpfs of this kernel lists its entries in no order that could be chosen")


def fill(crafted: Path, target: Path, processes: list[str]) -> None:
    """Copy a proc tree, its process directories in the given order, as a tmpfs lists entries by time of creation."""
    for entry in crafted.iterdir():
        if entry.is_file():
            shutil.copy(entry, target / entry.name)
        elif not entry.name.isdigit():
            shutil.copytree(entry, target / entry.name, symlinks=True)
    for name in processes:
        shutil.copytree(crafted / name, target / name, symlinks=True)


def remove(path: Path) -> None:
    """Remove a file or a directory, if there is one."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def answer(command: dict[str, Any], program: Any) -> dict[str, Any]:
    """Run one command; both outputs in base64, a signal as a negative status."""
    run = functools.partial(run_in_child, program) if command["program"] == "in-process" else run_program
    status, stdout, stderr = run(command)
    return {"returncode": status, "stdout": encode(stdout), "stderr": encode(stderr)}


def encode(output: bytes) -> str:
    """Turn bytes into what JSON can hold."""
    return base64.b64encode(output).decode()


def run_program(command: dict[str, Any]) -> tuple[int, bytes, bytes]:
    """Execute a program as the user asked for; both outputs are pipes, as they are for most callers."""
    uid = command["uid"]
    finished = subprocess.run(
        [command["name"], *command["argv"]],
        executable=command["program"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=SECONDS,
        **({"user": uid, "group": uid, "extra_groups": []} if uid else {}),
    )
    return finished.returncode, finished.stdout, finished.stderr


def run_in_child(program: Any, command: dict[str, Any]) -> tuple[int, bytes, bytes]:
    """Call pynetstat's entry in a child, which costs a tenth of starting python."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if not child:
            signal.alarm(SECONDS)
            call_and_exit(program, command["argv"], out, err)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return status, content(out), content(err)


def call_and_exit(program: Any, argv: list[str], out: Any, err: Any) -> None:
    """Call the entry and end this process with its status."""
    try:
        status = program(argv, out, err)
    except BaseException:  # noqa: BLE001 - whatever escapes is shown as a crash
        err.write(traceback.format_exc().encode())
        status = CRASHED
    out.flush()
    err.flush()
    os._exit(status)


def content(file: Any) -> bytes:
    """Return all of a file that another process wrote."""
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0)


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """Mount something, with the arguments of the system call."""
    check(LIBC.mount(os.fsencode(source), os.fsencode(target), kind and kind.encode(), flags, options.encode()))


def check(result: int) -> None:
    """Raise what the C library left in errno."""
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    main()
