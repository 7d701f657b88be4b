"""A training run: the rows that say how far it is, one at a time; cancelled, lost, gone on with."""

from __future__ import annotations

import datetime as dt
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from recognizer.domain.errors import BadParameters, CannotCancel, TrainingCancelled
from recognizer.models import ModelVersion, TrainingRun
from recognizer.services.registry import model_register
from recognizer.services.training_process import TICK, Event, TrainingProcess
from recognizer.training.parameters import TrainingParameters
from recognizer.training.presets import ARCHITECTURES

OnEvent = Callable[[Event], None]
State = TrainingRun.State

BEAT = dt.timedelta(seconds=2)
"""How often a run shows life; as often it looks whether it was cancelled."""
LOST_AFTER = dt.timedelta(seconds=25)
"""A run that has shown no life for so long has no process any more."""
ALIVE = (State.QUEUED, State.RUNNING)


@dataclass(frozen=True, slots=True)
class Trained:
    """A finished run and the model it registered."""

    run: TrainingRun
    model: ModelVersion


def training_run_execute(
    *,
    parameters: dict[str, Any],
    output: Path | None = None,
    resume: bool = False,
    started_by: User | None = None,
    on_event: OnEvent | None = None,
) -> Trained:
    """Wait until no other run trains, train in a child process, wait for it, register what it made.

    ``parameters`` are those of ``recognizer.training``; ``output`` is the folder of checkpoints and results;
    ``resume`` goes on from its last checkpoint, or from that of the newest unfinished run of the architecture.
    Raises BadParameters, BadDataSet or BadModel with a sentence, TrainingCancelled where somebody cancelled the run. An
    interrupt stops the child and marks the run cancelled.
    """
    checked = TrainingParameters.from_json({**parameters, "resume": resume})
    training_runs_reap()
    if resume and output is None:
        output = _unfinished_folder(checked.architecture)
    run = _run_create(checked, started_by)
    folder = output or settings.TRAINING_RUNS_DIR / str(run.id)
    try:
        _wait_for_turn(run, on_event)
        folder.mkdir(parents=True, exist_ok=True)
        _train(run, checked, folder, on_event)
        model = model_register(directory=folder)
    except BaseException as error:
        stopped = isinstance(error, KeyboardInterrupt | TrainingCancelled)
        _finish(run, State.CANCELLED if stopped else State.FAILED, str(error))
        if isinstance(error, OSError):
            raise BadParameters(f"The results cannot be written to {folder}: {error.strerror}.") from error
        raise
    run.model_version = model
    _finish(run, State.DONE, "")
    if folder.is_relative_to(settings.TRAINING_RUNS_DIR):  # the model was copied; its checkpoints have done their part
        shutil.rmtree(folder, ignore_errors=True)
    return Trained(run=run, model=model)


def training_run_cancel(*, run: TrainingRun) -> None:
    """Mark a run cancelled; the process that trains sees it within seconds and ends.

    Raises CannotCancel where it has ended already.
    """
    now = timezone.now()
    cancelled = TrainingRun.objects.filter(id=run.id, state__in=ALIVE).update(
        state=State.CANCELLED, finished_at=now, error=TrainingCancelled.sentence
    )
    if not cancelled:
        raise CannotCancel("This run has ended already.")


def training_runs_reap() -> int:
    """Mark runs lost whose process has shown no life for a while; ``--resume`` goes on from their last checkpoint.

    Returns how many. Safe to run at any time.
    """
    now = timezone.now()
    silent = Q(heartbeat_at__lt=now - LOST_AFTER) | Q(heartbeat_at=None, created_at__lt=now - LOST_AFTER)
    sentence = "The process that trained is gone. Start it again with --resume to go on from the last checkpoint."
    return TrainingRun.objects.filter(silent, state__in=ALIVE).update(state=State.LOST, finished_at=now, error=sentence)


def _wait_for_turn(run: TrainingRun, on_event: OnEvent | None) -> None:
    """Return once this run may train: no other runs, none was queued before it. Raises TrainingCancelled."""
    told = False
    while True:
        training_runs_reap()
        earlier = Q(created_at__lt=run.created_at) | Q(created_at=run.created_at, id__lt=run.id)
        ahead = TrainingRun.objects.filter(Q(state=State.RUNNING) | Q(earlier, state=State.QUEUED)).exclude(id=run.id)
        count = ahead.count()
        if not count:
            break
        if on_event and not told:
            on_event({"event": "queued", "ahead": count})
        told = True
        _show_life(run)
        time.sleep(TICK)
    started = TrainingRun.objects.filter(id=run.id, state=State.QUEUED).update(
        state=State.RUNNING, heartbeat_at=timezone.now()
    )
    if not started:
        raise TrainingCancelled
    run.state = State.RUNNING


def _run_create(parameters: TrainingParameters, started_by: User | None) -> TrainingRun:
    return TrainingRun.objects.create(
        kind=ARCHITECTURES[parameters.architecture].kind,
        architecture=parameters.architecture,
        parameters=parameters.as_dict(),
        started_by=started_by,
        state=State.QUEUED,
        heartbeat_at=timezone.now(),
    )


def _unfinished_folder(architecture: str) -> Path:
    unfinished = [State.FAILED, State.CANCELLED, State.LOST]
    runs = TrainingRun.objects.filter(architecture=architecture, state__in=unfinished)
    for run in runs.order_by("-created_at"):
        folder: Path = settings.TRAINING_RUNS_DIR / str(run.id)
        if folder.is_dir():
            return folder
    raise BadParameters(f"There is no unfinished run of {architecture} to go on from.")


def _train(run: TrainingRun, parameters: TrainingParameters, folder: Path, on_event: OnEvent | None) -> None:
    """Follow the trainer to its end, noting what it reports. Raises what it reports, and TrainingCancelled."""
    with TrainingProcess(parameters, folder) as process:
        try:
            for event in process.events():
                if event is not None:
                    _note(run, event)
                    if on_event:
                        on_event(event)
                if timezone.now() - (run.heartbeat_at or run.created_at) >= BEAT:
                    _show_life(run, log=process.log_tail())
        finally:
            run.log = process.log_tail()


def _note(run: TrainingRun, event: Event) -> None:
    if event["event"] == "start":
        run.epochs = event.get("epochs", 0)
    elif event["event"] == "epoch":
        run.progress.append({key: value for key, value in event.items() if key != "event"})
    else:
        return
    run.save(update_fields=["epochs", "progress"])


def _show_life(run: TrainingRun, **more: str) -> None:
    """Note that this run's process lives. Raises TrainingCancelled where its row says that it has ended."""
    run.heartbeat_at = timezone.now()
    alive = TrainingRun.objects.filter(id=run.id, state__in=ALIVE).update(heartbeat_at=run.heartbeat_at, **more)
    if not alive:
        raise TrainingCancelled


@transaction.atomic
def _finish(run: TrainingRun, state: str, error: str) -> None:
    run.state, run.error, run.finished_at = state, error, timezone.now()
    run.save(update_fields=["state", "error", "finished_at", "model_version", "log"])
