"""Follows a trainer's process and notes in the run's row how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from recognizer.models import TrainingRun
from recognizer.services.training_process import Event, TrainingProcess
from recognizer.services.training_rows import BEAT, run_show_life

OnEvent = Callable[[Event], None]
FIGURES = ("loss", "accuracy", "val_loss", "val_accuracy")


class Follower:
    """One run beside its process, from the process's start to its end."""

    def __init__(self, run: TrainingRun, process: TrainingProcess, on_event: OnEvent | None) -> None:
        self._run, self._process, self._on_event = run, process, on_event
        self._first: tuple[float, float] | None = None
        """When and at what fraction this process began to learn: it may go on from half the way."""

    def follow(self) -> None:
        """To the end, noting what is reported. Raises what the process reports, and TrainingCancelled."""
        run = self._run
        try:
            for event in self._process.events():
                if event is not None:
                    self._note(event)
                    if self._on_event:
                        self._on_event(event)
                if timezone.now() - (run.heartbeat_at or run.created_at) >= BEAT:
                    self._show_life()
        finally:
            run.log = self._process.log_tail()

    def _show_life(self) -> None:
        run = self._run
        run_show_life(run, fraction=run.fraction, seconds_left=run.seconds_left, log=self._process.log_tail())

    def _note(self, event: Event) -> None:
        run, kind = self._run, event["event"]
        if kind == "start":
            run.epochs = int(event.get("epochs", 0))
        elif kind == "epoch":
            run.progress.append({key: value for key, value in event.items() if key != "event"})
        if kind in ("batch", "epoch"):
            self._advance(event)
        elif kind == "fold":
            self._advance({"fraction": event["fraction"]})
        if line := _line(event):
            self._process.note(f"{timezone.localtime():%H:%M:%S} {line}")
        if kind in ("start", "epoch"):
            run.save(update_fields=["epochs", "progress", "fraction", "seconds_left"])

    def _advance(self, event: Event) -> None:
        run, now = self._run, time.monotonic()
        done = event.get("fraction", event.get("epoch", 0) / max(1, event.get("epochs", run.epochs)))
        run.fraction = min(1.0, max(0.0, float(done)))
        if self._first is None:
            seconds = float(event.get("seconds", 0.0))  # of a whole epoch, where that is the first thing reported
            before = run.fraction - (1 / max(1, run.epochs) if seconds else 0.0)
            self._first = (now - seconds, before)
        since, gained = now - self._first[0], run.fraction - self._first[1]
        if since > 0 and gained > 0:
            run.seconds_left = round(since * (1 - run.fraction) / gained)


def _line(event: dict[str, Any]) -> str:
    """What the log says of an event; nothing of most."""
    if event["event"] == "start":
        samples = event.get("samples")
        learned = f" on {samples:,} samples" if isinstance(samples, int) else ""
        return f"{event.get('epochs', '?')} epochs{learned}"
    if event["event"] == "epoch":
        figures = ", ".join(f"{key} {event[key]:.4f}" for key in FIGURES if isinstance(event.get(key), float))
        return f"epoch {event.get('epoch')} of {event.get('epochs')}: {figures}, {event.get('seconds', 0):.0f} s"
    if event["event"] == "fold":
        right = f"{100 * event['accuracy']:.2f} % right"
        return f"fold {event['fold']} of {event['folds']}: {right}, {event.get('seconds', 0):.0f} s"
    if event["event"] == "stage":
        return str(event.get("stage", ""))
    return ""
