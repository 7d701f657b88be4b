"""Runs queued in the browser: a worker takes them in order, each once; they outlive it, and go on where they were."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from recognizer import tasks
from recognizer.domain.errors import BadDataSet, BadModel, BadParameters, TrainingCancelled
from recognizer.models import DataSet, ModelVersion, TrainingRun
from recognizer.services.dataset_files import dataset_path
from recognizer.services.datasets import dataset_remove
from recognizer.services.registry import model_register
from recognizer.services.training_leftovers import run_folder
from recognizer.services.training_queue import training_run_claim, training_runs_start
from recognizer.services.training_rows import LOST_AFTER, run_begin
from recognizer.services.training_runs import (
    training_run_cancel,
    training_run_carry_out,
    training_run_execute,
    training_runs_reap,
)
from recognizer.services.training_starts import training_run_go_on
from recognizer.tests.tiny_networks import digit_network, save_model
from recognizer.tests.trainers import LEARNS, data_set, put_trainer, queue, run_row, state_of, work

pytestmark = pytest.mark.django_db
SILENT = LOST_AFTER.total_seconds() + 1
FAILS_AT_TWO = LEARNS.replace(
    "    half = place", "    if epoch == 2 and not told['resume']: os._exit(7)\n    half = place"
)


@pytest.fixture
def ours(db: None) -> DataSet:
    return data_set()


@pytest.fixture
def learns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings make a tiny model at once."""
    put_trainer(tmp_path, LEARNS, monkeypatch)


def test_a_queued_run_is_taken_and_makes_its_model(ours: DataSet, learns: None, charlie: User) -> None:
    run = queue(ours, started_by=charlie)
    assert (run.state, run.by_worker, run.heartbeat_at, run.data_set) == ("queued", True, None, ours)
    assert run.parameters["data"] == str(dataset_path(ours))
    assert work() == [run]
    run.refresh_from_db()
    assert (run.state, run.fraction, run.epochs, run.error) == ("done", 1.0, 2, "")
    assert run.model_version == ModelVersion.objects.get(name="digit-1")
    assert [epoch["epoch"] for epoch in run.progress] == [1, 2]
    assert "epoch 2 of 2: loss 0.5000" in run.log
    assert not run_folder(run).exists()


def test_two_queued_at_once_go_one_after_the_other_with_a_name_each(ours: DataSet, learns: None) -> None:
    first, second = queue(ours), queue(ours)
    assert [run.parameters["name"] for run in (first, second)] == ["digit-1", "digit-2"]
    assert training_run_claim() == first
    assert training_run_claim() is None
    training_run_carry_out(run=TrainingRun.objects.get(id=first.id))
    assert work() == [second]
    assert set(ModelVersion.objects.values_list("name", "version")) == {("digit-1", 1), ("digit-2", 2)}


def test_of_two_workers_one_gets_the_run(ours: DataSet) -> None:
    run = queue(ours)
    other = TrainingRun.objects.get(id=run.id)
    assert run_begin(run)
    with pytest.raises(TrainingCancelled):
        run_begin(other)
    later = queue(ours)
    assert not run_begin(later)
    assert state_of(later) == "queued"


def test_a_run_that_waits_for_a_worker_outlives_it_and_holds_no_command_up(ours: DataSet, learns: None) -> None:
    waiting = queue(ours)
    TrainingRun.objects.filter(id=waiting.id).update(created_at=timezone.now() - 10 * LOST_AFTER)
    assert training_runs_reap() == 0
    trained = training_run_execute(parameters={"architecture": "mlp", "data": waiting.parameters["data"], "name": "x"})
    assert trained.run.state == "done"
    assert state_of(waiting) == "queued"
    assert work() == [waiting]


def test_a_command_that_waits_goes_before_what_was_queued_later(ours: DataSet) -> None:
    command = run_row("queued")
    later = queue(ours)
    assert training_run_claim() is None
    command.delete()
    assert training_run_claim() == later


def test_a_cancelled_one_is_not_taken(ours: DataSet) -> None:
    run = queue(ours)
    training_run_cancel(run=run)
    assert training_run_claim() is None


def test_a_failed_run_goes_on_from_its_last_checkpoint(
    ours: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, charlie: User
) -> None:
    put_trainer(tmp_path, FAILS_AT_TWO, monkeypatch)
    failed = queue(ours, parameters={"epochs": 3})
    work()
    assert state_of(failed) == "failed"
    failed.refresh_from_db()
    again = training_run_go_on(run=failed, started_by=charlie)
    assert (again.resumes, again.folder, again.data_set) == (failed, str(failed.id), ours)
    assert [epoch["epoch"] for epoch in again.progress] == [1]
    with pytest.raises(BadParameters, match="has this folder already"):
        training_run_go_on(run=failed)
    work()
    again.refresh_from_db()
    assert again.state == "done"
    assert [epoch["epoch"] for epoch in again.progress] == [1, 2, 3]
    assert not run_folder(failed).exists()


