"""Runs the web server and the background worker side by side, and leaves no process behind. Standard library only.

``manage.py serve`` prepares and then turns into this module, so that the parent of the two costs a few megabytes, not a
whole Django. Each child leads its own process group: a signal reaches it once, from here, and what it leaves is swept.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from hdr_site import address

ROOT = Path(__file__).resolve().parent.parent
POLL_SECONDS = 0.1
READY_SECONDS = 120.0
GRACE_SECONDS = 12.0  # more than gunicorn gives its own workers
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
HEALTHY_SECONDS = 60.0  # a worker that lived this long starts anew with the shortest pause
PR_SET_PDEATHSIG = 1  # Linux, prctl(2)
# For glibc. Eight threads with an arena each kept 230 MB after photos, two arenas and large pages 177 MB, no slower.
WEB_MEMORY = {"MALLOC_ARENA_MAX": "2", "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}


def _die_with_parent() -> Callable[[], None] | None:
    """What a Linux child runs to be ended when this process is killed outright; elsewhere there is no such thing."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """A process that we start and end, with all that it starts."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0

    def start(self) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent(),
        )

    def ended(self) -> str | None:
        """None while it runs, else how it ended, in words."""
        if self.process is None or (status := self.process.poll()) is None:
            return None
        return f"killed by signal {-status}" if status < 0 else f"exit status {status}"

    def ask_to_end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def sweep(self, deadline: float) -> None:
        """Wait until the deadline, then kill what is left of the whole group."""
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, deadline - time.monotonic()))
        if os.name == "nt":
            self.process.kill()
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None


class Supervisor:
    """Both children, from start to end. The web server's end is the end of all; the worker is started anew."""

    def __init__(
        self,
        web: Child,
        worker: Child,
        *,
        ready: Callable[[], bool],
        announce: Callable[[], None],
        pause: float = FIRST_PAUSE,
    ) -> None:
        self.web, self.worker = web, worker
        self.ready, self.announce = ready, announce
        self.first_pause = self.pause = pause
        self.asked_to_end = False

    def run(self) -> int:
        """Run until a signal or the web server's end; return the exit status."""
        self._signals_take()
        try:
            self.web.start()
            if not self._web_ready():
                return 0 if self.asked_to_end else 1
            self.worker.start()
            self.announce()
            return self._watch()
        finally:
            self._end_all()

    def _signals_take(self) -> None:
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGTERM, self._on_signal)
        # Under nohup it is ignored, and stays so; else a closed terminal ends us as Ctrl-C does.
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.asked_to_end = True

    def _web_ready(self) -> bool:
        deadline = time.monotonic() + READY_SECONDS
        while not self.asked_to_end:
            if how := self.web.ended():
                complain(f"The web server could not start ({how}). The lines above say why.")
                return False
            if self.ready():
                return True
            if time.monotonic() > deadline:
                complain(f"The web server did not answer within {READY_SECONDS:.0f} seconds.")
                return False
            time.sleep(POLL_SECONDS)
        return False

    def _watch(self) -> int:
        restart_at = 0.0
        while not self.asked_to_end:
            if how := self.web.ended():
                complain(f"The web server ended by itself ({how}), so Numeral has stopped.")
                return 1
            if how := self.worker.ended():
                pause = self._worker_pause()
                restart_at = time.monotonic() + pause
                complain(f"The background worker ended by itself ({how}); starting it again in {pause:.0f} s.")
                self.worker.sweep(0)
            if self.worker.process is None and time.monotonic() >= restart_at:
                self.worker.start()
            time.sleep(POLL_SECONDS)
        return 0

    def _worker_pause(self) -> float:
        """Seconds to wait before the next start: few after a long life, ever more after short ones."""
        if time.monotonic() - self.worker.started > HEALTHY_SECONDS:
            self.pause = self.first_pause
        pause, self.pause = self.pause, min(self.pause * 2, LONGEST_PAUSE)
        return pause

    def _end_all(self) -> None:
        deadline = time.monotonic() + GRACE_SECONDS
        for child in (self.worker, self.web):
            child.ask_to_end()
        for child in (self.worker, self.web):
            child.sweep(deadline)


def complain(sentence: str) -> None:
    print(f"Numeral: {sentence}", file=sys.stderr, flush=True)


def web_command(host: str, port: int, workers: int, threads: int) -> list[str]:
    """The web server's command line: gunicorn, or waitress where gunicorn cannot run."""
    where, application = address.netloc(host, port), "hdr_site.wsgi:application"
    if os.name == "nt":
        return [sys.executable, "-m", "waitress", f"--listen={where}", f"--threads={threads}", application]
    options = {
        "bind": where,
        "worker-class": "gthread",
        "workers": workers,
        "threads": threads,
        "timeout": 60,
        "graceful-timeout": 10,
        "keep-alive": 5,
        "log-level": "warning",
        # Its heartbeat file must not wait for a slow disk.
        "worker-tmp-dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir(),  # noqa: S108
    }
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "--no-control-socket",
        *(f"--{k}={v}" for k, v in options.items()),
        application,
    ]


def worker_command() -> list[str]:
    return [sys.executable, "manage.py", "run_huey", "--workers", "1", "--worker-type", "thread", "--quiet"]


def banner(host: str, port: int) -> None:
    """Say where Numeral is, to the person at this machine and to the one with a phone."""
    print(f"Numeral is ready: http://{address.netloc(address.reach(host), port)}")
    if host in address.EVERYWHERE and (lan := address.lan_address()):
        print(f"On a phone in the same network: http://{address.netloc(lan, port)}")
    print("Ctrl-C ends it.", flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Serve until asked to end. The address must be free: ``manage.py serve`` has looked."""
    parser = argparse.ArgumentParser(prog="supervisor")
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    given = parser.parse_args(arguments)
    url = os.environ.get("SITE_URL") or address.site_url(given.host, given.port)
    environment = {"SITE_URL": url}
    web = web_command(given.host, given.port, given.workers, given.threads)
    supervisor = Supervisor(
        Child("web server", web, WEB_MEMORY | environment),
        Child("worker", worker_command(), environment),
        ready=lambda: address.answers(given.host, given.port, url),
        announce=lambda: banner(given.host, given.port),
    )
    return supervisor.run()


if __name__ == "__main__":
    sys.exit(main())
