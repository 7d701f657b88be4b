"""``manage.py train --strategy``: what it asks for, and the part of a machine that helps another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from recognizer.domain.errors import BadDataSet
from recognizer.models import ModelVersion, TrainingRun

COMMAND = "recognizer.management.commands.train"


@pytest.fixture
def asked(db: None, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What a run would have been told; it is stopped at once."""
    told: list[dict[str, Any]] = []

    def stop(*, parameters: dict[str, Any], **_: Any) -> None:
        told.append(parameters)
        raise KeyboardInterrupt

    monkeypatch.setattr(f"{COMMAND}.training_run_execute", stop)
    return told


def train(*arguments: str) -> None:
    with pytest.raises(CommandError, match="Stopped"):
        call_command("train", *arguments)


def test_the_fast_preset_chooses_the_network_that_has_it(asked: list[dict[str, Any]]) -> None:
    train("--preset", "fast")
    train()
    assert [(each["architecture"], each["recipe"]) for each in asked] == [("fast-cnn", "fast"), ("numeral-cnn", None)]


def test_a_strategy_reaches_the_run(asked: list[dict[str, Any]]) -> None:
    train("--strategy", "mirrored")
    assert asked[0]["strategy"] == "mirrored"


def place(monkeypatch: pytest.MonkeyPatch, index: int) -> None:
    cluster = {"worker": ["127.0.0.1:1", "127.0.0.1:2"]}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}}))


def test_the_chief_of_several_machines_makes_the_run(
    asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    place(monkeypatch, 0)
    train("--strategy", "multiworker")
    assert asked[0]["strategy"] == "multiworker"


def test_several_machines_need_to_be_named(asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(CommandError, match="needs TF_CONFIG on each machine"):
        call_command("train", "--strategy", "multiworker")
    assert not asked


class Trainer:
    """Stands in for the child process."""

    told: Any = None
    folder = Path()
    fails = False

    def __init__(self, parameters: Any, folder: Path) -> None:
        type(self).told, type(self).folder = parameters, folder
        assert folder.is_dir()

    def __enter__(self) -> Trainer:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def events(self) -> Any:
        if self.fails:
            raise BadDataSet("There is no data set at nowhere.")
        yield None
        yield {"event": "devices", "devices": 2}


@pytest.mark.parametrize("fails", [False, True])
def test_another_machine_learns_its_part_and_keeps_nothing(
    db: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fails: bool
) -> None:
    place(monkeypatch, 1)
    monkeypatch.setattr("recognizer.services.training_help.TrainingProcess", Trainer)
    monkeypatch.setattr(Trainer, "fails", fails)
    if fails:
        with pytest.raises(CommandError, match="no data set at nowhere"):
            call_command("train", "--architecture", "mlp", "--strategy", "multiworker")
    else:
        call_command("train", "--architecture", "mlp", "--strategy", "multiworker")
        assert "Training on 2 devices." in (out := capsys.readouterr().out)
        assert "has done its part" in out
    assert Trainer.told.strategy == "multiworker"
    assert not Trainer.folder.exists()
    assert not TrainingRun.objects.exists()
    assert not ModelVersion.objects.exists()
