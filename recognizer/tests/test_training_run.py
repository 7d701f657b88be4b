"""A training run as a child process: its events, its files, and that what it made can be served."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from recognizer.inference.engine import DigitEngine
from recognizer.training.datasets import sha256_of

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(importlib.util.find_spec("keras") is None, reason="training needs Keras and TensorFlow")


def digits(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Drawn digits, each a little elsewhere, and their labels."""
    rng = np.random.default_rng(6)
    fields, labels = np.zeros((count, 28, 28), np.uint8), np.arange(count) % 10
    for field, label in zip(fields, labels, strict=True):
        at = (int(rng.integers(4, 9)), int(rng.integers(19, 25)))
        cv2.putText(field, str(label), at, cv2.FONT_HERSHEY_SIMPLEX, 0.75, 255, 2, cv2.LINE_AA)
    return fields, labels


@dataclass
class Run:
    status: int
    events: list[dict[str, Any]]
    errors: str
    folder: Path


def run(folder: Path, **parameters: Any) -> Run:
    (folder / "told.json").write_text(json.dumps(parameters), encoding="utf-8")
    command = [sys.executable, "-m", "recognizer.training", "run", str(folder / "told.json")]
    done = subprocess.run(
        [*command, "--output", str(folder / "out")], cwd=ROOT, capture_output=True, text=True, check=False, timeout=110
    )
    # Each line of standard output must be an event: whatever else is printed there fails here.
    return Run(done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr, folder / "out")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("run")
    x_train, y_train = digits(200)
    x_test, y_test = digits(50)
    np.savez(folder / "data.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return run(
        folder,
        architecture="mlp",
        name="digit-8",
        version=8,
        data=str(folder / "data.npz"),
        epochs=2,
        seeds=[3],
        also=["h5", "json"],
        threads=1,
    )


def test_a_run_reports_its_start_its_epochs_and_its_end(finished: Run) -> None:
    assert finished.status == 0, finished.errors
    names = [event["event"] for event in finished.events if event["event"] != "batch"]
    assert names == ["start", "epoch", "epoch", "stage", "done"]
    start, epoch = finished.events[0], next(e for e in finished.events if e["event"] == "epoch")
    assert (start["epochs"], start["samples"], start["validation_samples"], start["test_samples"]) == (2, 160, 40, 50)
    assert {"epoch", "epochs", "loss", "accuracy", "val_loss", "val_accuracy", "seconds", "fraction"} <= epoch.keys()
    assert epoch["fraction"] == 0.5


def test_a_run_leaves_a_model_that_serves(finished: Run) -> None:
    engine = DigitEngine.load(finished.folder)
    assert (engine.card.name, engine.card.version, engine.card.architecture) == ("digit-8", 8, "mlp")
    pictures, labels = digits(50)
    right = float((engine.probabilities(pictures).argmax(axis=1) == labels).mean())
    assert right == pytest.approx(engine.card.metrics["test"]["accuracy"])


def test_the_card_is_the_one_reported_and_says_what_was_done(finished: Run) -> None:
    card = json.loads((finished.folder / "card.json").read_text(encoding="utf-8"))
    assert finished.events[-1]["card"] == card
    assert card["data"]["train"] == 160
    assert card["seeds"] == [3]
    assert len(card["metrics"]["test"]["per_digit"]) == 10
    assert [entry["seed"] for entry in card["metrics"]["test"]["runs"]] == [3]
    assert card["preset"]["loss"] == "sparse_categorical_crossentropy"
    assert card["reject_below"] <= card["threshold"]
    assert card["output"].startswith("float32 (n, 10)")
    assert card["risk_coverage"][-1]["coverage"] == 1.0
    assert {kind: figures["n"] for kind, figures in card["held_out"].items()} == {
        "degraded": 20,
        "hands": 8,
        "negatives": 4,
    }


def test_files_asked_for_are_there_with_their_digests(finished: Run) -> None:
    card = finished.events[-1]["card"]
    wanted = {"model.tflite", "model.keras", "model.h5", "model.json", "model.weights.h5"}
    assert set(card["files"]) == wanted
    assert all(sha256_of(finished.folder / name) == digest for name, digest in card["files"].items())
    assert json.loads((finished.folder / "model.json").read_text(encoding="utf-8"))["class_name"] == "Sequential"


def test_nothing_but_the_model_and_its_plots_is_left(finished: Run) -> None:
    left = {path.name for path in finished.folder.iterdir()} - set(finished.events[-1]["card"]["files"])
    report = json.loads((finished.folder / "report.json").read_text(encoding="utf-8"))
    assert left == {"card.json", *report["files"]}


def test_parameters_that_make_no_sense_end_the_run_with_a_sentence(tmp_path: Path) -> None:
    failed = run(tmp_path, epochs=0)
    assert failed.status == 1
    (event,) = failed.events
    assert (event["event"], event["code"]) == ("error", "bad_parameters")
    assert "--epochs" in event["message"]
    assert not failed.folder.exists()


def test_parameters_that_cannot_be_read_end_the_run_with_a_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "recognizer.training", "run", str(tmp_path / "none.json"), "--output", "x"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert json.loads(done.stdout)["code"] == "bad_parameters"
