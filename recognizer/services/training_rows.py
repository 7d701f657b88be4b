"""The row of a training run: made, begun, shown alive, ended. What another process did to it in the meantime counts."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from recognizer.domain.errors import BadParameters, TrainingCancelled
from recognizer.domain.phrases import phrase
from recognizer.models import TrainingRun
from recognizer.services.training_leftovers import epochs_so_far
from recognizer.training.parameters import TrainingParameters
from recognizer.training.presets import ARCHITECTURES

State = TrainingRun.State

BEAT = dt.timedelta(seconds=1.5)
"""How often a run shows life; as often it looks whether it was cancelled."""
LOST_AFTER = dt.timedelta(seconds=25)
"""A run that has shown no life for so long has no process any more."""
ALIVE = (State.QUEUED, State.RUNNING)


def run_create(*, parameters: TrainingParameters, folder: str = "", **fields: Any) -> TrainingRun:
    """A queued run; one that goes on from another (``resumes``) has its epochs so far.

    Raises BadParameters where another living run has this folder.
    """
    resumed: TrainingRun | None = fields.get("resumes")
    run = TrainingRun(
        kind=ARCHITECTURES[parameters.architecture].kind,
        architecture=parameters.architecture,
        parameters=parameters.as_dict(),
        state=State.QUEUED,
        progress=epochs_so_far(resumed) if resumed else [],
        **fields,
    )
    run.folder = folder or str(run.id)
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError as error:
        raise BadParameters(phrase("Another training that waits or runs has this folder already.")) from error
    return run


def runs_ahead(run: TrainingRun) -> QuerySet[TrainingRun]:
    """The runs that this one waits for: the one that trains, and those queued before it that a process carries out.

    One that still waits for a worker holds nobody up: there may be no worker.
    """
    earlier = Q(created_at__lt=run.created_at) | Q(created_at=run.created_at, id__lt=run.id)
    waiting = Q(state=State.QUEUED, heartbeat_at__isnull=False)
    return TrainingRun.objects.filter(Q(state=State.RUNNING) | (earlier & waiting)).exclude(id=run.id)


def run_begin(run: TrainingRun) -> bool:
    """Whether this queued run trains from now on; not where another one does, which the database makes sure of.

    Raises TrainingCancelled where it isn't queued any more.
    """
    now = timezone.now()
    try:
        with transaction.atomic():
            begun = TrainingRun.objects.filter(id=run.id, state=State.QUEUED).update(
                state=State.RUNNING, heartbeat_at=now, started_at=now
            )
    except IntegrityError:
        return False
    if not begun:
        raise TrainingCancelled
    run.state, run.heartbeat_at, run.started_at = State.RUNNING, now, now
    return True


def run_show_life(run: TrainingRun, **more: Any) -> None:
    """Note that this run's process lives. Raises TrainingCancelled where its row says that it has ended."""
    run.heartbeat_at = timezone.now()
    alive = TrainingRun.objects.filter(id=run.id, state__in=ALIVE).update(heartbeat_at=run.heartbeat_at, **more)
    if not alive and not _came_back(run):
        raise TrainingCancelled


def _came_back(run: TrainingRun) -> bool:
    """A run taken for lost, on a machine that slept for a while, trains on; not where another one trains by now."""
    lost = TrainingRun.objects.filter(id=run.id, state=State.LOST)
    try:
        with transaction.atomic():
            return bool(lost.update(state=run.state, heartbeat_at=run.heartbeat_at, finished_at=None, error=""))
    except IntegrityError:
        return False


def run_end(run: TrainingRun, state: str, error: str) -> None:
    """How a run ended. Where its row says so already (cancelled, lost), that stays, unless a model came of it."""
    rows = TrainingRun.objects.filter(id=run.id)
    if state != State.DONE:
        rows = rows.filter(state__in=ALIVE)
    ending = {"state": state, "error": error, "finished_at": timezone.now(), "seconds_left": None}
    if state == State.DONE:
        ending |= {"model_version": run.model_version, "fraction": 1.0}
    rows.update(**ending)
    if run.log:
        TrainingRun.objects.filter(id=run.id).update(log=run.log)
    run.refresh_from_db()
