"""Several seeds at once: their events come through, and one that fails ends the run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from recognizer.training.parameters import TrainingParameters

pytest.importorskip("keras", reason="training needs Keras and TensorFlow")

CHILD = """#!{python}
import json, sys
seed = int(sys.argv[sys.argv.index("--seed") + 1])
print(json.dumps({{"event": "epoch", "seed": seed}}), flush=True)
if seed == {failing}:
    print(json.dumps({{"event": "error", "code": "training_failed", "message": "It went wrong."}}), flush=True)
    sys.exit(1)
"""


@pytest.fixture
def events() -> list[dict[str, Any]]:
    return []


def train(folder: Path, monkeypatch: pytest.MonkeyPatch, events: list[dict[str, Any]], failing: int) -> Any:
    """Train seeds 1 and 2 with a program in the trainer's place."""
    from recognizer.training import side_by_side

    child = folder / "child"
    child.write_text(CHILD.format(python=sys.executable, failing=failing), encoding="utf-8")
    child.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(child))
    parameters = TrainingParameters(seeds=(1, 2), jobs=2)
    return side_by_side.train_side_by_side(parameters, folder, events.append)


def test_the_events_of_all_seeds_come_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, events: list[dict[str, Any]]
) -> None:
    resumed = train(tmp_path, monkeypatch, events, failing=0)
    assert sorted(event["seed"] for event in events) == [1, 2]
    assert resumed.resume
    assert [path.name for path in tmp_path.iterdir()] == ["child"]


def test_a_seed_that_fails_ends_the_run_with_its_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, events: list[dict[str, Any]]
) -> None:
    from recognizer.training.progress import TrainingFailed

    with pytest.raises(TrainingFailed, match=r"Seed 2: It went wrong\."):
        train(tmp_path, monkeypatch, events, failing=2)
