"""The trainer as a child process in a group of its own: what it reports, whether it still runs, its log, its end.

Killing it cancels it, TensorFlow never enters this process, and it ends by itself when this process is gone.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from recognizer.domain.errors import BadDataSet, BadModel, BadParameters, NumeralError
from recognizer.domain.phrases import phrase
from recognizer.services.training_leftovers import LOG_FILE, TEMPORARY
from recognizer.training.parameters import TrainingParameters

Event = dict[str, Any]

TRAINER = (sys.executable, "-m", "recognizer.training")
TICK = 1.0
"""Seconds after which silence is reported, so that whoever waits can do something else."""
PATIENCE = 1.5
"""Seconds that the child has to end by itself before it is killed."""
TAIL = 8_000
"""Bytes of its log that are shown: the end says what went wrong."""
SHORT = 500
"""Bytes of it in a sentence."""

ERRORS: dict[str, type[NumeralError]] = {error.code: error for error in (BadDataSet, BadModel, BadParameters)}


class TrainingProcess:
    """One run of ``python -m recognizer.training``. A context: leaving it ends the child and all that it started."""

    def __init__(self, parameters: TrainingParameters, folder: Path) -> None:
        request = folder / "parameters.json"
        request.write_text(json.dumps(parameters.as_dict()), encoding="utf-8")
        command = [*TRAINER, "run", str(request), "--output", str(folder), "--tied"]
        (folder / TEMPORARY).mkdir(exist_ok=True)
        self._log = folder / LOG_FILE
        self._log.write_bytes(b"")
        with self._log.open("ab") as log:  # appending, as ``note`` does
            self._child = subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                env={**os.environ, **dict.fromkeys(("TMPDIR", "TMP", "TEMP"), str(folder / TEMPORARY))},
                stdin=subprocess.PIPE,  # never written to; that it closes tells the child that nobody is left
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._pass_on, daemon=True).start()

    def __enter__(self) -> TrainingProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        for stream in (self._child.stdin, self._child.stdout):
            if stream is not None:
                stream.close()

    def events(self) -> Iterator[Event | None]:
        """What the child reports; None for each second without news. Ends with the child.

        Raises the error that it reports, or BadModel with the end of its log where it stopped without one.
        """
        while True:
            try:
                line = self._lines.get(timeout=TICK)
            except queue.Empty:
                yield None
                continue
            if line is None:
                break
            yield _event(line)
        if status := self._child.wait():
            raise BadModel(
                phrase(
                    "The training process stopped with status {status}. {log}", status=status, log=self.log_tail(SHORT)
                )
            )

    def note(self, line: str) -> None:
        """Add a line of ours to the log."""
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"{line}\n")

    def log_tail(self, most: int = TAIL) -> str:
        """The end of the log: what the child wrote to standard error, and the lines added here."""
        with self._log.open("rb") as log:
            log.seek(max(0, self._log.stat().st_size - most))
            return log.read().decode(errors="replace").strip()

    def _pass_on(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _end(self) -> None:
        """Ask the whole group to end, then make it: the trainer may have children that render."""
        if self._child.poll() is None:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(PATIENCE)
        self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        self._child.wait()

    def _signal(self, number: int) -> None:
        try:
            if hasattr(os, "killpg"):
                os.killpg(self._child.pid, number)
            else:
                self._child.send_signal(number)
        except ProcessLookupError:
            pass


def _event(line: str) -> Event:
    event: Event = json.loads(line)
    if event.get("event") == "error":
        raise ERRORS.get(event.get("code", ""), BadModel)(event.get("message"))
    return event
