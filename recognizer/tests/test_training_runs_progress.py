"""How far a training is: what its row is told while it learns, and how its curves are laid out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from recognizer.admin.training_run_curves import BOTTOM, LEFT, RIGHT, TOP, plots_of
from recognizer.models import TrainingRun
from recognizer.services.training_progress import Follower
from recognizer.tests.trainers import run_row

Event = dict[str, Any]


class Reports:
    """A process that reports these events, so many seconds after its start."""

    def __init__(self, events: list[tuple[float, Event]], patch: pytest.MonkeyPatch) -> None:
        self.lines: list[str] = []
        self._events, self._now = events, 0.0
        patch.setattr(time, "monotonic", lambda: self._now)

    def events(self) -> Iterator[Event]:
        for moment, event in self._events:
            self._now = moment
            yield event

    def note(self, line: str) -> None:
        self.lines.append(line)

    def log_tail(self) -> str:
        return "\n".join(self.lines)


def followed(events: list[tuple[float, Event]], patch: pytest.MonkeyPatch) -> TrainingRun:
    run = run_row("running", silent=60)
    Follower(run, Reports(events, patch), None).follow()  # type: ignore[arg-type]
    return run


def batch(fraction: float) -> Event:
    return {"event": "batch", "epoch": 1, "fraction": fraction, "loss": 1.0}


def epoch(number: int, **more: Any) -> Event:
    return {"event": "epoch", "epoch": number, "epochs": 4, "loss": 1.0 / number, "seconds": 100.0, **more}


@pytest.mark.django_db
def test_the_time_left_follows_from_what_this_process_did(monkeypatch: pytest.MonkeyPatch) -> None:
    start = {"event": "start", "epochs": 4}
    run = followed([(1, start), (50, batch(0.1)), (60, batch(0.2))], monkeypatch)
    assert (run.fraction, run.seconds_left) == (0.2, 80)
    run.delete()
    gone_on = followed([(1, start), (50, batch(0.6)), (60, batch(0.7)), (90, batch(0.8))], monkeypatch)
    assert gone_on.seconds_left == 40


@pytest.mark.django_db
def test_whole_epochs_tell_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    run = followed([(1, {"event": "start", "epochs": 4}), (120, epoch(1))], monkeypatch)
    assert (run.fraction, run.seconds_left) == (0.25, 300)
    assert [entry["epoch"] for entry in run.progress] == [1]
    assert "epoch 1 of 4: loss 1.0000, 100 s" in run.log


@pytest.mark.django_db
def test_the_row_knows_while_it_learns(monkeypatch: pytest.MonkeyPatch) -> None:
    run = followed([(1, batch(0.1)), (2, batch(0.2))], monkeypatch)
    assert TrainingRun.objects.get(id=run.id).fraction == 0.1  # the second came within the same beat


def test_every_point_lies_within_the_drawing_and_every_seed_has_its_line() -> None:
    progress = [
        {"epoch": number, "seed": seed, "loss": 2.0 / number, "val_loss": 0.011, "accuracy": 0.99, "val_accuracy": 0.5}
        for seed in (1, 2)
        for number in range(1, 31)
    ]
    plots = plots_of(progress, 30)
    assert [plot.title for plot in plots] == ["Loss", "Accuracy"]
    for plot in plots:
        assert len(plot.curves) == 4
        for curve in plot.curves:
            assert len(curve.dots) == 30
            assert all(LEFT <= x <= RIGHT and TOP <= y <= BOTTOM for x, y in curve.dots)
        labels = [tick.label for tick in plot.up]
        assert len(set(labels)) == len(labels)
        assert [tick.label for tick in plot.across][:2] == ["1", "4"]


@pytest.mark.parametrize(
    ("progress", "titles"),
    [
        ([], []),
        ([{"epoch": 1, "loss": 0.0}], ["Loss"]),
        ([{"epoch": 1, "loss": 3e-7, "val_accuracy": 1.0}], ["Loss", "Accuracy"]),
        ([{"epoch": 1, "loss": float("nan")}], []),
        ([{"epoch": 1, "loss": 250.0, "accuracy": 0.1}], ["Loss", "Accuracy"]),
    ],
)
def test_odd_figures_are_drawn_or_left_out(progress: list[Event], titles: list[str]) -> None:
    plots = plots_of(progress, 0)
    assert [plot.title for plot in plots] == titles
    assert all(TOP <= y <= BOTTOM for plot in plots for curve in plot.curves for _, y in curve.dots)
