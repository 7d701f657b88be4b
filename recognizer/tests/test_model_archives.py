"""Models travel as archives: what goes out comes in the same, whole or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from recognizer.domain.errors import BadModel, CannotActivate
from recognizer.inference.engine import DigitEngine
from recognizer.models import ModelVersion
from recognizer.services import model_files, registry
from recognizer.services.model_archives import model_import
from recognizer.services.model_files import model_directory
from recognizer.services.serving import model_engine
from recognizer.tests.model_archive_files import (
    exported,
    folders,
    nothing_came_of_it,
    packed,
    take_in,
    tiny_model,
    try_networks_here,
    unpacked,
)
from recognizer.tests.tiny_networks import digit_network, number_network, save_model


@pytest.fixture(autouse=True)
def _tried_here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "own_process" not in request.fixturenames:
        try_networks_here(monkeypatch)


@pytest.fixture
def own_process() -> None:
    """Asked for by a test whose networks are tried in a process of their own, as in life."""


@pytest.fixture
def tiny(model: ModelVersion, tmp_path: Path) -> ModelVersion:
    """A tiny digit model beside the active one."""
    return tiny_model(tmp_path)


# --- There and back ------------------------------------------------------------------------------------------


def test_a_model_goes_out_and_comes_in_and_answers_the_same(tiny: ModelVersion, own_process: None) -> None:
    arrived = take_in(exported(tiny))
    assert (arrived.kind, arrived.state, arrived.sha256) == ("digit", "candidate", tiny.sha256)
    crops = np.random.default_rng(1).integers(0, 255, (5, 28, 28)).astype(np.uint8)
    ours, theirs = model_engine(tiny), model_engine(arrived)
    assert isinstance(ours, DigitEngine)
    assert isinstance(theirs, DigitEngine)
    np.testing.assert_array_equal(ours.probabilities(crops), theirs.probabilities(crops))


def test_a_line_network_travels_as_well(model: ModelVersion, tmp_path: Path) -> None:
    folder = save_model(tmp_path / "made" / "lines", "number", number_network(), version=3)
    arrived = take_in(exported(registry.model_register(directory=folder)))
    assert (arrived.kind, arrived.version) == ("number", 4)


def test_the_shipped_model_travels_as_well(model: ModelVersion) -> None:
    assert take_in(exported(model)).sha256 == model.sha256


def test_an_archive_holds_all_files_their_checksums_and_a_golden_batch(tiny: ModelVersion) -> None:
    files = unpacked(exported(tiny))
    assert set(files) == {"manifest.json", "card.json", "model.tflite", "model.keras", "learning.svg"}
    manifest = json.loads(files["manifest.json"])
    assert (manifest["format"], manifest["kind"], manifest["name"]) == (1, "digit", "tiny")
    assert manifest["golden"]["inputs"]["shape"] == [10, 28, 28]
    assert manifest["golden"]["outputs"]["shape"] == [10, 11]
    for name, digest in manifest["files"].items():
        assert hashlib.sha256(files[name]).hexdigest() == digest


def test_the_same_model_gives_the_same_archive(tiny: ModelVersion) -> None:
    assert exported(tiny) == exported(tiny)


def test_only_the_litert_file_and_the_card_are_kept(tiny: ModelVersion, tmp_path: Path) -> None:
    evil = {"model.h5": b"x", "model.pkl": pickle.dumps(print), "model.keras": b"y", "readme.exe": b"z"}
    imported = model_import(source=io.BytesIO(packed({**unpacked(exported(tiny)), **evil})), name="arrived")
    assert imported.left_out == ("learning.svg", "model.h5", "model.keras", "model.pkl", "readme.exe")
    kept = {path.name for path in model_directory("arrived").iterdir()} - {model_files.UNREGISTERED}
    assert kept == {"model.tflite", "card.json"}
    card = json.loads((model_directory("arrived") / "card.json").read_text())
    assert list(card["files"]) == ["model.tflite"]
    assert (card["imported"]["name"], card["imported"]["version"]) == ("tiny", 7)


def test_a_folder_of_the_same_files_is_taken(tiny: ModelVersion, tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    folder.mkdir()
    for name, content in unpacked(exported(tiny)).items():
        (folder / name).write_bytes(content)
    assert model_import(source=folder, name="arrived").model.sha256 == tiny.sha256
    (folder / "model.svg").symlink_to("/etc/passwd")
    with pytest.raises(BadModel, match="a link"):
        model_import(source=folder, name="again")


def test_a_name_that_is_taken_is_said_and_a_version_that_is_taken_gives_the_next(tiny: ModelVersion) -> None:
    archive = exported(tiny)
    with pytest.raises(BadModel, match=r"named tiny is registered already\. Choose another name"):
        take_in(archive, name="")
    assert take_in(archive).version == 8
    ModelVersion.objects.filter(name="tiny").delete()
    shutil.rmtree(model_directory("tiny"))
    assert take_in(archive, name="").version == 7


# --- Faults ---


def test_a_network_that_crashes_ends_a_child_and_not_us(
    tiny: ModelVersion, own_process: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, before = subprocess.run, folders()
    crash = [sys.executable, "-c", "import os; os.kill(os.getpid(), 11)"]
    monkeypatch.setattr(subprocess, "run", lambda command, **options: real(crash, **options))
    with pytest.raises(BadModel, match="crashed"):
        take_in(exported(tiny))
    nothing_came_of_it(before)


def full(*args: Any) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_a_full_disk_leaves_nothing_behind(tiny: ModelVersion, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    archive, before = exported(tiny), folders()
    with monkeypatch.context() as patch:
        patch.setattr(os, where, full)
        with pytest.raises(BadModel, match="No space left"):
            take_in(archive)
    nothing_came_of_it(before)
    assert take_in(archive).name == "arrived"


def test_a_full_disk_while_files_are_written_leaves_nothing_behind(
    tiny: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, before = exported(tiny), folders()
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(BadModel, match="No space left"):
        take_in(archive)
    nothing_came_of_it(before)


def test_where_the_row_fails_the_folder_goes_too(tiny: ModelVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    archive, before = exported(tiny), folders()
    monkeypatch.setattr(model_files, "sync_folder", full)
    with pytest.raises(BadModel, match="No space left"):
        take_in(archive)
    nothing_came_of_it(before)


def test_what_a_crash_between_folder_and_row_left_is_no_hindrance(tiny: ModelVersion, tmp_path: Path) -> None:
    left = tmp_path / "models" / "arrived"
    left.mkdir()
    (left / model_files.UNREGISTERED).touch()
    assert take_in(exported(tiny)).name == "arrived"


def test_the_next_import_clears_what_a_crash_left_an_hour_ago(tiny: ModelVersion, tmp_path: Path) -> None:
    root = tmp_path / "models"
    for name in (".half-written-old", ".half-written-new", "rowless"):
        (root / name).mkdir()
    (root / "rowless" / model_files.UNREGISTERED).touch()
    (root / "tiny" / model_files.UNREGISTERED).touch()
    for name in (".half-written-old", "rowless", "tiny"):
        os.utime(root / name, (0, 0))
    take_in(exported(tiny))
    assert folders() == {"tiny", "arrived", ".half-written-new"}


def test_a_folder_that_somebody_put_there_is_left_alone(tiny: ModelVersion, tmp_path: Path) -> None:
    (tmp_path / "models" / "arrived").mkdir()
    with pytest.raises(BadModel, match="a folder for a model named arrived"):
        take_in(exported(tiny))
    assert (tmp_path / "models" / "arrived").is_dir()


def test_a_damaged_model_is_not_exported(tiny: ModelVersion, tmp_path: Path) -> None:
    (model_directory("tiny") / "model.tflite").write_bytes(b"half")
    with pytest.raises(CommandError, match="sha256 differs"):
        call_command("models", "export", "tiny", "--output", str(tmp_path / "out.zip"))
    assert not list(tmp_path.glob("*out.zip"))


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_name_at_once_leave_one_model(tiny: ModelVersion) -> None:
    archive, barrier, outcomes = exported(tiny), threading.Barrier(2), list[str]()

    def take() -> None:
        try:
            barrier.wait()
            outcomes.append(take_in(archive).name)
        except BadModel as error:
            outcomes.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("arrived") == 1
    assert any("registered already" in outcome for outcome in outcomes)
    assert model_engine(ModelVersion.objects.get(name="arrived"))
    assert folders() == {"tiny", "arrived"}


# --- The command ---------------------------------------------------------------------------------------------


def test_the_command_exports_and_imports(
    tiny: ModelVersion, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "out.zip"
    call_command("models", "export", "tiny", "--output", str(path))
    call_command("models", "import", str(path), "--name", "arrived")
    said = capsys.readouterr().out
    assert f"tiny is in {path} now." in said
    assert (
        "The model arrived is registered, version 8 of the digit models. Left out: learning.svg, model.keras." in said
    )
    with pytest.raises(CommandError, match=r"a file .* already"):
        call_command("models", "export", "tiny", "--output", str(path))
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("models", "export", "tiny", "--output", str(tmp_path / "nowhere" / "out.zip"))
    with pytest.raises(CommandError, match="no archive or folder"):
        call_command("models", "import", str(tmp_path / "gone.zip"))
    with pytest.raises(CommandError, match="no model named"):
        call_command("models", "export", "nobody")


def test_a_shipped_model_whose_version_is_taken_gets_the_next(
    model: ModelVersion, tmp_path: Path, settings: Any
) -> None:
    registry.model_register(directory=save_model(tmp_path / "own", "digit", digit_network(), version=2))
    save_model(settings.SHIPPED_MODELS_DIR / "digit-2", "digit", digit_network(), version=2)
    assert [row.version for row in registry.shipped_models_register()] == [3]


def test_a_model_deleted_meanwhile_is_not_activated(tiny: ModelVersion) -> None:
    ModelVersion.objects.filter(id=tiny.id).delete()
    with pytest.raises(CannotActivate, match="was deleted"):
        registry.model_activate(model=tiny)
