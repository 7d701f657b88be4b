"""A training run: a child process that reports in JSON lines, and the rows that say how far it is."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from recognizer.domain.errors import BadDataSet, BadModel, BadParameters, NumeralError
from recognizer.models import ModelVersion, TrainingRun
from recognizer.services.registry import model_register
from recognizer.training.parameters import TrainingParameters
from recognizer.training.presets import ARCHITECTURES

OnEvent = Callable[[dict[str, Any]], None]
ERRORS: dict[str, type[NumeralError]] = {error.code: error for error in (BadDataSet, BadModel, BadParameters)}
State = TrainingRun.State


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
    """Train in a child process, wait for it, register what it made.

    ``parameters`` are those of ``recognizer.training``; ``output`` is the folder of checkpoints and results;
    ``resume`` goes on from its last checkpoint, or from that of the newest unfinished run of the architecture.
    Raises BadParameters, BadDataSet or BadModel with a sentence. An interrupt stops the child and marks the run
    cancelled.
    """
    checked = TrainingParameters.from_json({**parameters, "resume": resume})
    if resume and output is None:
        output = _unfinished_folder(checked.architecture)
    run = _run_create(checked, started_by)
    folder = output or settings.TRAINING_RUNS_DIR / str(run.id)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _follow(run, _child_events(checked, folder), on_event)
        model = model_register(directory=folder)
    except BaseException as error:
        _finish(run, State.CANCELLED if isinstance(error, KeyboardInterrupt) else State.FAILED, str(error))
        if isinstance(error, OSError):
            raise BadParameters(f"The results cannot be written to {folder}: {error.strerror}.") from error
        raise
    run.model_version = model
    _finish(run, State.DONE, "")
    if folder.is_relative_to(settings.TRAINING_RUNS_DIR):  # the model was copied; its checkpoints have done their part
        shutil.rmtree(folder, ignore_errors=True)
    return Trained(run=run, model=model)


def _run_create(parameters: TrainingParameters, started_by: User | None) -> TrainingRun:
    return TrainingRun.objects.create(
        kind=ARCHITECTURES[parameters.architecture].kind,
        architecture=parameters.architecture,
        parameters=parameters.as_dict(),
        started_by=started_by,
        state=State.RUNNING,
        heartbeat_at=timezone.now(),
    )


def _unfinished_folder(architecture: str) -> Path:
    unfinished = [State.RUNNING, State.FAILED, State.CANCELLED, State.LOST]
    runs = TrainingRun.objects.filter(architecture=architecture, state__in=unfinished)
    for run in runs.order_by("-created_at"):
        folder: Path = settings.TRAINING_RUNS_DIR / str(run.id)
        if folder.is_dir():
            return folder
    raise BadParameters(f"There is no unfinished run of {architecture} to go on from.")


def _child_events(parameters: TrainingParameters, folder: Path) -> Iterator[dict[str, Any]]:
    """Run the trainer; yield what it reports. Raises the error it reports, or BadModel with the end of its log."""
    request = folder / "parameters.json"
    request.write_text(json.dumps(parameters.as_dict()), encoding="utf-8")
    command = [sys.executable, "-m", "recognizer.training", "run", str(request), "--output", str(folder)]
    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen(
            command, cwd=settings.BASE_DIR, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True
        )
        assert child.stdout is not None
        try:
            for line in child.stdout:
                yield _event(line)
            status = child.wait()
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
            child.stdout.close()
        if status:
            log.seek(0)
            tail = log.read()[-2000:].decode(errors="replace").strip()
            raise BadModel(f"The training process stopped with status {status}. {tail}".strip())


def _event(line: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(line)
    if event.get("event") == "error":
        raise ERRORS.get(event.get("code", ""), BadModel)(event.get("message"))
    return event


def _follow(run: TrainingRun, events: Iterator[dict[str, Any]], on_event: OnEvent | None) -> None:
    for event in events:
        if event["event"] == "start":
            run.epochs = event.get("epochs", 0)
        elif event["event"] == "epoch":
            run.progress.append({key: value for key, value in event.items() if key != "event"})
        run.heartbeat_at = timezone.now()
        run.save(update_fields=["epochs", "progress", "heartbeat_at"])
        if on_event:
            on_event(event)


@transaction.atomic
def _finish(run: TrainingRun, state: str, error: str) -> None:
    run.state, run.error, run.finished_at = state, error, timezone.now()
    run.save(update_fields=["state", "error", "finished_at", "model_version"])
