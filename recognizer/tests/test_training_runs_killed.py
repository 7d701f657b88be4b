"""SIGKILL of the trainer, of the worker that follows it, or of both, at twenty random moments of real trainings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from recognizer.tests.test_datasets import npz
from recognizer.tests.trainers import LEARNS, write_trainer

ROOT = Path(__file__).resolve().parents[2]
KILLS = 20
PAUSE = 0.06
"""Seconds that an epoch of the trainer takes, between its half-written checkpoint and the whole one."""
WRITES_ITS_PID = "(folder / 'pid').write_text(str(os.getpid()))\n"

PLAY = """
import json, os, random, signal, sys, time
from pathlib import Path
import django
django.setup()
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.utils import timezone
from recognizer.models import DataSet, ModelVersion, TrainingRun
from recognizer.services import training_process, training_queue
from recognizer.services.datasets import dataset_register
from recognizer.services.registry import models_verify
from recognizer.services.training_leftovers import run_folder
from recognizer.services.training_rows import LOST_AFTER
from recognizer.services.training_runs import training_runs_reap
from recognizer.services.training_starts import training_run_enqueue, training_run_go_on

data, kills, *trainer = sys.argv[1:]
training_process.TRAINER = tuple(trainer)
call_command("migrate", verbosity=0)
row = dataset_register(path=Path(data), role="train", name="ours")
rng, problems, seen, gone_on = random.Random(4), [], {}, 0

def start_worker():
    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    while run := training_queue.training_run_claim():
        training_queue._carry_out(run)
    os._exit(0)

def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False

def trainers():
    return [int(path.read_text() or 0) for path in settings.TRAINING_RUNS_DIR.glob("*/pid")]

for kill in range(int(kills)):
    if not TrainingRun.objects.filter(state="queued").exists():
        training_run_enqueue(parameters={"architecture": "mlp", "epochs": 4}, data_set=row)
    worker = start_worker()
    time.sleep(rng.uniform(0.02, 0.55))
    victims = rng.choice((["worker"], ["trainer"], ["worker", "trainer"]))
    pids = [pid for pid in trainers() if is_alive(pid)]
    for pid in ([worker] if "worker" in victims else []) + (pids if "trainer" in victims else []):
        os.kill(pid, signal.SIGKILL)
    if "worker" not in victims:
        time.sleep(0.1)  # it notes the trainer's end, and may take the next run
        os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)
    deadline = time.monotonic() + 5
    while any(map(is_alive, trainers())) and time.monotonic() < deadline:
        time.sleep(0.02)
    if any(map(is_alive, trainers())):
        problems.append("a trainer lives on")
    TrainingRun.objects.filter(state="running").update(heartbeat_at=timezone.now() - 2 * LOST_AFTER)
    training_runs_reap()
    for run in TrainingRun.objects.all():
        seen[run.state] = seen.get(run.state, 0) + (run.id not in seen)
        seen[run.id] = True
        if run.state == "running" or (run.state == "done") != (run.model_version is not None):
            problems.append(f"{run.id} is {run.state}")
        if run.state in ("lost", "failed") and not run.resumed_by.exists():
            half = [path.name for path in run_folder(run).rglob(".*")]
            if half or (run_folder(run) / "tmp").exists():
                problems.append(f"left by {run.state}: {half}")
            gone_on += bool(training_run_go_on(run=run).resumes)
            TrainingRun.objects.filter(id=run.id).update(state="cancelled")
problems += [f"{each.name}: {each.problem}" for each in models_verify() if each.problem]
os.waitpid(start_worker(), 0)
states = list(TrainingRun.objects.values_list("state", flat=True))
folders = {path.name for path in settings.TRAINED_MODELS_DIR.iterdir() if not path.name.startswith(".")}
named = set(ModelVersion.objects.values_list("name", flat=True))
epochs = [[epoch["epoch"] for epoch in run.progress] for run in TrainingRun.objects.filter(state="done")]
seen = {key: count for key, count in seen.items() if isinstance(key, str)}
print(json.dumps({"problems": problems, "states": states, "seen": seen, "gone_on": gone_on,
                  "rowless": sorted(folders - named), "folderless": sorted(named - folders), "epochs": epochs}))
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks /proc whether a process lives")
def test_after_twenty_kills_every_run_has_ended_or_waits_and_goes_on(tmp_path: Path) -> None:
    trainer = write_trainer(tmp_path, WRITES_ITS_PID + LEARNS)
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path / "data"),
        "DATABASE_URL": f"sqlite:///{tmp_path}/data/db.sqlite3",
        "DJANGO_SETTINGS_MODULE": "hdr_site.settings",
        "PAUSE": str(PAUSE),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-c", PLAY, str(npz(tmp_path)), str(KILLS), *trainer]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["problems"] == [], told
    assert set(told["states"]) <= {"done", "cancelled"}, told
    assert told["states"].count("done") >= 1
    assert told["gone_on"] >= 1, told
    assert told["rowless"] == told["folderless"] == [], told
    # None is shown twice or left out; of a run that was killed with its model whole, the last may be unknown.
    assert all(epochs == list(range(1, len(epochs) + 1)) and len(epochs) >= 3 for epochs in told["epochs"]), told
