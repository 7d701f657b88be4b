"""A training run from start to end: one at a time, its process followed, its model registered; cancelled or lost."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from recognizer.domain.errors import BadParameters, CannotCancel, NumeralError, TrainingCancelled
from recognizer.domain.phrases import phrase
from recognizer.domain.types import ModelKind
from recognizer.inference.card import NETWORK_FILE, load_card
from recognizer.models import DataSet, ModelVersion, TrainingRun
from recognizer.services.gate_numbers import gate_freeze_after_training
from recognizer.services.registry import model_register, version_free
from recognizer.services.sample_selection import samples_prepare
from recognizer.services.training_leftovers import folder_tidy, has_checkpoint, is_finished, is_ours, run_folder
from recognizer.services.training_process import TICK, Event, TrainingProcess
from recognizer.services.training_progress import Follower
from recognizer.services.training_rows import (
    ALIVE,
    LOST_AFTER,
    run_begin,
    run_create,
    run_end,
    run_show_life,
    runs_ahead,
)
from recognizer.services.training_starts import data_check, parameters_here, parameters_with_free_name
from recognizer.training.datasets import sha256_of
from recognizer.training.parameters import TrainingParameters

OnEvent = Callable[[Event], None]
State = TrainingRun.State


@dataclass(frozen=True, slots=True)
class Trained:
    """A finished run and the model it registered."""

    run: TrainingRun
    model: ModelVersion


def training_run_execute(
    *,
    parameters: dict[str, Any],
    data_set: DataSet | None = None,
    output: Path | None = None,
    resume: bool = False,
    started_by: User | None = None,
    on_event: OnEvent | None = None,
) -> Trained:
    """Make a run and carry it out here: wait until no other run trains, train, register what came of it.

    ``parameters`` are those of ``recognizer.training``; ``output`` is the folder of checkpoints and results;
    ``resume`` goes on from its last checkpoint, or from that of the newest unfinished run of the architecture.
    Raises as ``training_run_carry_out``, and BadParameters where ``output`` is another living run's.
    """
    checked = TrainingParameters.from_json({**parameters, "resume": resume})
    training_runs_reap()
    resumed = _resumed(checked.architecture, output) if resume else None
    run = run_create(
        parameters=checked,
        folder=_folder_name(output or (run_folder(resumed) if resumed else None)),
        data_set=data_set,
        resumes=resumed,
        started_by=started_by,
        heartbeat_at=timezone.now(),
    )
    return training_run_carry_out(run=run, on_event=on_event)


def training_run_carry_out(*, run: TrainingRun, on_event: OnEvent | None = None) -> Trained:
    """Train in a child process, wait for it, register what it made; a queued run waits for its turn first.

    Raises BadParameters, BadDataSet or BadModel with a sentence, TrainingCancelled where somebody cancelled the run. An
    interrupt stops the child and marks the run cancelled.
    """
    folder = run_folder(run)
    try:
        if run.state == State.QUEUED:
            _wait_for_turn(run, on_event)
        model = _model_of(run, folder, on_event)
    except BaseException as error:
        stopped = isinstance(error, KeyboardInterrupt | TrainingCancelled)
        sentence = _sentence(error, folder)
        folder_tidy(folder)  # first: killed in between, the run is lost, and tidied up after then
        run_end(run, State.CANCELLED if stopped else State.FAILED, sentence)
        if isinstance(error, OSError):
            raise BadParameters(sentence) from error
        raise
    _done(run, model)
    gate_freeze_after_training(source=run.data_set, path=run.parameters.get("data"))
    return Trained(run=run, model=model)


def training_run_cancel(*, run: TrainingRun) -> None:
    """Mark a run cancelled; the process that trains sees it within seconds and ends.

    Raises CannotCancel where it has ended already.
    """
    now = timezone.now()
    cancelled = TrainingRun.objects.filter(id=run.id, state__in=ALIVE).update(
        state=State.CANCELLED, finished_at=now, error=TrainingCancelled.sentence, seconds_left=None
    )
    if not cancelled:
        raise CannotCancel(phrase("This run has ended already."))


def training_runs_reap() -> int:
    """Mark runs lost whose process has shown no life for a while; they can go on from their last checkpoint.

    One whose model was registered before its process ended is done. Queued ones that wait for a worker are left alone.
    Returns how many. Safe to run at any time.
    """
    sentence = "The process that trained is gone. It can go on from its last checkpoint, here or by train --resume."
    before, reaped = timezone.now() - LOST_AFTER, 0
    for run in TrainingRun.objects.filter(state__in=ALIVE, heartbeat_at__lt=before):
        if model := _model_made_by(run):
            _done(run, model)
            reaped += 1
            continue
        same = TrainingRun.objects.filter(id=run.id, state__in=ALIVE, heartbeat_at=run.heartbeat_at)
        if same.update(state=State.LOST, finished_at=timezone.now(), error=sentence, seconds_left=None):
            folder_tidy(run_folder(run))
            reaped += 1
    return reaped


def _wait_for_turn(run: TrainingRun, on_event: OnEvent | None) -> None:
    """Return once this run trains: no other does, none waits that was queued before it. Raises TrainingCancelled."""
    told = False
    while True:
        training_runs_reap()
        count = runs_ahead(run).count()
        if not count and run_begin(run):
            return
        if on_event and not told:
            on_event({"event": "queued", "ahead": max(1, count)})
        told = True
        run_show_life(run)
        time.sleep(TICK)


def _model_of(run: TrainingRun, folder: Path, on_event: OnEvent | None) -> ModelVersion:
    """Train, unless a whole model waits there from the time before; register it. Raises what is wrong, and OSError."""
    if run.data_set is not None:
        data_check(run.data_set)
    parameters = parameters_with_free_name(TrainingParameters.from_json(parameters_here(run)))
    run_show_life(run, parameters=parameters.as_dict())
    if not (parameters.resume and is_finished(folder)):
        folder.mkdir(parents=True, exist_ok=True)
        folder_tidy(folder)  # what a crash left there
        samples_prepare(parameters=parameters, folder=folder)
        with TrainingProcess(parameters, folder) as process:
            Follower(run, process, on_event).follow()
        run_show_life(run)  # or raises: cancelled at the last moment, nothing is registered
    card = load_card(folder)
    return model_register(directory=folder, version=version_free(ModelKind(card.kind), card.version))


def _done(run: TrainingRun, model: ModelVersion) -> None:
    run.model_version = model
    run_end(run, State.DONE, "")
    folder = run_folder(run)
    if is_ours(folder):  # the model was copied; its checkpoints have done their part
        shutil.rmtree(folder, ignore_errors=True)
    else:
        folder_tidy(folder)


def _model_made_by(run: TrainingRun) -> ModelVersion | None:
    """The registered model whose network lies in the run's folder, if its process ended between the two."""
    if run.state != State.RUNNING:
        return None
    network = run_folder(run) / NETWORK_FILE
    try:
        digest = sha256_of(network)
    except OSError:
        return None
    same = {"sha256": digest, "name": run.parameters.get("name")}
    return ModelVersion.objects.filter(**same, created_at__gte=run.created_at).first()


