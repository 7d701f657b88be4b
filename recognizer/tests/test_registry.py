"""Models: registered, activated, rolled back, checked."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import IntegrityError, connection, transaction
from django.test import Client

from recognizer.domain.errors import BadModel, CannotActivate, ModelUnavailable
from recognizer.models import ModelVersion
from recognizer.services import registry
from recognizer.services.model_files import model_directory
from recognizer.services.serving import engines_forget, models_serving


def shipped() -> Path:
    """The shipped digit model, where the ``model`` fixture put it."""
    return Path(django_settings.SHIPPED_MODELS_DIR) / "digit-1"


def copy_of_the_shipped(folder: Path, name: str, version: int, **changes: Any) -> Path:
    """The shipped network under another name: a second model, without training one."""
    target = folder / name
    shutil.copytree(shipped(), target)
    card = json.loads((target / "card.json").read_text())
    (target / "card.json").write_text(json.dumps({**card, "name": name, "version": version, **changes}))
    return target


@pytest.fixture
def second(model: ModelVersion, tmp_path: Path) -> ModelVersion:
    """A candidate beside the shipped, active model."""
    return registry.model_register(directory=copy_of_the_shipped(tmp_path, "digit-2", 2))


def states() -> dict[str, str]:
    return dict(ModelVersion.objects.values_list("name", "state"))


def test_the_shipped_model_is_registered_and_active_once(model: ModelVersion) -> None:
    assert registry.shipped_models_register() == []
    assert states() == {"digit-1": "active"}
    assert model.sha256 == hashlib.sha256((shipped() / "model.tflite").read_bytes()).hexdigest()


def test_a_new_model_is_a_candidate_with_files_of_its_own(second: ModelVersion) -> None:
    assert states() == {"digit-1": "active", "digit-2": "candidate"}
    assert model_directory("digit-2") == django_settings.TRAINED_MODELS_DIR / "digit-2"


def test_activating_makes_the_other_the_previous_one(second: ModelVersion) -> None:
    registry.model_activate(model=second)
    assert states() == {"digit-1": "previous", "digit-2": "active"}
    assert models_serving().readers.digit.card.name == "digit-2"


def test_rolling_back_swaps_the_two_at_once(second: ModelVersion) -> None:
    registry.model_activate(model=second)
    registry.model_rollback(kind="digit")
    assert states() == {"digit-1": "active", "digit-2": "previous"}
    assert models_serving().readers.digit.card.name == "digit-1"


def test_a_third_model_leaves_one_previous(second: ModelVersion, tmp_path: Path) -> None:
    third = registry.model_register(directory=copy_of_the_shipped(tmp_path, "digit-3", 3))
    for model in (second, third):
        registry.model_activate(model=model)
    assert states() == {"digit-1": "candidate", "digit-2": "previous", "digit-3": "active"}


def test_activating_what_is_active_changes_nothing(second: ModelVersion, model: ModelVersion) -> None:
    registry.model_activate(model=model)
    assert states() == {"digit-1": "active", "digit-2": "candidate"}


def test_there_is_nothing_to_roll_back_to_at_first(model: ModelVersion) -> None:
    with pytest.raises(CannotActivate, match="no previous"):
        registry.model_rollback(kind="digit")


def test_an_archived_model_cannot_serve(second: ModelVersion) -> None:
    ModelVersion.objects.filter(id=second.id).update(state="archived")
    with pytest.raises(CannotActivate, match="archived"):
        registry.model_activate(model=second)


@pytest.mark.parametrize("state", ["active", "previous"])
def test_the_database_itself_holds_one_active_and_one_previous_model(second: ModelVersion, state: str) -> None:
    registry.model_activate(model=second)
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.update(state=state)


def test_names_and_versions_are_taken_once(second: ModelVersion, tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="named digit-2"):
        registry.model_register(directory=tmp_path / "digit-2")
    with pytest.raises(BadModel, match="Version 2"):
        registry.model_register(directory=copy_of_the_shipped(tmp_path, "other", 2))


@pytest.mark.django_db(transaction=True)
def test_two_people_activating_two_models_at_once_leave_one_active(model: ModelVersion, tmp_path: Path) -> None:
    candidates = [registry.model_register(directory=copy_of_the_shipped(tmp_path, f"digit-{n}", n)) for n in (2, 3)]
    barrier, failures = threading.Barrier(2), list[Exception]()

    def activate(candidate: ModelVersion) -> None:
        try:
            barrier.wait()
            registry.model_activate(model=candidate)
        except CannotActivate as error:  # a clear answer is right as well
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=activate, args=[candidate]) for candidate in candidates]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(states().values()).count("active") == 1
    assert sorted(states().values()).count("previous") == 1
    assert len(failures) <= 1


def alter(directory: Path) -> None:
    network = directory / "model.tflite"
    network.write_bytes(network.read_bytes()[:-1] + b"?")


def cut_short(directory: Path) -> None:
    network = directory / "model.tflite"
    network.write_bytes(network.read_bytes()[:1000])


def remove(directory: Path) -> None:
    (directory / "model.tflite").unlink()


@pytest.mark.parametrize("damage", [alter, cut_short, remove])
def test_the_previous_model_serves_where_the_active_one_is_damaged(
    second: ModelVersion, client: Client, damage: Callable[[Path], None]
) -> None:
    registry.model_activate(model=second)
    damage(model_directory("digit-2"))
    engines_forget()
    assert models_serving().readers.digit.card.name == "digit-1"
    ready = client.get("/readyz", HTTP_HOST="localhost")
    assert ready.status_code == 503
    assert "digit-2" in ready.json()["checks"]["models"]
    with pytest.raises(BadModel):
        registry.model_activate(model=ModelVersion.objects.get(name="digit-2"))


def test_a_model_already_loaded_keeps_serving_when_its_files_vanish(second: ModelVersion) -> None:
    registry.model_activate(model=second)
    assert models_serving().readers.digit.card.name == "digit-2"
    shutil.rmtree(model_directory("digit-2"))
    assert models_serving().readers.digit.card.name == "digit-2"


def test_files_exchanged_for_another_whole_model_are_not_served(second: ModelVersion) -> None:
    """Card and network agree with each other, but not with what was registered."""
    registry.model_activate(model=second)
    ModelVersion.objects.filter(id=second.id).update(sha256="0" * 64)
    assert models_serving().readers.digit.card.name == "digit-1"


def test_without_any_model_that_loads_reading_says_so(model: ModelVersion, settings: Any, tmp_path: Path) -> None:
    settings.SHIPPED_MODELS_DIR = tmp_path / "nowhere"
    with pytest.raises(ModelUnavailable):
        models_serving()