def test_without_a_checkpoint_it_starts_again(ours: DataSet, learns: None) -> None:
    lost = run_row("lost", by_worker=True, parameters=queue(ours).parameters, data_set=ours)
    TrainingRun.objects.filter(state="queued").delete()
    again = training_run_go_on(run=lost)
    assert (again.resumes, again.folder, again.parameters["resume"]) == (None, str(again.id), False)
    assert work() == [again]
    for run in (again, queue(ours)):
        with pytest.raises(BadParameters, match="failed, was cancelled or lost"):
            training_run_go_on(run=TrainingRun.objects.get(id=run.id))


def test_checkpoints_on_another_machine_are_left_to_its_worker(ours: DataSet, learns: None) -> None:
    elsewhere, here = queue(ours), queue(ours)
    origin = run_row("lost")
    TrainingRun.objects.filter(id=elsewhere.id).update(resumes=origin, folder=str(origin.id))
    assert work() == [here]
    assert state_of(elsewhere) == "queued"


def test_what_cannot_be_trained_is_not_queued(ours: DataSet, tmp_path: Path) -> None:
    gate = data_set("gate", 130)
    DataSet.objects.filter(id=gate.id).update(role="gate")
    gate.refresh_from_db()
    with pytest.raises(BadDataSet, match="registered to gate"):
        queue(gate)
    model_register(directory=save_model(tmp_path / "made" / "digit-7", "digit", digit_network()))
    with pytest.raises(BadModel, match="named digit-7 is registered"):
        queue(ours, name="digit-7")
    with pytest.raises(BadModel, match=r"no model digit-7 with a \.keras file"):
        queue(ours, init="digit-7")
    with pytest.raises(BadParameters, match="--epochs"):
        queue(ours, parameters={"epochs": 0})
    with pytest.raises(BadParameters, match="no architecture"):
        queue(ours, parameters={"architecture": "x"})
    dataset_path(ours).write_bytes(b"changed")
    with pytest.raises(BadDataSet, match="has changed"):
        queue(ours)
    dataset_path(ours).unlink()
    with pytest.raises(BadDataSet, match="no data set at"):
        queue(ours)
    assert not TrainingRun.objects.exists()


def test_a_name_two_trainings_want_is_the_first_ones(ours: DataSet) -> None:
    queue(ours, name="mine")
    with pytest.raises(BadModel, match="will make a model named mine"):
        queue(ours, name="mine")


def test_a_name_taken_while_the_run_waited_is_passed_over_and_a_chosen_one_told_at_once(
    ours: DataSet, learns: None, tmp_path: Path
) -> None:
    automatic, chosen = queue(ours), queue(ours, name="mine")
    for name in ("digit-1", "mine"):
        folder = save_model(tmp_path / "elsewhere" / name, "digit", digit_network())
        model_register(directory=folder, version=int(name == "mine") + 1)
    work()
    automatic.refresh_from_db()
    chosen.refresh_from_db()
    assert automatic.model_version is not None
    assert automatic.model_version.name == automatic.parameters["name"] == "digit-3"
    assert (chosen.state, chosen.error) == ("failed", "A model named mine is registered already.")


def test_a_set_that_a_queued_training_will_read_stays(ours: DataSet) -> None:
    run = queue(ours)
    with pytest.raises(BadDataSet, match="A training reads ours"):
        dataset_remove(row=ours)
    training_run_cancel(run=run)
    dataset_remove(row=ours)
    assert TrainingRun.objects.get().data_set is None


def test_the_worker_starts_what_waits_in_a_thread(ours: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []

    class Thread:
        def __init__(self, **told: Any) -> None:
            started.append(told)

        def start(self) -> None:
            started.append("started")

    run = queue(ours)
    monkeypatch.setattr(threading, "Thread", Thread)
    assert training_runs_start() == run
    assert started[0]["args"] == (run,)
    assert started[0]["daemon"]
    assert training_runs_start() is None
    assert len(started) == 2


def test_the_periodic_jobs_start_reap_and_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    for name in ("training_runs_start", "training_runs_reap", "sweep_all"):
        monkeypatch.setattr(tasks, name, lambda name=name: done.append(name))
    monkeypatch.setattr(tasks.look_after_trainings, "schedule", lambda delay: done.append(f"again in {delay} s"))
    tasks.start_training.call_local()
    tasks.look_after_trainings_periodically.call_local()
    tasks.sweep_periodically.call_local()
    assert done == [
        *("training_runs_start", "training_runs_reap", "training_runs_start", "again in 30 s"),
        "sweep_all",
    ]
