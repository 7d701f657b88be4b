"""What a run leaves after every epoch, so that it can be killed anywhere and go on: a checkpoint, and its state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from recognizer.domain.errors import BadParameters
from recognizer.domain.phrases import phrase
from recognizer.training.files import write_atomically

CHECKPOINTS = "checkpoints"
"""The folder in a run's output for what it only needs until it is done."""
STATE = "state.json"
BEST = "best.keras"


class Checkpoints:
    """One seed's checkpoints in a folder of their own; ``recipe`` says what they are of."""

    def __init__(self, directory: Path, recipe: dict[str, Any]) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory, self._recipe = directory, recipe

    @property
    def best(self) -> Path:
        """Where the best weights so far are kept."""
        return self._directory / BEST

    def keep_best(self, model: Any) -> None:
        write_atomically(self.best, model.save)

    def keep(self, model: Any, history: list[dict[str, float]]) -> None:
        """A checkpoint, then the state that names it, then the old checkpoint's end: killed anywhere, one is whole."""
        checkpoint = f"epoch-{len(history):04d}.keras"
        write_atomically(self._directory / checkpoint, model.save)
        text = json.dumps({"recipe": self._recipe, "checkpoint": checkpoint, "history": history})
        write_atomically(self._directory / STATE, lambda path: path.write_text(text, encoding="utf-8"))
        for old in self._directory.glob("epoch-*.keras"):
            if old.name != checkpoint:
                old.unlink()

    def last(self) -> tuple[Path, list[dict[str, float]]] | None:
        """The last checkpoint and the history up to it. Raises BadParameters where it is of another recipe."""
        path = self._directory / STATE
        if not path.is_file():
            return None
        state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if state["recipe"] != self._recipe:
            raise BadParameters(
                phrase("These checkpoints were made with other parameters or data. Resume with the same ones.")
            )
        return self._directory / state["checkpoint"], state["history"]
