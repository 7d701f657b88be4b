"""Models that are done with are archived or deleted; those that serve, or are needed, never."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from accounts.models import Keep, User
from recognizer.domain.errors import CannotActivate, CannotRemove, NumeralError
from recognizer.models import ModelVersion, Prediction
from recognizer.services import registry
from recognizer.services.ingest import picture_ingest
from recognizer.services.model_removal import model_archive, model_delete, model_restore
from recognizer.tests.test_admin import act
from recognizer.tests.test_registry import copy_of_the_shipped, states

SignIn = Callable[[User], Client]


@pytest.fixture
def second(model: ModelVersion, tmp_path: Path) -> ModelVersion:
    """A candidate beside the shipped, active model."""
    return registry.model_register(directory=copy_of_the_shipped(tmp_path, "digit-2", 2))


@pytest.fixture
def folders(settings: Any) -> Callable[[], set[str]]:
    """The names of all folders of models that are not shipped."""
    return lambda: {path.name for path in settings.TRAINED_MODELS_DIR.iterdir()}


def test_a_candidate_is_archived_and_brought_back(second: ModelVersion) -> None:
    model_archive(model=second)
    assert states()["digit-2"] == "archived"
    with pytest.raises(CannotActivate, match="archived"):
        registry.model_activate(model=second)
    model_restore(model=second)
    assert registry.model_activate(model=second).state == "active"


@pytest.mark.parametrize("remove", [model_archive, model_restore, model_delete])
def test_what_serves_or_waits_to_stays(second: ModelVersion, tmp_path: Path, remove: Callable[..., Any]) -> None:
    third = registry.model_register(directory=copy_of_the_shipped(tmp_path, "digit-3", 3))
    registry.model_activate(model=second)
    registry.model_activate(model=third)
    before = states()
    for row, words in ((second, "the one to roll back to"), (third, "reads now")):
        with pytest.raises(CannotRemove, match=words):
            remove(model=row)
    assert states() == before


def test_a_deleted_models_files_go_once_its_row_is_gone(
    second: ModelVersion, folders: Callable[[], set[str]], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        model_delete(model=second)
        assert folders() == {"digit-2"}
    assert folders() == set()
    assert states() == {"digit-1": "active"}
    with pytest.raises(CannotRemove, match="gone already"):
        model_delete(model=second)


def test_a_shipped_model_is_archived_and_not_deleted(second: ModelVersion, model: ModelVersion, tmp_path: Path) -> None:
    registry.model_activate(model=second)
    third = registry.model_register(directory=copy_of_the_shipped(tmp_path, "digit-3", 3))
    registry.model_activate(model=third)
    with pytest.raises(CannotRemove, match="came with the program"):
        model_delete(model=model)
    model_archive(model=model)
    assert registry.shipped_models_register() == []
    assert states()["digit-1"] == "archived"


def test_a_model_that_made_readings_is_archived_and_not_deleted(
    second: ModelVersion,
    model: ModelVersion,
    alice: User,
    number_png: Callable[[str], bytes],
    folders: Callable[[], set[str]],
) -> None:
    registry.model_activate(model=second)
    picture_ingest(data=number_png("7"), owner=alice, keep=Keep.ALL)
    registry.model_rollback(kind="digit")
    ModelVersion.objects.filter(id=second.id).update(state="candidate")
    with pytest.raises(CannotRemove, match="Readings that are kept"):
        model_delete(model=second)
    assert Prediction.objects.get().model_version == second
    assert folders() == {"digit-2"}
    assert model_archive(model=second).state == "archived"


def test_files_that_cannot_be_removed_keep_no_models_name(
    second: ModelVersion,
    folders: Callable[[], set[str]],
    django_capture_on_commit_callbacks: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def busy(path: Any) -> None:
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr("recognizer.services.model_files.shutil.rmtree", busy)
    with django_capture_on_commit_callbacks(execute=True):
        model_delete(model=second)
    assert "stay behind" in caplog.text
    assert [name for name in folders() if not name.startswith(".")] == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("remove", [model_archive, model_delete])
def test_removing_and_activating_at_once_end_with_one_of_both(
    second: ModelVersion, folders: Callable[[], set[str]], remove: Callable[..., Any]
) -> None:
    barrier, refused = threading.Barrier(2), list[str]()

    def start(act: Callable[..., Any]) -> None:
        try:
            barrier.wait()
            act(model=second)
        except NumeralError as error:
            refused.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=start, args=[act]) for act in (registry.model_activate, remove)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    if states().get("digit-2") == "active":
        assert folders() == {"digit-2"}
        assert refused == ["CannotRemove"]
    else:
        assert states()["digit-1"] == "active"
        assert refused[0] in ("CannotActivate", "BadModel")


def test_the_command_archives_restores_and_deletes(second: ModelVersion, capsys: pytest.CaptureFixture[str]) -> None:
    for action in ("archive", "restore", "delete"):
        call_command("models", action, "digit-2")
    said = capsys.readouterr().out.splitlines()
    assert said == ["digit-2 is archived.", "digit-2 is a candidate again.", "digit-2 is deleted."]
    with pytest.raises(CommandError, match="no model named digit-2"):
        call_command("models", "delete", "digit-2")
    with pytest.raises(CommandError, match="reads now"):
        call_command("models", "archive", "digit-1")


def test_staff_archive_and_restore_models(
    second: ModelVersion, model: ModelVersion, charlie: User, signed_in: SignIn
) -> None:
    client = signed_in(charlie)
    page = act(client, "archive", second, model).content
    assert b"The model digit-2 is archived." in page
    assert b"The model digit-1 reads now." in page
    assert states() == {"digit-1": "active", "digit-2": "archived"}
    assert b"The model digit-2 is a candidate again." in act(client, "restore", second).content


def test_staff_delete_a_model_after_a_question(
    second: ModelVersion, model: ModelVersion, charlie: User, signed_in: SignIn
) -> None:
    client = signed_in(charlie)
    address = f"/admin/recognizer/modelversion/{second.id}/delete/"
    assert b"digit-2" in client.get(address).content
    client.post(address, {"post": "yes"})
    assert states() == {"digit-1": "active"}
    kept = client.post(f"/admin/recognizer/modelversion/{model.id}/delete/", {"post": "yes"}, follow=True)
    assert b"came with the program" in kept.content
    assert states() == {"digit-1": "active"}


def test_models_are_not_deleted_many_at_once(second: ModelVersion, charlie: User, signed_in: SignIn) -> None:
    client = signed_in(charlie)
    assert b"delete_selected" not in client.get("/admin/recognizer/modelversion/").content
    act(client, "delete_selected", second)
    assert states()["digit-2"] == "candidate"


def test_staff_who_may_only_look_can_neither_archive_nor_delete(
    second: ModelVersion, make_user: Callable[..., User], signed_in: SignIn
) -> None:
    looker = make_user("looker", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_modelversion"))
    client = signed_in(looker)
    act(client, "archive", second)
    assert client.post(f"/admin/recognizer/modelversion/{second.id}/delete/", {"post": "yes"}).status_code == 403
    assert states()["digit-2"] == "candidate"


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such links")
def test_a_folder_that_is_a_link_is_forgotten_and_not_followed(
    second: ModelVersion, tmp_path: Path, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    place = settings.TRAINED_MODELS_DIR / "digit-2"
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    with django_capture_on_commit_callbacks(execute=True):
        model_delete(model=second)
    assert (tmp_path / "elsewhere" / "model.tflite").is_file()
    assert not place.exists()