def _resumed(architecture: str, output: Path | None) -> TrainingRun | None:
    """The run to go on from: the newest in this folder or, without one, the newest ended run of an architecture whose
    folder is there and no living run's. Raises BadParameters where there is none of these.
    """
    if output is not None:
        return TrainingRun.objects.filter(folder=_folder_name(output)).order_by("-created_at").first()
    unfinished = Q(architecture=architecture, state__in=[State.FAILED, State.CANCELLED, State.LOST])
    used = set(TrainingRun.objects.filter(state__in=ALIVE).values_list("folder", flat=True))
    for run in TrainingRun.objects.filter(unfinished).order_by("-created_at"):
        folder = run_folder(run)
        if folder.name not in used and is_ours(folder) and folder.is_dir():
            return run
    raise BadParameters(
        phrase("There is no unfinished run of {architecture} to go on from.", architecture=architecture)
    )


def _folder_name(folder: Path | None) -> str:
    """As the row keeps it: a name in ``TRAINING_RUNS_DIR``, another place's path, nothing for the run's own folder."""
    if folder is None:
        return ""
    whole, root = folder.resolve(), Path(settings.TRAINING_RUNS_DIR).resolve()
    return whole.name if whole.parent == root else str(whole)


def _sentence(error: BaseException, folder: Path) -> str:
    if isinstance(error, OSError):
        reason = error.strerror or error
        return phrase("The results cannot be written to {folder}: {reason}.", folder=folder, reason=reason)
    if isinstance(error, KeyboardInterrupt):
        return (
            TrainingCancelled.sentence
            if has_checkpoint(folder)
            else phrase("The training was stopped at its keyboard.")
        )
    return (
        error.args[0]
        if isinstance(error, NumeralError)
        else phrase("Something went wrong on our side ({error}).", error=repr(error))
    )
