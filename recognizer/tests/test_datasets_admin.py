"""Staff upload, look at and remove data sets in the admin, each as far as they may."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from recognizer.models import DataSet, ModelVersion, TrainingRun
from recognizer.services.dataset_files import dataset_path
from recognizer.services.datasets import dataset_add_upload, dataset_register
from recognizer.tests.test_datasets import labelled_folder, npz, packed, stored

SignIn = Callable[[User], Client]
LIST = "/admin/recognizer/dataset/"
UPLOAD = f"{LIST}upload/"


@pytest.fixture
def ours(db: None) -> DataSet:
    """A set to train on."""
    return dataset_add_upload(data=packed(), role="train", name="ours")


def page_of(row: DataSet) -> str:
    return f"{LIST}{row.id}/change/"


def sprite_of(row: DataSet, which: str = "3") -> str:
    return f"{LIST}{row.id}/pictures/{which}.png"


def upload(client: Client, data: bytes, **changed: str) -> Any:
    file = SimpleUploadedFile("ours.npz", data)
    return client.post(UPLOAD, {"arrays": file, "name": "ours", "role": "train", **changed}, follow=True)


def test_staff_upload_a_set_and_look_at_it(charlie: User, signed_in: SignIn) -> None:
    client = signed_in(charlie)
    assert UPLOAD.encode() in client.get(LIST).content
    assert b'name="arrays"' in client.get(UPLOAD).content
    assert b"ours is registered: 140 samples." in upload(client, packed(), licence="CC0").content
    row = DataSet.objects.get()
    assert (row.added_by, row.licence) == (charlie, "CC0")
    page = client.get(page_of(row))
    for shown in ("data-set-bars", "There is no .npz of another role", sprite_of(row), sprite_of(row, "mean")):
        assert shown.encode() in page.content
    assert b"style=" not in page.content
    picture = client.get(sprite_of(row))
    assert picture.headers["Content-Type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    assert client.get(sprite_of(row, "ten")).status_code == 404


def test_a_bad_upload_is_explained_in_the_form(charlie: User, signed_in: SignIn, settings: Any, tmp_path: Path) -> None:
    client = signed_in(charlie)
    answer = upload(client, b"text")
    assert answer.status_code == 422
    assert b"no .npz file" in answer.content
    assert b"This file is empty" in upload(client, b"").content
    assert b"This field is required" in client.post(UPLOAD, {}).content
    assert upload(client, packed(), role="decide").status_code == 200
    settings.MAX_UPLOAD_MEGABYTES = 1
    answer = upload(client, b"x" * (2**20 + 1))
    assert answer.status_code == 413
    assert b"too large; 1 MB can be uploaded" in answer.content
    assert stored(tmp_path) == []
    assert not DataSet.objects.exists()


def test_what_the_serving_model_doubts_is_shown_when_asked(
    model: ModelVersion, ours: DataSet, charlie: User, signed_in: SignIn, tmp_path: Path
) -> None:
    client = signed_in(charlie)
    assert b"Ask the serving model" in client.get(page_of(ours)).content
    page = client.get(f"{page_of(ours)}?suspects=1")
    assert b"Of 140 samples" in page.content
    wrong = npz(tmp_path, "wrong.npz", x_train=None, y_train=None, y_test=[*range(1, 10), 0] * 2)
    row = dataset_register(path=wrong, role="gate")
    page = client.get(f"{page_of(row)}?suspects=1")
    assert b"labelled 2, read as 1" in page.content
    assert "ours (train): 10 different pictures in common" in " ".join(page.content.decode().split())


def test_without_a_model_the_page_says_so(ours: DataSet, charlie: User, signed_in: SignIn) -> None:
    page = signed_in(charlie).get(f"{page_of(ours)}?suspects=1")
    assert page.status_code == 200
    assert b"No model can read just now" in page.content


def test_a_vanished_file_and_a_folder_are_explained(
    ours: DataSet, charlie: User, signed_in: SignIn, tmp_path: Path
) -> None:
    client = signed_in(charlie)
    folder = dataset_register(path=labelled_folder(tmp_path), role="evaluate")
    assert b"this one is a folder" in client.get(page_of(folder)).content
    dataset_path(ours).unlink()
    assert b"There is no data set at" in client.get(page_of(ours)).content
    assert client.get(sprite_of(ours)).status_code == 404


def test_a_set_is_removed_unless_a_training_reads_it(
    ours: DataSet, charlie: User, signed_in: SignIn, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    client = signed_in(charlie)
    run = TrainingRun.objects.create(architecture="mlp", kind="digit", parameters={"data": str(dataset_path(ours))})
    chosen = {"action": "delete_selected", "_selected_action": str(ours.id), "post": "yes"}
    assert client.post(f"{LIST}{ours.id}/delete/", {"post": "yes"}).status_code == 403
    client.post(LIST, chosen)
    assert DataSet.objects.exists()
    run.delete()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(LIST, chosen)
    assert not DataSet.objects.exists()
    assert stored(tmp_path) == []


def test_who_may_look_and_who_may_upload(
    ours: DataSet, alice: User, make_user: Callable[..., User], signed_in: SignIn, client: Client
) -> None:
    pages = (LIST, UPLOAD, page_of(ours), sprite_of(ours))
    for page in pages:
        assert client.get(page).status_code == 302
        assert signed_in(alice).get(page, follow=True).status_code == 403
    looker = make_user("looker", is_staff=True)
    for page in pages:
        assert signed_in(looker).get(page).status_code == 403
    looker.user_permissions.add(Permission.objects.get(codename="view_dataset"))
    looking = signed_in(looker)
    for page in (LIST, page_of(ours), sprite_of(ours)):
        assert looking.get(page).status_code == 200
    assert UPLOAD.encode() not in looking.get(LIST).content
    assert looking.get(UPLOAD).status_code == 403
    assert upload(looking, packed(130), name="more").status_code == 403
    assert looking.post(f"{LIST}{ours.id}/delete/", {"post": "yes"}).status_code == 403
    assert looking.post(sprite_of(ours)).status_code == 405
    looker.user_permissions.add(Permission.objects.get(codename="add_dataset"))
    assert b"more is registered" in upload(signed_in(looker), packed(130), name="more").content


def test_uploading_needs_the_forms_token(charlie: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(charlie, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert upload(client, packed()).status_code == 403


def test_more_sets_ask_no_more_of_the_database(
    ours: DataSet, charlie: User, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(charlie)
    for page in (LIST, page_of(ours)):
        client.get(page)
    for number in range(5):
        dataset_add_upload(data=packed(130 + number), role="evaluate", name=f"more-{number}", added_by=charlie)
    with django_assert_max_num_queries(9):
        client.get(LIST)
    with django_assert_max_num_queries(9):
        client.get(page_of(ours))
