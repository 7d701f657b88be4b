"""What the admin's page of a training run shows: how far it is, what it waits for, what it was told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from recognizer.admin.training_run_curves import Plot, plots_of
from recognizer.models import TrainingRun
from recognizer.services.training_leftovers import has_checkpoint, run_folder
from recognizer.services.training_rows import ALIVE
from recognizer.services.training_starts import ENDED
from recognizer.training.presets import ARCHITECTURES

State = TrainingRun.State
PATIENCE = 90
"""Seconds after which a waiting run asks whether there is a worker at all."""
LABELS = {
    "recipe": "Preset",
    "epochs": "Epochs",
    "batch_size": "Batch size",
    "seeds": "Seed",
    "limit": "Samples",
    "optimiser": "Optimiser",
    "learning_rate": "Learning rate",
    "loss": "Loss",
    "schedule": "Schedule",
    "init": "Starts from",
    "name": "Makes the model",
    "data": "Data file",
}
UNTOLD = {"architecture", "version", "resume", "beside", "jobs"}
"""Parameters that the page tells otherwise, or that say nothing to a person."""


@dataclass(slots=True)
class Look:
    """``go_on``: what the button says that goes on with a run, empty where nothing can."""

    is_alive: bool
    state: str
    sentence: str
    percent: int
    time_left: str
    plots: list[Plot]
    go_on: str = ""
    goes_on_in: TrainingRun | None = None
    parameters: list[tuple[str, str]] = field(default_factory=list)


def look_of(run: TrainingRun) -> Look:
    """The look at a run as its row is now."""
    look = Look(
        is_alive=run.state in ALIVE,
        state=run.get_state_display(),
        sentence=_sentence(run),
        percent=int(100 * run.fraction),
        time_left=_time_left(run.seconds_left) if run.state == State.RUNNING and run.fraction < 1 else "",
        plots=plots_of(run.progress, run.epochs),
        parameters=_parameters(run),
    )
    if run.state in ENDED:
        look.goes_on_in = run.resumed_by.order_by("created_at").last()
        if look.goes_on_in is None or look.goes_on_in.state not in (*ALIVE, State.DONE):
            checkpoint = has_checkpoint(run_folder(run))
            look.go_on = "Go on from the last checkpoint" if checkpoint else "Start again from the beginning"
    return look


def _sentence(run: TrainingRun) -> str:
    """What it does, waits for, or came to."""
    if run.state == State.QUEUED:
        return _waits_for(run)
    if run.state == State.RUNNING:
        if run.fraction >= 1:
            return "Learning is over; the network is evaluated and exported."
        if not run.fraction:
            return "The data are prepared."
        return f"Epoch {min(run.epochs, int(run.fraction * run.epochs) + 1)} of {run.epochs}."
    return "The model is registered." if run.state == State.DONE else run.error


def _waits_for(run: TrainingRun) -> str:
    trains = TrainingRun.objects.filter(state=State.RUNNING).first()
    if trains is not None:
        return f"Waits for the training that runs now to end: {trains}."
    if not run.by_worker:
        return "Waits for its turn."
    waits = (timezone.now() - run.created_at).total_seconds()
    if waits < PATIENCE:
        return "Waits for the background worker, which looks every half minute."
    return (
        f"Has waited for a background worker for {_duration(waits)}. Is one running? “manage.py serve” starts it beside"
        " the web server, “manage.py run_huey” alone."
    )


def _time_left(seconds: int | None) -> str:
    return f"about {_duration(seconds)} left" if seconds is not None else ""


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} minutes"
    return f"{seconds / 3600:.1f} hours"


def _parameters(run: TrainingRun) -> list[tuple[str, str]]:
    """What it was told, in words; what it wasn't comes from the preset."""
    told: dict[str, Any] = {key: value for key, value in run.parameters.items() if key not in UNTOLD}
    architecture = ARCHITECTURES.get(run.architecture)
    preset = architecture.preset.as_dict() if architecture else {}
    rows = []
    for key in (*LABELS, *(key for key in told if key not in LABELS)):
        value = told.get(key)
        if value in (None, "", 0, False) or value in ([], {}):
            value, given = preset.get(key) if key in LABELS else None, False
        else:
            given = True
        if value is not None and not (key == "data" and run.data_set_id):
            label = LABELS.get(key, key.replace("_", " ").capitalize())
            rows.append((label, _words(value) + ("" if given or key not in preset else " (preset)")))
    return rows


def _words(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    return f"{value:,}" if isinstance(value, int) else str(value)
