"""Writing a model's card: the last step of a training run, and what vouches for its files."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from recognizer.inference.card import CARD_FILE, FORMAT, card_from_json
from recognizer.training.datasets import sha256_of
from recognizer.training.files import write_atomically
from recognizer.training.parameters import TrainingParameters

KNOWN_DATA = {
    # By the bytes of the four arrays, since each mirror packs them anew.
    "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16": {
        "source": "MNIST (LeCun, Cortes and Burges) as mnist.npz",
        "licence": "CC BY-SA 3.0",
    }
}
UNKNOWN_DATA = {"source": "a data set given by its trainer", "licence": None}
LIBRARIES = ("keras", "tensorflow", "ai-edge-litert", "numpy", "opencv-python-headless")


def facts_of(parameters: TrainingParameters, *, data: dict[str, Any], weights: int, seconds: float) -> dict[str, Any]:
    """How a model was made, as card and report say it.

    ``weights`` counts the network's parameters, ``seconds`` is the time of the shipped seed's epochs.
    """
    return {
        "name": parameters.name,
        "kind": parameters.kind,
        "version": parameters.version,
        "architecture": parameters.architecture,
        "parameters": weights,
        "preset": parameters.preset().as_dict(),
        "data": {**KNOWN_DATA.get(data["content_sha256"], UNKNOWN_DATA), **data},
        "init": f"{init.parent.name}/{init.name}" if (init := parameters.init_path) else None,
        "seeds": list(parameters.seeds),
        **_circumstances(seconds),
    }


def write_card(
    directory: Path,
    *,
    facts: dict[str, Any],
    contract: tuple[str, str],
    metrics: dict[str, Any],
    trust: dict[str, Any],
    files: Sequence[str],
) -> dict[str, Any]:
    """Write ``card.json`` for the files in ``directory`` and return its content.

    ``contract`` says what the network takes and answers. Raises BadModel where the card would not be one that serving
    takes.
    """
    card: dict[str, Any] = {
        "format": FORMAT,
        **facts,
        "input": contract[0],
        "output": contract[1],
        "metrics": metrics,
        **trust,
        "files": {name: sha256_of(directory / name) for name in files},
    }
    _save(card, directory)
    return card


def _save(card: dict[str, Any], directory: Path) -> None:
    card_from_json(card)
    text = json.dumps(card, indent=1, allow_nan=False) + "\n"
    write_atomically(directory / CARD_FILE, lambda path: path.write_text(text, encoding="utf-8"))


def _circumstances(seconds: float) -> dict[str, Any]:
    return {
        "libraries": _versions(),
        "training_seconds": round(seconds, 1),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "hardware": f"{os.cpu_count()} CPU cores, {platform.machine()}, {platform.system()}",
    }


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
