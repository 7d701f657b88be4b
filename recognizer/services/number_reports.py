"""A line network's report: whole numbers on pictures, read as serving reads them, by both networks together."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from recognizer.domain.errors import BadDataSet, BadModel
from recognizer.domain.phrases import phrase
from recognizer.domain.types import Expect
from recognizer.inference.number_engine import NumberEngine
from recognizer.models import ModelVersion
from recognizer.services.evaluation import cases_of
from recognizer.services.scores import scores_of
from recognizer.services.serving import Readers, engine_load, models_serving
from recognizer.training import report
from recognizer.training.datasets import sha256_of
from recognizer.training.evaluation_data import LABELS_FILE, load_evaluation_set


def number_report_write(*, model: ModelVersion, path: Path, name: str, output: Path) -> None:
    """Write ``report.json`` into ``output``. Raises BadDataSet, BadModel, and ModelUnavailable where no digit network
    serves to read beside it.
    """
    data = load_evaluation_set(path)
    engine = engine_load(model)
    if not isinstance(engine, NumberEngine):
        raise BadModel(phrase("The model {name} reads no whole numbers.", name=model.name))
    readers = Readers(models_serving().readers.digit, engine)
    cases = list(cases_of(readers, data, Expect()))
    numbers = [case for case in cases if case.expected]
    if not numbers:
        raise BadDataSet(phrase("{name} has no picture with a number on it.", name=name))
    confidence = np.array([case.reading.confidence if case.reading else 0.0 for case in numbers])
    right = np.array([case.right for case in numbers])
    on = f"{name}: {len(cases):,} pictures, read by {model.name} beside {readers.digit.card.name}"
    made = report.begin(
        output,
        made_by="measuring",
        sha256=model.sha256,
        facts={
            "name": model.name,
            "kind": model.kind,
            "version": model.version,
            "architecture": model.architecture,
            "measured_on": {"name": name, "sha256": sha256_of(path / LABELS_FILE if path.is_dir() else path)},
        },
    )
    made.parts["measured"] = {"on": on, **scores_of(cases, model.threshold)}
    made.parts["reliability"] = [report.reliability_part("as it serves", confidence, right, on)]
    risk = report.risk_part(confidence, right, model.threshold, on)
    made.parts["risk_coverage"] = {**risk, "doubted_otherwise": True}
    made.write()
