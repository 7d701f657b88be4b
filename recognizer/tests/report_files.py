"""Reports made on the spot: a tiny model, measured on drawn digits as training would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from recognizer.models import ModelVersion
from recognizer.services.model_files import model_directory
from recognizer.services.registry import model_register
from recognizer.tests.tiny_networks import digit_network, save_model
from recognizer.tests.training_material import drawn
from recognizer.training import report
from recognizer.training.datasets import Samples

ON = "drawn digits: its 200 test pictures"
HISTORY = [
    {"loss": 2.0, "accuracy": 0.3, "val_loss": 1.5, "val_accuracy": 0.5},
    {"loss": 0.5, "accuracy": 0.8, "val_loss": 0.4, "val_accuracy": 0.9},
]
FOLDS = [{"fold": number, "n": 50, "accuracy": share} for number, share in enumerate((0.9, 0.92, 0.97), start=1)]


def answers(labels: np.ndarray, wrong: int = 30) -> np.ndarray:
    """Probabilities (n, 10): right but for the first ``wrong``, which are read as the next digit; all less sure."""
    read = labels.copy()
    read[:wrong] = (read[:wrong] + 1) % 10
    confidence = np.linspace(0.99, 0.5, len(labels))
    table = np.repeat((1 - confidence)[:, None] / 9, 10, axis=1)
    table[np.arange(len(labels)), read] = confidence
    return table.astype(np.float32)


def tiny_digit_model(folder: Path, **fields: Any) -> ModelVersion:
    """A registered model that nobody measured."""
    return model_register(directory=save_model(folder / "tiny", "digit", digit_network(), version=7, **fields))


def write_report(model: ModelVersion, **parts: Any) -> Path:
    """A whole report as training leaves it; ``parts`` take the place of its own, None leaves one out."""
    folder = model_directory(model.name)
    made = report.begin(folder, made_by="training", sha256=model.sha256, facts={"name": model.name})
    given: Samples = drawn(200)
    report.add_digits(made, answers(given.labels), given, 0.9, ON)
    made.parts["curves"] = report.curves_part([{"seed": 1, "best_epoch": 2, "shipped": True, "history": HISTORY}], ON)
    made.parts["folds"] = {"on": ON, "k": 3, "mean": 0.93, "std": 0.036, "quartiles": [0.9, 0.91, 0.92, 0.945, 0.97]}
    made.parts["folds"]["folds"] = FOLDS
    made.parts["summary"] = [{"layer": "dense", "type": "Dense", "shape": [None, 10], "parameters": 7850}]
    made.write()
    path = folder / "report.json"
    content = {**json.loads(path.read_text(encoding="utf-8")), **parts}
    kept = {key: value for key, value in content.items() if value is not None}
    path.write_text(json.dumps(kept), encoding="utf-8")
    return path
