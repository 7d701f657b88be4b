"""Scripts that stand in for the trainer: they speak its protocol and take no time to learn."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from recognizer.models import DataSet, TrainingRun
from recognizer.services import training_process, training_queue
from recognizer.services.datasets import dataset_add_upload
from recognizer.services.training_queue import training_run_claim
from recognizer.services.training_starts import training_run_enqueue
from recognizer.tests.test_datasets import packed
from recognizer.tests.tiny_networks import digit_network, save_model

HEAD = """
import json, os, shutil, subprocess, sys, threading, time
from pathlib import Path
folder = Path(sys.argv[4])
told = json.loads(Path(sys.argv[2]).read_text())
def tied():
    os.read(0, 1)
    os._exit(1)
threading.Thread(target=tied, daemon=True).start()
def emit(event, **more):
    print(json.dumps({"event": event, **more}), flush=True)
"""
LEARNS = """
epochs, pause = told["epochs"] or 3, float(os.environ.get("PAUSE", "0"))
place = folder / "checkpoints" / "seed-1"
place.mkdir(parents=True, exist_ok=True)
state = place / "state.json"
history = json.loads(state.read_text())["history"] if told["resume"] and state.is_file() else []
emit("start", epochs=epochs, samples=100)
for epoch in range(len(history) + 1, epochs + 1):
    figures = {"loss": 1 / epoch, "accuracy": 1 - 1 / epoch, "val_loss": 1.2 / epoch, "val_accuracy": 0.9 - 0.5 / epoch}
    history.append({**figures, "seconds": pause})
    half = place / f".{os.getpid()}.state.json"
    half.write_text(json.dumps({"history": history}))
    time.sleep(pause)
    half.replace(state)
    emit("epoch", epoch=epoch, epochs=epochs, seed=1, fraction=epoch / epochs, **history[-1])
for file in Path(MODEL).iterdir():
    if file.name != "card.json":
        shutil.copy(file, folder)
card = json.loads((Path(MODEL) / "card.json").read_text())
card |= {"name": told["name"], "version": told["version"]}
half = folder / f".{os.getpid()}.card.json"
half.write_text(json.dumps(card))
half.replace(folder / "card.json")
shutil.rmtree(folder / "checkpoints")
emit("done", directory=str(folder), card=card)
"""


def write_trainer(folder: Path, body: str) -> tuple[str, ...]:
    """The command of a trainer that does this; ``LEARNS`` makes a tiny model in as many epochs as it is told."""
    model = save_model(folder / "made", "digit", digit_network())
    script = folder / "trainer.py"
    script.write_text(f"MODEL = {json.dumps(str(model))}\n{HEAD}{body}", encoding="utf-8")
    return (sys.executable, str(script))


def put_trainer(folder: Path, body: str, patch: pytest.MonkeyPatch) -> None:
    """Have runs of this process carried out by such a script."""
    patch.setattr(training_process, "TRAINER", write_trainer(folder, body))


def data_set(name: str = "ours", count: int = 120) -> DataSet:
    """A registered set to train on."""
    return dataset_add_upload(data=packed(count), role="train", name=name)


def run_row(state: str, *, silent: float = 0.0, **fields: Any) -> TrainingRun:
    """A run in some state that showed life so many seconds ago."""
    beat = timezone.now() - dt.timedelta(seconds=silent)
    values = {"kind": "digit", "architecture": "mlp", "heartbeat_at": beat, **fields}
    return TrainingRun.objects.create(state=state, **values)


def queue(row: DataSet, **more: Any) -> TrainingRun:
    """A run that waits for a worker."""
    parameters = {"architecture": "mlp", "epochs": 2, **more.pop("parameters", {})}
    return training_run_enqueue(parameters=parameters, data_set=row, **more)


def work() -> list[TrainingRun]:
    """What a worker's thread does, in this one; the runs it took."""
    taken = []
    while run := training_run_claim():
        taken.append(run)
        training_queue._carry_out(run)
    return taken


def state_of(run: TrainingRun) -> str:
    return TrainingRun.objects.get(id=run.id).state
