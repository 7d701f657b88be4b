"""A worker takes runs that were queued in the browser, one after the other, in a thread of its own.

A training takes hours and the worker has other things to do. The trainer is tied to the worker's process: with it, it
ends, and the run is lost until somebody lets it go on. Runs that still wait are taken by the next worker.
"""

from __future__ import annotations

import logging
import threading

from django.db import connections

from recognizer.domain.errors import NumeralError, TrainingCancelled
from recognizer.models import TrainingRun
from recognizer.services.training_leftovers import run_folder
from recognizer.services.training_rows import run_begin, runs_ahead
from recognizer.services.training_runs import training_run_carry_out, training_runs_reap

logger = logging.getLogger(__name__)


def training_run_claim() -> TrainingRun | None:
    """The oldest waiting run, ours from now on, where nothing else trains; else None.

    Safe with any number of workers on any number of machines: the database lets one run train at a time. A run that
    goes on from checkpoints is taken where they lie.
    """
    training_runs_reap()
    waiting = TrainingRun.objects.filter(state=TrainingRun.State.QUEUED, by_worker=True, heartbeat_at=None)
    for run in waiting.order_by("created_at", "id"):
        if run.resumes_id and not run_folder(run).is_dir():
            continue
        try:
            return run if not runs_ahead(run).exists() and run_begin(run) else None
        except TrainingCancelled:
            continue  # or another worker was quicker
    return None


def training_runs_start() -> TrainingRun | None:
    """Take the next waiting run, and those after it, in a thread of this process; the first of them, or None."""
    run = training_run_claim()
    if run is not None:
        threading.Thread(target=_carry_out_all, args=(run,), name="training", daemon=True).start()
    return run


def _carry_out_all(run: TrainingRun | None) -> None:
    try:
        while run is not None:
            _carry_out(run)
            run = training_run_claim()
    finally:
        connections.close_all()


def _carry_out(run: TrainingRun) -> None:
    """What went wrong is in the run's row, for those whom it concerns."""
    try:
        training_run_carry_out(run=run)
    except NumeralError as error:
        logger.info("Training %s ended: %s", run.pk, error)
    except Exception:
        logger.exception("Training %s broke off", run.pk)
