"""Several machines with one database: what one made or took in, the others fetch once, check and keep."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.test import Client

from recognizer.domain.errors import BadDataSet, BadModel
from recognizer.models import ModelVersion
from recognizer.services.dataset_files import dataset_here
from recognizer.services.datasets import dataset_add_upload, dataset_load, dataset_remove
from recognizer.services.model_files import model_directory
from recognizer.services.model_removal import model_delete
from recognizer.services.model_sharing import models_share
from recognizer.services.registry import model_activate, model_register, models_verify
from recognizer.services.retention import sweep
from recognizer.services.serving import engine_load, engines_forget, models_serving
from recognizer.services.shared_files import file_fetch
from recognizer.services.training_starts import parameters_here, training_run_enqueue
from recognizer.tests.test_datasets import packed
from recognizer.tests.test_registry import copy_of_the_shipped

GoTo = Callable[[str], None]


@pytest.fixture
def go_to(settings: Any, tmp_path: Path) -> GoTo:
    """From here on the program runs on this machine: with a disk of its own, and a folder that all of them see."""
    shared = {
        "BACKEND": "hdr_site.storage.SyncedFileSystemStorage",
        "OPTIONS": {"location": str(tmp_path / "seen by all"), "base_url": None},
    }
    settings.SHARES_FILES = True
    settings.STORAGES = {**settings.STORAGES, "shared": shared}
    storages._storages.clear()  # type: ignore[attr-defined]
    storages.__dict__.pop("backends", None)

    def go(machine: str) -> None:
        settings.DATA_DIR = tmp_path / machine
        settings.TRAINED_MODELS_DIR = settings.DATA_DIR / "models"
        engines_forget()

    go("a")
    return go


@pytest.fixture
def trained(model: ModelVersion, go_to: GoTo, tmp_path: Path, django_capture_on_commit_callbacks: Any) -> ModelVersion:
    """A model that machine A registered and activated."""
    with django_capture_on_commit_callbacks(execute=True):
        row = model_register(directory=copy_of_the_shipped(tmp_path, "digit-2", 2))
    return model_activate(model=row)


def shared_network(tmp_path: Path) -> Path:
    return next((tmp_path / "seen by all").rglob("model.tflite"))


def test_another_machine_serves_with_a_copy_of_its_own(trained: ModelVersion, go_to: GoTo, tmp_path: Path) -> None:
    go_to("b")
    assert models_serving().digit_id == trained.id
    copy = tmp_path / "b" / "models" / "digit-2"
    assert (copy / "model.tflite").read_bytes() == (tmp_path / "a/models/digit-2/model.tflite").read_bytes()
    shared_network(tmp_path).unlink()
    engines_forget()
    assert models_serving().digit_id == trained.id  # from its copy


def test_a_file_altered_on_its_way_is_not_loaded(trained: ModelVersion, go_to: GoTo, tmp_path: Path) -> None:
    network = shared_network(tmp_path)
    network.chmod(0o600)
    network.write_bytes(network.read_bytes()[:-1] + b"?")
    go_to("b")
    with pytest.raises(BadModel, match=r"digit-2 is not on this machine\. model\.tflite was altered"):
        engine_load(trained)
    assert models_serving().digit_id == ModelVersion.objects.get(state="previous").id
    assert not list((tmp_path / "b" / "models").iterdir())


def test_a_model_that_is_not_shared_yet_is_shared_by_the_sweep(
    model: ModelVersion, go_to: GoTo, tmp_path: Path, client: Client
) -> None:
    row = model_activate(model=model_register(directory=copy_of_the_shipped(tmp_path, "digit-2", 2)))
    go_to("b")
    assert models_serving().digit_id == model.id  # the previous one, which came with the program
    problems = {each.name: each.problem for each in models_verify()}
    assert problems["digit-2"]
    assert not problems["digit-1"]
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert "digit-2" in ready.json()["checks"]["models"]
    go_to("a")
    models_share()
    go_to("b")
    assert models_serving().digit_id == row.id
    assert client.get("/readyz").json()["checks"]["models"] == "ok"


def test_a_deleted_model_leaves_all_machines(
    trained: ModelVersion, model: ModelVersion, go_to: GoTo, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    go_to("b")
    engine_load(trained)
    go_to("a")
    for each in (model, ModelVersion.objects.get(id=trained.id)):
        model_activate(model=each)
    ModelVersion.objects.filter(id=trained.id).update(state="candidate")
    ModelVersion.objects.filter(id=model.id).update(state="active")
    with django_capture_on_commit_callbacks(execute=True):
        model_delete(model=ModelVersion.objects.get(id=trained.id))
    assert not [path for path in (tmp_path / "seen by all").rglob("*") if path.is_file()]
    go_to("b")
    assert sweep()["copies_removed"] == 1
    assert not list((tmp_path / "b" / "models").iterdir())


def test_two_processes_of_a_machine_may_fetch_at_once(
    trained: ModelVersion, go_to: GoTo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_to("b")
    ahead: list[bool] = []

    def fetch_after_another(**what: Any) -> None:
        if not ahead:
            ahead.append(True)
            assert engine_load(trained).card.name == "digit-2"
        file_fetch(**what)

    monkeypatch.setattr("recognizer.services.model_sharing.file_fetch", fetch_after_another)
    assert engine_load(trained).card.name == "digit-2"
    assert [path.name for path in (tmp_path / "b" / "models").iterdir()] == ["digit-2"]


def test_alone_a_machine_publishes_nothing(
    model: ModelVersion, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        model_register(directory=copy_of_the_shipped(tmp_path, "digit-2", 2))
    assert models_share() == 0
    assert not storages["shared"].exists("models")
    assert model_directory("digit-2").is_dir()


@pytest.mark.django_db
def test_an_uploaded_data_set_is_there_for_every_machine(
    go_to: GoTo, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    row = dataset_add_upload(data=packed(), role="train", name="ours")
    go_to("b")
    assert len(dataset_load(row).samples["train"]) == 120
    assert dataset_here(row).is_relative_to(tmp_path / "b")
    with django_capture_on_commit_callbacks(execute=True):
        dataset_remove(row=row)
    go_to("c")
    with pytest.raises(BadDataSet, match=r"not on this machine\. The machine that made"):
        dataset_load(row)


def test_a_training_queued_on_one_machine_finds_its_files_on_another(
    trained: ModelVersion, go_to: GoTo, tmp_path: Path, settings: Any
) -> None:
    (tmp_path / "a/models/digit-2/model.keras").write_bytes(b"weights")
    trained.card["files"]["model.keras"] = hashlib.sha256(b"weights").hexdigest()
    trained.save()
    (tmp_path / "seen by all" / "models" / str(trained.id) / "card.json").unlink()
    models_share()
    row = dataset_add_upload(data=packed(), role="train", name="ours")
    run = training_run_enqueue(parameters={"architecture": trained.architecture}, data_set=row, init="digit-2")
    go_to("b")
    here = parameters_here(run)
    assert Path(here["data"]).is_relative_to(tmp_path / "b")
    assert Path(here["init"]).read_bytes() == b"weights"
    assert Path(here["init"]).is_relative_to(tmp_path / "b")
