"""One decoder child, as its parent sees it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from io import RawIOBase
from pathlib import Path
from typing import Any, cast

from recognizer.vision.decode_limits import DecodeLimits
from recognizer.vision.frames import read_frame, write_frame

_ROOT = Path(__file__).resolve().parents[2]
WORKER = ("-m", "recognizer.vision.decode_worker")
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""All that a child gets of our environment: no secret key and no database address reach a decoder."""


_MEMORY = {"MALLOC_TRIM_THRESHOLD_": "1000000", "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""For glibc. It would keep some 100 MB for good in a child that once decoded a large photo (22 MB so, no slower); and
large pages save a third of a photo's time, which went into taking memory in small ones (262 to 169 ms).
"""


_FAULTS = frozenset(
    getattr(signal, name).value
    for name in ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP")
    if hasattr(signal, name)
)
_WINDOWS_FAULTS = 0xC0000000
"""From here on Windows names what ended a process: an access violation, a stack overflow, and so on."""

_TO_END_S = 1.0


class DecoderDied(Exception):
    """The child ended, or talked nonsense, before it answered. ``crashed``: it fell over what it was given, rather than
    being killed from outside or never getting to work.
    """

    def __init__(self, reason: str, *, crashed: bool = False) -> None:
        super().__init__(reason)
        self.crashed = crashed


@dataclass(frozen=True, slots=True)
class Asked:
    """What a child is to do with a file: decode one page of it (from 1), with copies or without, or only count them."""

    copies: bool = False
    page: int = 1
    count: bool = False


class DecoderOverran(Exception):
    """The child had not answered when the deadline came, and was killed."""


class DecoderProcess:
    """A child that decodes one picture at a time; use it from one thread at a time."""

    def __init__(self, limits: DecodeLimits) -> None:
        command = [sys.executable, "-E", "-s", *WORKER, json.dumps(asdict(limits))]
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ} | _MEMORY
        try:
            self._popen = subprocess.Popen(
                command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_ROOT, env=environment
            )
        except OSError as error:
            raise DecoderDied("could not be started") from error
        self._to_child = cast(RawIOBase, self._popen.stdin)
        self._from_child = cast(RawIOBase, self._popen.stdout)
        self.images = 0

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def alive(self) -> bool:
        return self._popen.poll() is None

    def ask(self, data: bytes, deadline_s: float, asked: Asked) -> tuple[dict[str, Any], list[bytearray]]:
        """Have a file dealt with as asked: the header and the parts of the answer.

        Raises DecoderDied or DecoderOverran; after either the child is of no more use.
        """
        self.images += 1
        overran = threading.Event()

        def give_up() -> None:
            overran.set()
            self._popen.kill()

        # Killing the child ends our blocking write or read as well, so one timer keeps the deadline of both.
        timer = threading.Timer(deadline_s, give_up)
        timer.daemon = True
        timer.start()
        try:
            write_frame(self._to_child, asdict(asked), [data])
            return read_frame(self._from_child)
        except (OSError, EOFError, ValueError) as error:
            if overran.is_set():
                raise DecoderOverran from error
            raise DecoderDied("before it answered", crashed=self._crashed()) from error
        finally:
            timer.cancel()

    def _crashed(self) -> bool:
        """Whether the child, whose pipe has just broken, ended by a fault of its own."""
        try:
            code = self._popen.wait(_TO_END_S)
        except subprocess.TimeoutExpired:
            return False
        return -code in _FAULTS or code >= _WINDOWS_FAULTS

    def end(self) -> None:
        """Kill the child, who has nothing to lose, and free what it held."""
        self._popen.kill()
        self._close_pipes()
        self._popen.wait()

    def disown(self) -> None:
        """In a forked process: let go of the child, which is the parent's."""
        self._close_pipes()
        self._popen.returncode = 0  # else subprocess would try to wait for it

    def _close_pipes(self) -> None:
        for pipe in (self._to_child, self._from_child):
            with contextlib.suppress(OSError):
                pipe.close()
