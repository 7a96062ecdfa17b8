"""Be a machine in a root directory: an SSH server, a service that listens, and a socket that sees every frame.

Run as a program inside a network, mount and PID namespace of one's own: `old_machine.py ROOT PUBLIC_KEY` prints
`ready` when a key's owner can log in as root, and holds the machine until its input ends.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

SSH_PORT = 22
SERVICE_PORT = 8443
SERVICE = f"""
import socket
listening = socket.socket()
listening.bind(("127.0.0.1", {SERVICE_PORT}))
listening.listen()
frames = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88cc))
print("ready", flush=True)
input()
"""
SSHD = f"""
Port {SSH_PORT}
HostKey /run/host_key
AuthorizedKeysFile /run/authorized_keys
PidFile none
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
Subsystem sftp /usr/lib/openssh/sftp-server
"""


def mount(root: Path) -> None:
    """Mount what a running system has; of the directory itself nothing is changed."""
    for kind, place in (("proc", "proc"), ("sysfs", "sys"), ("tmpfs", "run"), ("tmpfs", "tmp"), ("tmpfs", "root")):
        subprocess.run(["mount", "-t", kind, kind, root / place], check=True)
    subprocess.run(["mount", "--rbind", "/dev", root / "dev"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def settings(root: Path, public_key: Path) -> None:
    """Write what the SSH server needs, below /run."""
    (root / "run/sshd").mkdir(mode=0o755)
    (root / "run/sshd_config").write_text(SSHD)
    (root / "run/authorized_keys").write_bytes(public_key.read_bytes())
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", root / "run/host_key"], check=True)


def wait_for_ssh() -> None:
    """Wait until the SSH server answers."""
    while True:
        try:
            with socket.create_connection(("127.0.0.1", SSH_PORT)) as connection:
                if connection.recv(4) == b"SSH-":
                    return
        except OSError:
            time.sleep(0.05)


def main(root: Path, public_key: Path) -> None:
    """Start all, wait for the end of input, end all."""
    mount(root)
    settings(root, public_key)
    inside = ["chroot", str(root)]
    service = subprocess.Popen(
        [*inside, "/usr/bin/python3", "-c", SERVICE], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    server = subprocess.Popen([*inside, "/usr/sbin/sshd", "-D", "-e", "-f", "/run/sshd_config"])
    try:
        assert service.stdout
        assert service.stdout.readline() == b"ready\n"
        wait_for_ssh()
        print("ready", flush=True)
        sys.stdin.read()
    finally:
        service.kill()
        server.kill()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
