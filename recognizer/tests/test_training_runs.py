"""Training runs one at a time: cancelled, lost, waiting for each other, gone on with; whatever the trainer does."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.models import User
from recognizer.domain.errors import BadModel, BadParameters, CannotCancel, TrainingCancelled
from recognizer.models import TrainingRun
from recognizer.services import training_process
from recognizer.services.training_rows import LOST_AFTER
from recognizer.services.training_runs import training_run_cancel, training_run_execute, training_runs_reap

ROOT = Path(__file__).resolve().parents[2]
MLP = {"architecture": "mlp"}

FakeTrainer = Callable[[str], None]
SignIn = Callable[[User], Client]
Event = dict[str, Any]

pytestmark = pytest.mark.django_db


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any) -> FakeTrainer:
    """Puts a script in the trainer's place; ``folder`` in it is the run's."""
    settings.TRAINING_RUNS_DIR = tmp_path / "runs"

    def write(body: str) -> None:
        script = tmp_path / "trainer.py"
        head = "import json, os, subprocess, sys, time\nfrom pathlib import Path\nfolder = Path(sys.argv[4])\n"
        script.write_text(head + body, encoding="utf-8")
        monkeypatch.setattr(training_process, "TRAINER", (sys.executable, str(script)))

    return write


def run_row(state: str, *, silent: float = 0.0) -> TrainingRun:
    """A run in some state that showed life so many seconds ago."""
    beat = timezone.now() - dt.timedelta(seconds=silent)
    return TrainingRun.objects.create(kind="digit", architecture="mlp", state=state, heartbeat_at=beat)


def is_gone(pid: int) -> bool:
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] == "Z":
            return True  # dead, and only waits for the one who adopted it
        time.sleep(0.1)
    return False


SPEAKS = "print(json.dumps({'event': 'start', 'epochs': 3}), flush=True)\n"
WITH_A_CHILD = """
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
(folder / "pids").write_text(f"{os.getpid()} {child.pid}")
"""


def test_a_cancelled_run_ends_within_seconds_with_all_that_it_started(trainer: FakeTrainer, settings: Any) -> None:
    trainer(WITH_A_CHILD + SPEAKS + "time.sleep(60)")
    asked: list[float] = []

    def cancel(event: Event) -> None:
        training_run_cancel(run=TrainingRun.objects.get())
        asked.append(time.monotonic())

    with pytest.raises(TrainingCancelled, match="cancelled"):
        training_run_execute(parameters=MLP, on_event=cancel)
    assert time.monotonic() - asked[0] < 5
    run = TrainingRun.objects.get()
    assert (run.state, run.epochs) == ("cancelled", 3)
    pids = (settings.TRAINING_RUNS_DIR / str(run.id) / "pids").read_text().split()
    assert all(is_gone(int(pid)) for pid in pids)


def test_a_run_that_says_nothing_still_shows_life_and_its_log(trainer: FakeTrainer) -> None:
    trainer(SPEAKS + "print('rendering', file=sys.stderr, flush=True)\ntime.sleep(4)\nsys.exit(3)")
    seen: list[dt.datetime] = []
    with pytest.raises(BadModel, match=r"stopped with status 3\. (.*\n)?rendering"):
        training_run_execute(parameters=MLP, on_event=lambda event: seen.append(timezone.now()))
    run = TrainingRun.objects.get()
    assert run.heartbeat_at is not None
    assert (run.heartbeat_at - seen[0]).total_seconds() > 1.5
    assert run.state == "failed"
    assert "rendering" in run.log.splitlines()
    assert "3 epochs" in run.log


def test_what_the_trainer_says_went_wrong_is_the_runs_error(trainer: FakeTrainer) -> None:
    trainer("print(json.dumps({'event': 'error', 'code': 'bad_parameters', 'message': 'Too small.'}), flush=True)")
    with pytest.raises(BadParameters, match=r"Too small\."):
        training_run_execute(parameters=MLP)
    assert TrainingRun.objects.get().error == "Too small."


def test_a_run_waits_for_the_one_before_it(trainer: FakeTrainer) -> None:
    trainer("sys.exit(1)")
    before = run_row("running")
    events: list[Event] = []

    def on_event(event: Event) -> None:
        assert TrainingRun.objects.exclude(id=before.id).get().state == "queued"
        TrainingRun.objects.filter(id=before.id).update(state="done")
        events.append(event)

    with pytest.raises(BadModel, match="stopped with status 1"):
        training_run_execute(parameters=MLP, on_event=on_event)
    assert events == [{"event": "queued", "ahead": 1}]


def test_a_waiting_run_can_be_cancelled(trainer: FakeTrainer) -> None:
    trainer("raise AssertionError")
    before = run_row("running")
    with pytest.raises(TrainingCancelled):
        training_run_execute(
            parameters=MLP,
            on_event=lambda event: training_run_cancel(run=TrainingRun.objects.exclude(id=before.id).get()),
        )
    assert TrainingRun.objects.exclude(id=before.id).get().state == "cancelled"
    assert TrainingRun.objects.get(id=before.id).state == "running"


def test_nobody_waits_for_a_run_whose_process_is_gone(trainer: FakeTrainer) -> None:
    trainer("sys.exit(1)")
    before = run_row("running", silent=LOST_AFTER.total_seconds() + 1)
    with pytest.raises(BadModel):
        training_run_execute(parameters=MLP)
    before.refresh_from_db()
    assert before.state == "lost"
    assert "--resume" in before.error


def test_only_runs_that_show_no_life_are_lost() -> None:
    silent = LOST_AFTER.total_seconds() + 1
    lost = [run_row("running", silent=silent), run_row("queued", silent=silent)]
    kept = [run_row("done", silent=silent), run_row("cancelled", silent=silent), run_row("queued")]
    assert training_runs_reap() == 2
    kept.append(run_row("running"))
    assert training_runs_reap() == 0
    assert set(TrainingRun.objects.filter(state="lost")) == set(lost)
    assert [TrainingRun.objects.get(id=run.id).state for run in kept] == ["done", "cancelled", "queued", "running"]


def test_going_on_takes_the_lost_runs_folder_and_never_that_of_one_that_trains(
    trainer: FakeTrainer, settings: Any
) -> None:
    trainer("print(json.dumps({'event': 'error', 'code': 'bad_model', 'message': folder.name}), flush=True)")
    lost = run_row("running", silent=LOST_AFTER.total_seconds() + 1)
    (settings.TRAINING_RUNS_DIR / str(lost.id)).mkdir(parents=True)
    with pytest.raises(BadModel, match=str(lost.id)):
        training_run_execute(parameters=MLP, resume=True)
    TrainingRun.objects.all().delete()
    living = run_row("running")
    (settings.TRAINING_RUNS_DIR / str(living.id)).mkdir(parents=True)
    with pytest.raises(BadParameters, match="no unfinished run"):
        training_run_execute(parameters=MLP, resume=True)


def test_what_has_ended_cannot_be_cancelled() -> None:
    with pytest.raises(CannotCancel, match="ended already"):
        training_run_cancel(run=run_row("done"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe, on which the trainer waits")
def test_the_trainer_ends_when_whoever_started_it_is_gone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "told.json")
    command = [sys.executable, "-m", "recognizer.training", "run", str(tmp_path / "told.json"), "--tied"]
    with subprocess.Popen([*command, "--output", str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE) as child:
        assert child.stdin is not None
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(2)
        child.stdin.close()
        assert child.wait(10) == 1


def test_staff_who_may_change_runs_cancel_them(signed_in: SignIn, charlie: User) -> None:
    running, done = run_row("running"), run_row("done")
    client = signed_in(charlie)
    chosen = {"action": "cancel", "_selected_action": [str(running.id), str(done.id)]}
    page = client.post("/admin/recognizer/trainingrun/", chosen, follow=True).content.decode()
    assert "is cancelled; its process ends within seconds" in page
    assert "This run has ended already" in page
    running.refresh_from_db()
    assert running.state == "cancelled"


def test_staff_who_may_only_look_are_not_offered_to_cancel(signed_in: SignIn, make_user: Callable[..., User]) -> None:
    running = run_row("running")
    looker = make_user("looker", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_trainingrun"))
    client = signed_in(looker)
    assert b"Cancel the selected runs" not in client.get("/admin/recognizer/trainingrun/").content
    client.post("/admin/recognizer/trainingrun/", {"action": "cancel", "_selected_action": [str(running.id)]})
    running.refresh_from_db()
    assert running.state == "running"
