"""A report for a model that has none: its LiteRT network measured anew on labelled digits.

Needs neither Keras nor matplotlib; where they are installed, the report has a summary of the layers and plots as well.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.domain.errors import BadParameters
from recognizer.domain.phrases import phrase
from recognizer.domain.types import ModelCard
from recognizer.inference.card import NETWORK_FILE
from recognizer.inference.engine import DigitEngine
from recognizer.training import report
from recognizer.training.datasets import Samples, find_mnist, load_parts, sha256_of

logger = logging.getLogger(__name__)

KERAS_FILE = "model.keras"
BATCH = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to measure: the model's folder, and an ``.npz`` (None: MNIST) under the name by which people know it."""

    model: Path
    data: Path | None
    name: str

    @classmethod
    def from_json(cls, raw: object) -> Wanted:
        """Raises BadParameters."""
        if not isinstance(raw, Mapping) or not isinstance(raw.get("model"), str):
            raise BadParameters(phrase("What to measure must name a model's folder."))
        data, name = raw.get("data"), raw.get("name")
        return cls(Path(raw["model"]), Path(str(data)) if data else None, str(name or "MNIST"))


def measure(wanted: Wanted, output: Path) -> None:
    """Write ``report.json`` with its pictures into ``output``. Raises BadModel, BadDataSet."""
    engine = DigitEngine.load(wanted.model)
    parts = load_parts(find_mnist(wanted.data), parts=("test",))
    given = parts.samples["test"]
    answers = np.concatenate(
        [engine.probabilities(given.pictures[at : at + BATCH]) for at in range(0, len(given), BATCH)]
    )
    output.mkdir(parents=True, exist_ok=True)
    made = report.begin(
        output,
        made_by="measuring",
        sha256=engine.card.files[NETWORK_FILE],
        facts={
            "name": engine.card.name,
            "kind": str(engine.card.kind),
            "version": engine.card.version,
            "architecture": engine.card.architecture,
            "measured_on": {"name": wanted.name, "sha256": parts.sha256, "content_sha256": parts.content_sha256},
        },
    )
    on = f"{wanted.name}: its {len(given):,} test pictures, through LiteRT"
    measured = report.add_digits(made, answers, given, engine.card.threshold, on)
    if layers := layers_of(wanted.model, engine.card):
        made.parts["summary"] = layers
    if importlib.util.find_spec("matplotlib") is not None:
        made.files += _plots(output, given, answers, engine.card.threshold, measured)
    made.write()


def _plots(
    output: Path, given: Samples, answers: NDArray[np.float32], threshold: float, measured: Mapping[str, Any]
) -> list[str]:
    from recognizer.training import figures

    figures.reliability(output / "reliability.svg", None, answers, given.labels)
    figures.risk_and_coverage(output / "risk-coverage.svg", answers, given.labels, threshold)
    return ["reliability.svg", "risk-coverage.svg", *figures.digit_plots(output, given, answers, measured)]


def layers_of(folder: Path, card: ModelCard) -> list[dict[str, Any]]:
    """The layers, where Keras is installed and the model's own ``.keras`` file is the one that its card vouches for."""
    path = folder / KERAS_FILE
    known = path.is_file() and card.files.get(KERAS_FILE) == sha256_of(path)
    if not known or importlib.util.find_spec("tensorflow") is None:
        return []
    from recognizer.training.export import load_network

    try:
        return report.summary_of(load_network(path))
    except Exception as error:  # an old file may say things that this Keras no longer reads
        logger.warning("The layers of %s cannot be listed: %s", path, error)
        return []
