"""Staff export and import models in the admin, each as far as they may."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from recognizer.models import ModelVersion
from recognizer.services.model_files import model_directory
from recognizer.tests.model_archive_files import (
    exported,
    tiny_model,
    try_networks_here,
)

SignIn = Callable[[User], Client]
IMPORT = "/admin/recognizer/modelversion/import/"


@pytest.fixture(autouse=True)
def _tried_here(monkeypatch: pytest.MonkeyPatch) -> None:
    try_networks_here(monkeypatch)


@pytest.fixture
def tiny(model: ModelVersion, tmp_path: Path) -> ModelVersion:
    """A tiny digit model beside the active one."""
    return tiny_model(tmp_path)


def upload(client: Client, archive: bytes, name: str = "arrived") -> Any:
    file = SimpleUploadedFile("tiny.zip", archive, content_type="application/zip")
    return client.post(IMPORT, {"archive": file, "name": name}, follow=True)


def test_staff_download_a_model_and_upload_it(tiny: ModelVersion, charlie: User, signed_in: SignIn) -> None:
    client = signed_in(charlie)
    assert IMPORT.encode() in client.get("/admin/recognizer/modelversion/").content
    address = f"/admin/recognizer/modelversion/{tiny.id}/export/"
    assert address.encode() in client.get(f"/admin/recognizer/modelversion/{tiny.id}/change/").content
    answer: Any = client.get(address)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="tiny.zip"'
    archive = b"".join(answer.streaming_content)
    assert archive == exported(tiny)
    assert b'name="archive"' in client.get(IMPORT).content
    assert b"The model arrived is registered, version 8" in upload(client, archive).content
    assert ModelVersion.objects.get(name="arrived").state == "candidate"


def test_a_bad_upload_is_explained_in_the_form(
    tiny: ModelVersion, charlie: User, signed_in: SignIn, settings: Any
) -> None:
    client = signed_in(charlie)
    answer = upload(client, b"no zip")
    assert answer.status_code == 422
    assert b"damaged, or no ZIP" in answer.content
    assert b"This field is required" in client.post(IMPORT, {}).content
    settings.MAX_UPLOAD_MEGABYTES = 1
    answer = upload(client, b"x" * (2**20 + 1))
    assert answer.status_code == 413
    assert b"too large; 1 MB can be uploaded" in answer.content
    assert not ModelVersion.objects.filter(name="arrived").exists()


def test_a_damaged_model_is_not_downloaded(tiny: ModelVersion, charlie: User, signed_in: SignIn) -> None:
    (model_directory("tiny") / "model.tflite").write_bytes(b"half")
    page = signed_in(charlie).get(f"/admin/recognizer/modelversion/{tiny.id}/export/", follow=True)
    assert b"sha256 differs" in page.content


def test_who_may_export_and_who_may_import(
    tiny: ModelVersion, alice: User, make_user: Callable[..., User], signed_in: SignIn, client: Client
) -> None:
    address = f"/admin/recognizer/modelversion/{tiny.id}/export/"
    assert client.get(address).status_code == client.get(IMPORT).status_code == 302
    for page in (address, IMPORT):
        assert signed_in(alice).get(page, follow=True).status_code == 403
    looker = make_user("looker", is_staff=True)
    assert signed_in(looker).get(address).status_code == 403
    looker.user_permissions.add(Permission.objects.get(codename="view_modelversion"))
    looking = signed_in(looker)
    assert looking.get(address).status_code == 200
    assert looking.post(address).status_code == 405
    assert looking.get(IMPORT).status_code == 403
    assert upload(looking, exported(tiny)).status_code == 403
    assert IMPORT.encode() not in looking.get("/admin/recognizer/modelversion/").content
    looker.user_permissions.add(Permission.objects.get(codename="add_modelversion"))
    assert upload(signed_in(looker), exported(tiny)).status_code == 200
    assert ModelVersion.objects.filter(name="arrived").exists()


def test_importing_needs_the_forms_token(charlie: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(charlie, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert upload(client, b"x").status_code == 403
