"""Staff see users, rows without pictures, and models that they activate and roll back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import Keep, User
from recognizer.models import Correction, ModelVersion, Prediction, Upload
from recognizer.services import registry
from recognizer.services.ingest import picture_ingest
from recognizer.tests.test_registry import copy_of_the_shipped, states

SignIn = Callable[[User], Client]
LISTS = ["accounts/user", *(f"recognizer/{name}" for name in ("upload", "prediction", "modelversion", "trainingrun"))]


@pytest.fixture
def upload(alice: User, model: ModelVersion, number_png: Callable[[str], bytes]) -> Upload:
    kept = picture_ingest(data=number_png("7"), owner=alice, keep=Keep.ALL, name="secret-name.png").upload
    assert kept is not None
    return kept


@pytest.fixture
def second(model: ModelVersion, tmp_path: Path) -> ModelVersion:
    return registry.model_register(directory=copy_of_the_shipped(tmp_path, "digit-2", 2))


def act(client: Client, action: str, *models: ModelVersion) -> Any:
    fields = {"action": action, "_selected_action": [str(model.id) for model in models]}
    return client.post("/admin/recognizer/modelversion/", fields, follow=True)


def test_the_admin_is_behind_the_same_sign_in(client: Client, alice: User, signed_in: SignIn) -> None:
    assert client.get("/admin/").headers["Location"].startswith("/admin/login/")
    assert client.get("/admin/login/?next=/admin/").headers["Location"].startswith("/accounts/login/")
    assert signed_in(alice).get("/admin/", follow=True).status_code == 403


@pytest.mark.parametrize("name", LISTS)
def test_every_list_shows_and_can_be_searched(name: str, upload: Upload, charlie: User, signed_in: SignIn) -> None:
    client = signed_in(charlie)
    assert client.get(f"/admin/{name}/").status_code == 200
    assert client.get(f"/admin/{name}/", {"q": "alice"}).status_code == 200


@pytest.mark.parametrize("name", ["upload", "prediction", "modelversion"])
def test_history_is_read_only(name: str, upload: Upload, charlie: User, signed_in: SignIn) -> None:
    client = signed_in(charlie)
    rows: dict[str, Any] = {"upload": Upload, "prediction": Prediction, "modelversion": ModelVersion}
    row = rows[name].objects.get()
    page = client.get(f"/admin/recognizer/{name}/{row.pk}/change/")
    assert page.status_code == 200
    assert b'name="_save"' not in page.content
    assert client.post(f"/admin/recognizer/{name}/{row.pk}/change/", {"text": "9"}).status_code == 403
    assert client.get(f"/admin/recognizer/{name}/add/").status_code == 403


def test_staff_see_no_pictures_of_others(upload: Upload, charlie: User, signed_in: SignIn) -> None:
    client = signed_in(charlie)
    for address in ("", f"{upload.id}/change/"):
        page = client.get(f"/admin/recognizer/upload/{address}").content.decode()
        assert (upload.image.name or "?") not in page
        assert f"/history/{upload.id}" not in page
        assert upload.name not in page
    assert client.get(f"/history/{upload.id}/image/").status_code == 404


def test_staff_find_a_persons_uploads(upload: Upload, charlie: User, signed_in: SignIn) -> None:
    client = signed_in(charlie)
    assert str(upload.id) in client.get("/admin/recognizer/upload/?q=alice").content.decode()
    assert str(upload.id) not in client.get("/admin/recognizer/upload/?q=nobody").content.decode()
    assert str(upload.id) not in client.get("/admin/recognizer/upload/?state__exact=failed").content.decode()


def test_a_correction_is_seen_beside_the_prediction(
    upload: Upload, alice: User, charlie: User, signed_in: SignIn
) -> None:
    signed_in(alice).post(f"/predictions/{upload.predictions.get().id}/correct/", {"text": "1"})
    assert Correction.objects.count() == 1
    page = signed_in(charlie).get("/admin/recognizer/prediction/").content.decode()
    assert '<td class="field-corrected">1</td>' in page


def test_deleting_an_upload_in_the_admin_removes_its_files(
    upload: Upload,
    charlie: User,
    signed_in: SignIn,
    private_files: Callable[[], set[str]],
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        signed_in(charlie).post(f"/admin/recognizer/upload/{upload.id}/delete/", {"post": "yes"})
    assert not Upload.objects.exists()
    assert private_files() == set()


def test_deleting_a_user_removes_their_files(
    upload: Upload,
    alice: User,
    charlie: User,
    signed_in: SignIn,
    private_files: Callable[[], set[str]],
) -> None:
    """The rows go with the user; the files go with the next sweep."""
    import datetime as dt

    from recognizer.services.retention import sweep

    signed_in(charlie).post(f"/admin/accounts/user/{alice.id}/delete/", {"post": "yes"})
    assert not User.objects.filter(id=alice.id).exists()
    assert not Upload.objects.exists()
    sweep(grace=dt.timedelta(seconds=-1))
    assert private_files() == set()


def test_staff_activate_a_model_and_roll_back(
    second: ModelVersion, model: ModelVersion, charlie: User, signed_in: SignIn
) -> None:
    client = signed_in(charlie)
    assert b"The model digit-2 is active now" in act(client, "activate", second).content
    assert states() == {"digit-1": "previous", "digit-2": "active"}
    assert b"The model digit-1 is active again" in act(client, "roll_back", second).content
    assert states() == {"digit-1": "active", "digit-2": "previous"}


def test_two_models_cannot_be_activated_together(
    second: ModelVersion, model: ModelVersion, charlie: User, signed_in: SignIn
) -> None:
    assert b"exactly one model" in act(signed_in(charlie), "activate", second, model).content
    assert states() == {"digit-1": "active", "digit-2": "candidate"}


def test_a_damaged_model_is_not_activated(second: ModelVersion, charlie: User, signed_in: SignIn) -> None:
    from recognizer.services.model_files import model_directory

    (model_directory("digit-2") / "model.tflite").write_bytes(b"half")
    assert b"sha256 differs" in act(signed_in(charlie), "activate", second).content
    assert states() == {"digit-1": "active", "digit-2": "candidate"}


def test_a_models_figures_are_shown_for_people(model: ModelVersion, charlie: User, signed_in: SignIn) -> None:
    page = signed_in(charlie).get(f"/admin/recognizer/modelversion/{model.id}/change/").content.decode()
    accuracy = model.metrics["test"]["accuracy"]
    assert f"<th>Test accuracy</th><td>{100 * accuracy:.2f} %</td>" in page
    assert "<th>9 read right</th>" in page
    assert "&quot;architecture&quot;: &quot;numeral-cnn&quot;" in page


def test_a_model_without_figures_is_shown_as_well(model: ModelVersion, charlie: User, signed_in: SignIn) -> None:
    ModelVersion.objects.update(metrics={"test": {"accuracy": None, "per_digit": [None]}}, card={})
    client = signed_in(charlie)
    assert client.get(f"/admin/recognizer/modelversion/{model.id}/change/").status_code == 200
    assert client.get("/admin/recognizer/modelversion/").status_code == 200


def test_there_must_be_something_to_roll_back_to(model: ModelVersion, charlie: User, signed_in: SignIn) -> None:
    assert b"no previous digit model" in act(signed_in(charlie), "roll_back", model).content


def test_staff_who_may_only_look_cannot_activate(
    second: ModelVersion, make_user: Callable[..., User], signed_in: SignIn
) -> None:
    looker = make_user("looker", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_modelversion"))
    client = signed_in(looker)
    assert client.get("/admin/recognizer/modelversion/").status_code == 200
    act(client, "activate", second)
    assert states() == {"digit-1": "active", "digit-2": "candidate"}


def test_staff_add_a_user_and_cannot_change_their_privacy(charlie: User, alice: User, signed_in: SignIn) -> None:
    client = signed_in(charlie)
    password = {"password1": "correct horse battery", "password2": "correct horse battery"}
    client.post("/admin/accounts/user/add/", {"email": "eve@numeral.example", "usable_password": "true", **password})
    assert User.objects.filter(email="eve@numeral.example").exists()
    page = client.get(f"/admin/accounts/user/{alice.id}/change/").content.decode()
    assert 'name="training_consent"' not in page
    assert 'name="default_keep"' not in page
