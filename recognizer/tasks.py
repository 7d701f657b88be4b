"""Background and periodic jobs: thin, idempotent, calling services."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task

from recognizer.models import HistoryAction, Reread
from recognizer.selectors_history_actions import history_actions_silent
from recognizer.services.batch_reading import batch_advance, batch_turn
from recognizer.services.batch_upkeep import batches_take_up
from recognizer.services.daily_figures import figures_catch_up
from recognizer.services.gate import gate_measure_missing
from recognizer.services.history_actions import history_action_advance
from recognizer.services.housekeeping import sweep_all
from recognizer.services.model_report_requests import model_report_carry_out
from recognizer.services.rereads import reread_advance, rereads_silent
from recognizer.services.training_queue import training_runs_start
from recognizer.services.training_runs import training_runs_reap
from recognizer.services.uploads_reread import upload_read_again


@db_task()  # type: ignore[untyped-decorator]
def start_training() -> None:
    """Take a training that was just queued, unless another one trains: then it follows."""
    training_runs_start()


@db_task()  # type: ignore[untyped-decorator]
def look_after_trainings() -> None:
    """Mark runs lost whose process is gone, and start what waits."""
    training_runs_reap()
    training_runs_start()


@db_periodic_task(crontab())  # type: ignore[untyped-decorator]
def look_after_trainings_periodically() -> None:
    """Every half minute, so that a lost run is known within one: the queue's own clock knows minutes only."""
    look_after_trainings.call_local()
    look_after_trainings.schedule(delay=30)


@db_periodic_task(crontab(minute="*/5"))  # type: ignore[untyped-decorator]
def sweep_periodically() -> None:
    """Mend what a crash left, every five minutes."""
    sweep_all()


@db_periodic_task(crontab(minute="*/5"))  # type: ignore[untyped-decorator]
def count_figures_periodically() -> None:
    """Add up the days that ended, and those that were changed since."""
    count_figures()


@db_task()  # type: ignore[untyped-decorator]
def count_figures() -> None:
    """A slice of that; the next one waits behind other jobs, until there is nothing left to add up."""
    if figures_catch_up():
        count_figures()


@db_periodic_task(crontab(minute="*/5"))  # type: ignore[untyped-decorator]
def measure_periodically() -> None:
    """Measure new models on the gate's samples, and all models on samples that people gave since."""
    gate_measure_missing()


@db_task()  # type: ignore[untyped-decorator]
def measure_soon() -> None:
    """The same, since somebody waits for it."""
    gate_measure_missing()


@db_periodic_task(crontab())  # type: ignore[untyped-decorator]
def take_up_rereads() -> None:
    """Go on with what a worker that died, or a queue that was emptied, left."""
    for reread in rereads_silent():
        reread_soon(str(reread.id))


@db_task()  # type: ignore[untyped-decorator]
def read_again_soon(upload_ids: list[str]) -> None:
    """Read single uploads again, as their owner wants."""
    for upload_id in upload_ids:
        upload_read_again(upload_id=UUID(upload_id))


@db_task()  # type: ignore[untyped-decorator]
def history_action_soon(action_id: str) -> None:
    """One slice of what is done with all that a search found; the next one waits behind other jobs."""
    action = HistoryAction.objects.filter(id=action_id).first()
    if action is not None and history_action_advance(action=action):
        history_action_soon(action_id)


@db_periodic_task(crontab())  # type: ignore[untyped-decorator]
def take_up_history_actions() -> None:
    """Go on with what a worker that died, or a queue that was emptied, left."""
    for action in history_actions_silent():
        history_action_soon(str(action.id))


@db_task()  # type: ignore[untyped-decorator]
def reread_soon(reread_id: str) -> None:
    """One slice of reading stored uploads again; the next one waits behind other jobs."""
    reread = Reread.objects.filter(id=reread_id).first()
    if reread is not None and reread_advance(reread=reread):
        reread_soon(reread_id)


@db_task()  # type: ignore[untyped-decorator]
def measure_report(model_id: UUID, data: str) -> None:
    """Measure a model on a registered set, since somebody wants its report."""
    model_report_carry_out(model_id=model_id, data=data)


@db_task()  # type: ignore[untyped-decorator]
def read_batch(batch_id: str, turn: str) -> None:
    """One slice of a batch; the next one waits behind other jobs, those of other batches among them."""
    following = batch_advance(batch_id=UUID(batch_id), turn=dt.datetime.fromisoformat(turn))
    if following is not None:
        read_batch(batch_id, following.isoformat())


def read_batch_soon(batch_id: UUID) -> None:
    """Have the worker read a batch, unless it does already."""
    turn = batch_turn(batch_id=batch_id)
    if turn is not None:
        read_batch(str(batch_id), turn.isoformat())


@db_task()  # type: ignore[untyped-decorator]
def look_after_batches() -> None:
    """Go on with batches that a worker that died, or a queue that was emptied, left."""
    for batch_id, turn in batches_take_up():
        read_batch(str(batch_id), turn.isoformat())


@db_periodic_task(crontab())  # type: ignore[untyped-decorator]
def look_after_batches_periodically() -> None:
    """Every half minute, as for trainings."""
    look_after_batches.call_local()
    look_after_batches.schedule(delay=30)
