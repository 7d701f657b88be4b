"""Whatever happens to a training (killed, a machine that slept, a full disk), nothing half done is registered."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from recognizer.domain.errors import TrainingCancelled
from recognizer.models import DataSet, ModelVersion, TrainingRun
from recognizer.services import model_files, training_runs
from recognizer.services.training_leftovers import run_folder, training_leftovers_sweep
from recognizer.services.training_queue import training_run_claim
from recognizer.services.training_rows import LOST_AFTER, run_show_life
from recognizer.services.training_runs import training_run_carry_out, training_runs_reap
from recognizer.services.training_starts import training_run_go_on
from recognizer.tests.trainers import LEARNS, data_set, put_trainer, queue, run_row, state_of, work

pytestmark = pytest.mark.django_db
SILENT = LOST_AFTER.total_seconds() + 1


@pytest.fixture
def ours(db: None) -> DataSet:
    return data_set()


@pytest.fixture
def learns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings make a tiny model at once."""
    put_trainer(tmp_path, LEARNS, monkeypatch)


def left_by(run: TrainingRun) -> Path:
    """A folder as a killed trainer leaves it."""
    folder = run_folder(run)
    place = folder / "checkpoints" / "seed-1"
    place.mkdir(parents=True)
    (folder / "tmp").mkdir()
    for file in ("tmp/x", "trainer.log", ".12.model.keras", "checkpoints/seed-1/.12.epoch-0002.keras"):
        (folder / file).touch()
    for name in ("state.json", "epoch-0001.keras"):
        (place / name).touch()
    return folder


def test_a_lost_runs_leftovers_go_and_its_checkpoints_stay() -> None:
    folder = left_by(run_row("running", silent=SILENT))
    assert training_runs_reap() == 1
    left = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert left == {"checkpoints/seed-1/state.json", "checkpoints/seed-1/epoch-0001.keras"}


def test_the_sweep_removes_checkpoints_that_nobody_can_need(settings: Any) -> None:
    now = timezone.now()
    long_ago = now - dt.timedelta(days=settings.TRAINING_KEEP_DAYS + 1)
    kept = [left_by(run_row("lost", finished_at=now)), left_by(run_row("running"))]
    gone = [left_by(run_row("lost", finished_at=long_ago)), left_by(run_row("done", finished_at=now))]
    deleted = run_row("lost")
    gone.append(left_by(deleted))
    deleted.delete()
    fresh = run_row("lost", finished_at=now)
    kept.append(left_by(fresh))
    fresh.delete()
    resumed = run_row("lost", finished_at=long_ago)
    kept.append(left_by(resumed))
    run_row("queued", folder=str(resumed.id), resumes=resumed)
    (settings.TRAINING_RUNS_DIR / "somebody's").mkdir()
    os.utime(gone[-1], (0, 0))
    assert training_leftovers_sweep() == len(gone)
    assert all(folder.exists() for folder in kept)
    assert not any(folder.exists() for folder in gone)
    assert (settings.TRAINING_RUNS_DIR / "somebody's").exists()
    assert training_leftovers_sweep() == 0


def test_a_whole_model_that_a_killed_worker_left_is_registered_without_training_again(
    ours: DataSet, learns: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(BaseException):
        pass

    def kill(**_: Any) -> None:
        raise KilledError

    run = queue(ours)
    with monkeypatch.context() as patch:
        patch.setattr(training_runs, "model_register", kill)
        patch.setattr(training_runs, "run_end", lambda *_: None)
        assert training_run_claim() == run
        with pytest.raises(KilledError):
            training_run_carry_out(run=TrainingRun.objects.get(id=run.id))
    TrainingRun.objects.update(heartbeat_at=timezone.now() - 2 * LOST_AFTER)
    training_runs_reap()
    assert state_of(run) == "lost"
    again = training_run_go_on(run=TrainingRun.objects.get(id=run.id))
    monkeypatch.setattr(training_runs, "TrainingProcess", kill)
    assert work() == [again]
    assert state_of(again) == "done"


def test_a_model_registered_just_before_the_kill_makes_its_run_done(
    ours: DataSet, learns: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = queue(ours)
    monkeypatch.setattr(training_runs, "_done", lambda *_: None)
    work()
    assert state_of(run) == "running"
    monkeypatch.undo()
    TrainingRun.objects.update(heartbeat_at=timezone.now() - 2 * LOST_AFTER)
    assert training_runs_reap() == 1
    run.refresh_from_db()
    assert (run.state, run.model_version) == ("done", ModelVersion.objects.get())


def test_a_run_taken_for_lost_while_the_machine_slept_trains_on() -> None:
    run = run_row("running", silent=SILENT)
    assert training_runs_reap() == 1
    run_show_life(run)
    assert (state_of(run), TrainingRun.objects.get().error) == ("running", "")
    TrainingRun.objects.update(state="lost")
    run_row("running")
    with pytest.raises(TrainingCancelled):
        run_show_life(run)
    assert state_of(run) == "lost"


def test_a_full_disk_fails_the_run_with_a_sentence_and_registers_nothing(
    ours: DataSet, learns: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    places = ((model_files, "folder_sync"), (training_runs, "model_register"), (training_runs, "TrainingProcess"))
    for module, name in places:
        run = queue(ours)
        with monkeypatch.context() as patch:
            patch.setattr(module, name, full)
            work()
        run.refresh_from_db()
        assert run.state == "failed"
        assert "cannot be written" in run.error
        assert "No space left" in run.error
    assert not ModelVersion.objects.exists()


def test_a_full_disk_in_the_trainer_is_told(ours: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from recognizer.training import __main__ as trainer

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    told: list[dict[str, Any]] = []
    monkeypatch.setattr(trainer, "_run", full)
    monkeypatch.setattr(trainer, "_protocol", lambda: told.append)
    assert trainer.main(["run", "x.json", "--output", str(tmp_path)]) == 1
    assert [event["code"] for event in told] == ["disk_full"]
    assert "There is no room to write" in told[0]["message"]


def test_temporary_files_of_the_trainer_lie_in_the_runs_folder(
    ours: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "import tempfile\nemit('error', code='bad_model', message=tempfile.gettempdir())\n"
    put_trainer(tmp_path, body, monkeypatch)
    run = queue(ours)
    work()
    run.refresh_from_db()
    assert run.error == str(run_folder(run) / "tmp")
    assert os.listdir(run_folder(run)) == ["parameters.json"]  # noqa: PTH208
