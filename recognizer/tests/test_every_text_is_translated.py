"""On every page, all that a person reads went through gettext; see ``pseudo_language``."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from recognizer.models import DataSet, ModelVersion, Sheet, TrainingRun, Upload
from recognizer.tests.pseudo_language import page_of, unwrapped
from recognizer.training.presets import ARCHITECTURES

SignIn = Callable[[User], Client]
FOR_EVERYBODY = (
    "/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/1-x/",
    "/accounts/password/reset/key/done/",
    "/accounts/confirm-email/",
    "/no-such-page/",
)
FOR_MEMBERS = (
    "/account/",
    "/accounts/logout/",
    "/accounts/password/change/",
    "/accounts/email/",
    "/accounts/reauthenticate/",
    "/models/",
    "/samples/",
    "/teach/",
    "/history/",
    "/history/?q=1..0&since=2026-05-03&until=2026-05-02",
    "/history/all/",
    "/history/trash/",
    "/read/",
    "/review/",
    "/batches/",
    "/dashboard/",
    "/forms/",
    "/forms/new/",
)
FOR_STAFF = (
    "/admin/",
    "/admin/accounts/user/",
    "/admin/accounts/user/add/",
    "/admin/recognizer/batch/",
    "/admin/recognizer/activation/",
    "/admin/recognizer/dataset/",
    "/admin/recognizer/dataset/upload/",
    "/admin/recognizer/modelversion/",
    "/admin/recognizer/modelversion/import/",
    "/admin/recognizer/reread/",
    "/admin/recognizer/sample/",
    "/admin/recognizer/trainingrun/",
    "/admin/recognizer/trainingrun/start/",
    "/admin/recognizer/upload/",
)


@pytest.mark.parametrize("address", FOR_EVERYBODY)
def test_pages_for_everybody(client: Client, db: None, address: str) -> None:
    assert unwrapped(page_of(client, address)) == []


@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/signup/"])
def test_forms_with_mistakes(client: Client, db: None, address: str) -> None:
    page = page_of(client, address, {"email": "no address", "password1": "1", "password2": "2"})
    assert "⟦" in page
    assert unwrapped(page) == []


@pytest.mark.parametrize("address", FOR_MEMBERS)
def test_pages_of_a_member(alice: User, signed_in: SignIn, model: ModelVersion, address: str) -> None:
    assert unwrapped(page_of(signed_in(alice), address), known=names_on_cards() | {"API"}) == []


NAMES = {"digit", "fast", *ARCHITECTURES}
"""Of kinds, presets and networks, as commands take them."""
DJANGOS_OWN = {"Search", "True", "False", "Show counts"}
"""What Django's admin says in English, whatever the language."""


def names_on_cards() -> set[str]:
    """What a model's card names: files, machines, architectures."""
    rows = ModelVersion.objects.all()
    facts = [str(row.card.get(key, "")) for row in rows for key in ("hardware",)]
    files = [name for row in rows for name in row.card.get("files", {})]
    return {*facts, *files, *(row.architecture for row in rows), *(row.name for row in rows)} - {""}


def test_the_result_of_a_picture(
    alice: User, signed_in: SignIn, model: ModelVersion, number_png: Callable[[str], bytes]
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = signed_in(alice)
    client.post("/read/", {"image": SimpleUploadedFile("note.png", number_png("47")), "keep": "all"})
    upload = Upload.objects.get()
    known = {model.name}
    for address in (f"/history/{upload.id}/", f"/history/{upload.id}/delete/", f"/history/{upload.id}/opinion/"):
        assert unwrapped(page_of(client, address), known=known) == [], address
    prediction = upload.predictions.get()
    digit = f"/predictions/{prediction.id}/digits/0/"
    assert unwrapped(page_of(client, digit), known=known) == []


def test_a_sheet_that_waits(alice: User, signed_in: SignIn, db: None) -> None:
    boxes = [{"digit": at // 10, "confidence": 0.99, "doubt": ["", "other", "cut off"][at % 3]} for at in range(100)]
    sheet = Sheet.objects.create(owner=alice, state=Sheet.State.FOUND, boxes=boxes, crops=bytes(100 * 28 * 28))
    assert unwrapped(page_of(signed_in(alice), f"/teach/{sheet.id}/")) == []


@pytest.mark.parametrize("address", FOR_STAFF)
def test_pages_of_the_staff(charlie: User, signed_in: SignIn, model: ModelVersion, address: str) -> None:
    known = names_on_cards() | DJANGOS_OWN | NAMES
    assert "\n".join(unwrapped(page_of(signed_in(charlie), address), known=known)) == ""


def test_pages_of_the_staff_about_a_model(charlie: User, signed_in: SignIn, model: ModelVersion) -> None:
    client = signed_in(charlie)
    for part in ("change", "activate", "report"):
        address = f"/admin/recognizer/modelversion/{model.pk}/{part}/"
        found = unwrapped(page_of(client, address), known=names_on_cards(), without={"report-facts", "report-on"})
        assert found == [], part


def test_pages_of_the_staff_about_a_training(charlie: User, signed_in: SignIn, db: None) -> None:
    data_set = DataSet.objects.create(
        name="ours", role=DataSet.Role.TRAIN, format=DataSet.Format.NPZ, count=1, path="x"
    )
    history = [{"epoch": at, "seed": 1, "loss": 1.5 / at, "accuracy": 0.5} for at in (1, 2)]
    run = TrainingRun.objects.create(
        architecture="mlp", kind="digit", epochs=2, progress=history, state=TrainingRun.State.FAILED, data_set=data_set
    )
    known = {"mlp", "ours", "manage.py train"}
    for part in ("change", "cancel"):
        address = f"/admin/recognizer/trainingrun/{run.pk}/{part}/"
        assert unwrapped(page_of(signed_in(charlie), address), known=known) == [], part
