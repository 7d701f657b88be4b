"""``manage.py train --include-corrections``, from people's digits to a registered model."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from recognizer.domain.errors import BadModel, BadParameters
from recognizer.models import ModelVersion, Sample, TrainingRun
from recognizer.services.model_files import model_directory
from recognizer.services.registry import model_activate, model_register
from recognizer.services.sample_selection import corrections_parameters
from recognizer.services.samples import sample_add
from recognizer.tests.test_training_run import digits
from recognizer.tests.tiny_networks import digit_network, save_model

needs_keras = pytest.mark.skipif(importlib.util.find_spec("keras") is None, reason="training needs Keras")


@pytest.fixture
def serving(db: None, tmp_path: Path, settings: Any) -> ModelVersion:
    """A digit network that is sure of nothing that is drawn here."""
    settings.SHIPPED_MODELS_DIR = tmp_path / "shipped"
    folder = save_model(tmp_path / "digit-5", "digit", digit_network(), version=5, calibration={"temperature": 20.0})
    return model_activate(model=model_register(directory=folder))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    pictures, labels = digits(200)
    np.savez(tmp_path / "d.npz", x_train=pictures, y_train=labels, x_test=pictures[:50], y_test=labels[:50])
    return tmp_path / "d.npz"


@pytest.fixture
def given(make_user: Callable[..., User]) -> list[Sample]:
    """Thirty digits of two people who agree, and thirty of one who doesn't."""
    pictures, labels = digits(290)
    rng = np.random.default_rng(2)
    people = [make_user("dora", training_consent=True), make_user("emil", training_consent=True), make_user("finn")]
    for at in range(200, 290):
        crop = pictures[at].copy()
        crop[0, 0] = rng.integers(1, 200)
        person = people[at % 3]
        person.training_consent, agrees = True, person.training_consent
        sample_add(contributor=person, label=int(labels[at]), crop=crop, source=Sample.Source.CORRECTION)
        person.training_consent = agrees
    return list(Sample.objects.filter(contributor__training_consent=True, held_out=False))


@needs_keras
def test_a_network_learns_from_them_and_its_card_says_from_how_many(
    serving: ModelVersion, data: Path, given: list[Sample], settings: Any, tmp_path: Path
) -> None:
    told = ["--include-corrections", "--architecture", "mlp", "--data", str(data), "--epochs", "1"]
    call_command("train", *told, "--name", "learned", "--output", str(tmp_path / "out"))
    run = TrainingRun.objects.get()
    assert (run.state, run.parameters["corrections"]) == ("done", "corrections.npz")
    card = json.loads((model_directory("learned") / "card.json").read_text(encoding="utf-8"))
    assert card["data"]["corrections"] == {"n": len(given), "people": 2}
    assert not list(tmp_path.rglob("corrections.npz")), "no copy of anybody's digits stays behind"


def test_nothing_to_learn_from_is_said(serving: ModelVersion, data: Path, alice: User) -> None:
    told = ["--include-corrections", "--architecture", "mlp", "--data", str(data)]
    with pytest.raises(CommandError, match="There is nothing to learn from"):
        call_command("train", *told)
    assert TrainingRun.objects.get().state == "failed"


def test_numbers_do_not_learn_from_digits(serving: ModelVersion) -> None:
    for told in (["--kind", "number"], ["--kind", "number", "--architecture", "numeral-lines"]):
        with pytest.raises(CommandError, match="only digit networks learn from them"):
            call_command("train", "--include-corrections", *told)
    assert not TrainingRun.objects.exists()


def test_the_serving_model_is_taught_where_it_has_weights(serving: ModelVersion) -> None:
    asked = {"architecture": "numeral-cnn", "init": None, "epochs": None}
    with pytest.raises(BadModel, match=r"digit-5 has no model\.keras"):
        corrections_parameters(asked, teach_serving=True)
    weights = model_directory(serving.name) / "model.keras"
    weights.write_bytes(b"weights")
    ModelVersion.objects.update(architecture="he-cnn")
    taught = corrections_parameters(asked, teach_serving=True)
    assert (taught["architecture"], taught["init"]) == ("he-cnn", str(weights.resolve()))
    anew = corrections_parameters(asked, teach_serving=False)
    assert (anew["architecture"], anew["init"], anew["corrections"]) == ("numeral-cnn", None, "corrections.npz")
    ModelVersion.objects.update(state="candidate")
    with pytest.raises(BadModel, match="No digit model serves"):
        corrections_parameters(asked, teach_serving=True)
    with pytest.raises(BadParameters, match="single digits"):
        corrections_parameters({**asked, "architecture": "numeral-lines"}, teach_serving=False)
