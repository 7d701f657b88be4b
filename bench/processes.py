"""Starting a server, ending it with all that it started, and weighing it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROC = Path("/proc")
GRACE_SECONDS = 20.0


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[int]:
    """The process id of a command that runs for as long as the block; afterwards none of its tree is left."""
    with log.open("ab") as output:
        # A session of its own: Ctrl-C reaches us, and we end it in order.
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield process.pid
        finally:
            left = tree(process.pid)
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(GRACE_SECONDS)
            process.kill()
            process.wait()
            for pid in left:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)


def port_free() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, pid: int, seconds: float = 120) -> None:
    """Return once something accepts connections there. Raises RuntimeError where the process ends or time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if not alive(pid):
            raise RuntimeError("The server ended before it listened; its log says why.")
        time.sleep(0.005)
    raise RuntimeError(f"The server did not listen within {seconds:.0f} s.")


def alive(pid: int) -> bool:
    """Whether our child still runs; one that ended is left for its ``Popen`` to collect."""
    if not hasattr(os, "waitid"):
        return True
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


def tree(root: int) -> list[int]:
    """A process and all that descend from it; only the root where there is no /proc."""
    children: dict[int, list[int]] = {}
    for folder in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # The name, in brackets, may hold anything; the parent is the second field after it.
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(folder.name))
    found = [root]
    for pid in found:  # grows while we walk it
        found.extend(children.get(pid, []))
    return found


def pss_megabytes(pids: list[int]) -> float | None:
    """Proportional set size of the processes together, in units of 10^6 bytes; None where the system won't tell."""
    total = 0
    for pid in pids:
        try:
            lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
        except ProcessLookupError:
            continue
        except OSError:
            return None
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total * 1024 / 1e6


def started_with(pids: list[int], word: str) -> list[int]:
    """Those of the processes whose command line has ``word`` in it."""
    found = []
    for pid in pids:
        with contextlib.suppress(OSError):
            if word.encode() in (PROC / str(pid) / "cmdline").read_bytes():
                found.append(pid)
    return found
