"""The part of a machine that helps another one train: it learns its share, and keeps nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from recognizer.services.training_process import Event, TrainingProcess
from recognizer.training.parameters import TrainingParameters


def training_run_help(*, parameters: dict[str, Any], on_event: Callable[[Event], None] | None = None) -> None:
    """Train beside the chief until it is done. Makes no row, waits for no other run, registers nothing.

    Raises BadParameters, BadDataSet or BadModel with a sentence.
    """
    checked = TrainingParameters.from_json(parameters)
    with (
        tempfile.TemporaryDirectory(prefix="numeral-helper-") as folder,
        TrainingProcess(checked, Path(folder)) as child,
    ):
        for event in child.events():
            if event is not None and on_event:
                on_event(event)
