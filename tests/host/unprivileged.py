"""What a user without rights is shown of two listeners: one of its own, and one that two processes of root hold.

Run by root in mount, process and network namespaces that end with it, not as their first process:
`python unprivileged.py HIDEPID UID`. Prints a JSON object with the outcome of each program by name.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from typing import Any

from netstat_core.cli import main as entry

CALLS = {"text": ["-tlnp"], "json": ["-tln", "-p", "--json"]}


def listen(port: int) -> socket.socket:
    """Listen on a TCP port of the loopback address."""
    return socket.create_server(("127.0.0.1", port))


def pynetstat(arguments: list[str]) -> dict[str, Any]:
    """Run pynetstat in this process."""
    stdout, stderr = io.BytesIO(), io.BytesIO()
    status = entry.run(arguments, stdout, stderr)
    return {"stdout": stdout.getvalue().decode(), "stderr": stderr.getvalue().decode(), "status": status}


def netstat(arguments: list[str]) -> dict[str, Any] | None:
    """Run the real netstat, if there is one."""
    path = shutil.which("netstat", path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    if path is None:
        return None
    ran = subprocess.run([path, *arguments], capture_output=True, check=False, timeout=30, env={"LC_ALL": "C"})
    return {"stdout": ran.stdout.decode(), "stderr": ran.stderr.decode(), "status": ran.returncode}


def churn() -> None:
    """Start and end processes all the time, so that some vanish while they are looked at."""
    while True:
        child = os.fork()
        if not child:
            os._exit(0)
        os.waitpid(child, 0)
        time.sleep(0.0005)


def child(function: Any) -> int:
    """Run a function in a process of its own."""
    number = os.fork()
    if not number:
        function()
        os._exit(0)
    return number


def main() -> None:
    """Make the listeners and processes, drop all rights, and look."""
    hidepid, uid = sys.argv[1:]
    subprocess.run(["mount", "-t", "proc", "-o", f"hidepid={hidepid}", "proc", "/proc"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    roots = listen(1001)
    children = [child(signal.pause), child(signal.pause), child(churn)]
    roots.close()
    for arguments in CALLS.values():
        pynetstat(arguments)  # all that will be imported is imported while it can be
    os.setgroups([])
    os.setgid(int(uid))
    os.setuid(int(uid))
    with listen(2002) as own:
        children.append(subprocess.Popen(["sleep", "60"], pass_fds=[own.fileno()]).pid)
    time.sleep(0.5)  # until the child has become what it is to be seen as
    outcomes: dict[str, Any] = {name: pynetstat(arguments) for name, arguments in CALLS.items()}
    outcomes["netstat"] = netstat(CALLS["text"])
    outcomes["pids"] = children
    json.dump(outcomes, sys.stdout)


if __name__ == "__main__":
    main()
