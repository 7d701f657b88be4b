"""What the admin's page of a training run shows: how far it is, what it waits for, what it was told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recognizer.admin.training_run_curves import Plot, plots_of
from recognizer.models import TrainingRun
from recognizer.services.training_leftovers import has_checkpoint, run_folder
from recognizer.services.training_rows import ALIVE
from recognizer.services.training_starts import ENDED
from recognizer.training.presets import ARCHITECTURES
from recognizer.wording import figures, said, say, say_n

State = TrainingRun.State
PATIENCE = 90
"""Seconds after which a waiting run asks whether there is a worker at all."""
LABELS = {
    "recipe": gettext_lazy("Preset"),
    "epochs": gettext_lazy("Epochs"),
    "batch_size": gettext_lazy("Batch size"),
    "seeds": gettext_lazy("Seed"),
    "limit": gettext_lazy("Samples"),
    "optimiser": gettext_lazy("Optimiser"),
    "learning_rate": gettext_lazy("Learning rate"),
    "loss": gettext_lazy("Loss"),
    "schedule": gettext_lazy("Schedule"),
    "init": gettext_lazy("Starts from"),
    "name": gettext_lazy("Makes the model"),
    "data": gettext_lazy("Data file"),
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
            look.go_on = _("Go on from the last checkpoint") if checkpoint else _("Start again from the beginning")
    return look


def _sentence(run: TrainingRun) -> str:
    """What it does, waits for, or came to."""
    if run.state == State.QUEUED:
        return _waits_for(run)
    if run.state == State.RUNNING:
        if run.fraction >= 1:
            return _("Learning is over; the network is evaluated and exported.")
        if not run.fraction:
            return _("The data are prepared.")
        return say(
            "Epoch {epoch} of {epochs}.",
            epoch=min(run.epochs, int(run.fraction * run.epochs) + 1),
            epochs=run.epochs,
        )
    return _("The model is registered.") if run.state == State.DONE else said(run.error)


def _waits_for(run: TrainingRun) -> str:
    trains = TrainingRun.objects.filter(state=State.RUNNING).first()
    if trains is not None:
        return say("Waits for the training that runs now to end: {trains}.", trains=trains)
    if not run.by_worker:
        return _("Waits for its turn.")
    waits = (timezone.now() - run.created_at).total_seconds()
    if waits < PATIENCE:
        return _("Waits for the background worker, which looks every half minute.")
    return say(
        "Has waited for a background worker for {time}. Is one running? “manage.py serve” starts it"
        " beside the web server, “manage.py run_huey” alone.",
        time=_duration(waits),
    )


def _time_left(seconds: int | None) -> str:
    return say("about {time} left", time=_duration(seconds)) if seconds is not None else ""


def _duration(seconds: float) -> str:
    if seconds < 90:
        return say("{seconds} s", seconds=max(1, round(seconds)))
    if seconds < 5400:
        return say_n("{n} minute", "{n} minutes", round(seconds / 60))
    return say("{hours:.1f} hours", hours=seconds / 3600)


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
            label = str(LABELS.get(key, key.replace("_", " ").capitalize()))
            shown = _words(value)
            rows.append((label, shown if given or key not in preset else say("{value} (preset)", value=shown)))
    return rows


def _words(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    return figures(f"{value:,}") if isinstance(value, int | float) else str(value)
