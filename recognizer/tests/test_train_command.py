"""``manage.py train``: what it lists, refuses, trains, registers and activates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from recognizer.models import ModelVersion, TrainingRun
from recognizer.services import training_runs
from recognizer.tests.test_commands import Captured, digits_npz, run
from recognizer.tests.test_registry import states


def test_the_architectures_are_listed(db: None, capsys: Captured) -> None:
    out = run(capsys, "train", "--list")
    for name in ("numeral-cnn", "fast-cnn", "guide-cnn", "report-cnn", "he-cnn", "dropout-cnn", "mlp", "presets: fast"):
        assert name in out


def test_the_fast_preset_chooses_the_network_that_has_it(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def stop(*, parameters: dict[str, Any], **_: Any) -> None:
        asked.append(parameters)
        raise KeyboardInterrupt

    monkeypatch.setattr("recognizer.management.commands.train.training_run_execute", stop)
    for arguments in (["--preset", "fast"], []):
        with pytest.raises(CommandError, match="Stopped"):
            call_command("train", *arguments)
    assert [(each["architecture"], each["recipe"]) for each in asked] == [("fast-cnn", "fast"), ("numeral-cnn", None)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--epochs", "0"], "epochs"),
        (["--epochs", "-1"], "epochs"),
        (["--batch-size", "0"], "batch"),
        (["--architecture", "nothing"], "no architecture"),
        (["--also", "pickle"], "also"),
        (["--architecture", "mlp", "--preset", "fast"], "mlp has no preset"),
        (["--preset", "quick"], "has no preset"),
        (["--init", "nobody"], "no model nobody"),
        (["--resume"], "no unfinished run"),
        (["--name", "../up"], "name"),
    ],
)
def test_wrong_training_parameters_are_explained_before_anything_starts(
    db: None, arguments: list[str], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("train", *arguments)
    assert not TrainingRun.objects.exists()


def test_a_model_is_trained_exported_registered_and_activated(
    model: ModelVersion, tmp_path: Path, capsys: Captured
) -> None:
    """The only test that starts a real training process through the command."""
    data = digits_npz(tmp_path / "drawn.npz")
    out = run(
        capsys, "train", "--architecture", "mlp", "--data", str(data), "--epochs", "2", "--name", "tiny", "--activate"
    )
    assert "epoch 2 of 2" in out
    assert states() == {"digit-1": "previous", "tiny": "active"}
    training = TrainingRun.objects.get()
    assert (training.state, training.architecture, training.epochs) == ("done", "mlp", 2)
    assert [epoch["epoch"] for epoch in training.progress] == [1, 2]
    assert training.model_version == ModelVersion.objects.get(name="tiny")
    assert not list((tmp_path / "runs").iterdir())
    assert "digit-1 is active again" in run(capsys, "models", "rollback", "digit")


def test_a_data_set_without_its_keys_fails_the_run_with_the_reason(
    model: ModelVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez(tmp_path / "set.npz", x=np.zeros(3))
    with pytest.raises(CommandError, match="lacks x_train"):
        call_command("train", "--architecture", "mlp", "--data", str(tmp_path / "set.npz"))
    training = TrainingRun.objects.get()
    assert training.state == "failed"
    assert "lacks x_train" in training.error


def test_an_interrupted_run_is_marked_cancelled(
    model: ModelVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(training_runs, "TrainingProcess", interrupted)
    with pytest.raises(CommandError, match="--resume"):
        call_command("train", "--architecture", "mlp", "--data", str(tmp_path / "set.npz"))
    assert TrainingRun.objects.get().state == "cancelled"
