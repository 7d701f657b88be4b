"""The pages of the teaching sheet: print, upload, glance, confirm; everybody sees their own alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import User
from recognizer.models import ModelVersion, Sample, Sheet, Upload
from recognizer.services.sheets import sheet_read, sheets_sweep
from recognizer.tests.pictures import as_jpeg, as_png, coloured, huge_png, landscape
from recognizer.tests.teaching_pictures import drawn, filled, photographed

SignIn = Callable[[User], Client]
NOWHERE = "/teach/00000000-0000-0000-0000-000000000000/"


@pytest.fixture(scope="module")
def photo() -> bytes:
    """A sheet with 98 digits: one box is empty, one left out in the row of 4, and in the row of 8 stands a 3."""
    digits = {(4, 9): None, (6, 0): None, (8, 2): 3}
    page = filled(drawn(lambda row, column: digits.get((row, column), row)))
    return as_jpeg(photographed(page, angle=4, tilt=(0.05, 0.1)))


def give(client: Client, data: bytes, name: str = "sheet.jpg") -> Any:
    return client.post("/teach/", {"image": SimpleUploadedFile(name, data)})


@pytest.fixture
def sheet(photo: bytes, alice: User, model: ModelVersion) -> Sheet:
    return sheet_read(data=photo, owner=alice)


def ticked(client: Client, sheet: Sheet) -> list[int]:
    rows = client.get(f"/teach/{sheet.id}/").context["view"].rows
    return [cell.at for row in rows for cell in row.cells if cell and cell.ticked]


def test_a_photo_leads_to_a_glance_at_what_was_found(
    photo: bytes, alice: User, signed_in: SignIn, model: ModelVersion, private_files: Callable[[], set[str]]
) -> None:
    client = signed_in(alice)
    response = give(client, photo)
    sheet = Sheet.objects.get()
    assert response.headers["Location"] == f"/teach/{sheet.id}/"
    page = client.get(f"/teach/{sheet.id}/")
    view = page.context["view"]
    assert (view.written, view.doubtful) == (98, 1)
    assert "Did you write a 3 in the row of 8?" in page.content.decode()
    assert [cell is None for cell in view.rows[4].cells] == [False] * 9 + [True]
    assert [cell.at for row in view.rows for cell in row.cells if cell and not cell.ticked] == [82]
    assert not Upload.objects.exists(), "the photo is no upload"
    assert private_files() == set(), "and nothing of it is a file"


def test_the_crops_are_one_picture_for_their_owner(sheet: Sheet, alice: User, signed_in: SignIn) -> None:
    response = signed_in(alice).get(f"/teach/{sheet.id}/crops.png")
    assert response.headers["Content-Type"] == "image/png"
    assert "private" in response.headers["Cache-Control"]
    assert response.content.startswith(b"\x89PNG")


def test_what_is_ticked_becomes_samples_of_someone_who_agrees(sheet: Sheet, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    chosen = ticked(client, sheet)
    response = client.post(f"/teach/{sheet.id}/", {"boxes": chosen, "agrees": "on"}, follow=True)
    assert "97 digits of your hand" in response.content.decode()
    alice.refresh_from_db()
    assert alice.training_consent
    samples = Sample.objects.filter(contributor=alice, source=Sample.Source.SHEET)
    counts = [samples.filter(label=label).count() for label in range(10)]
    assert counts == [10, 10, 10, 10, 9, 10, 9, 10, 9, 10]
    sheet.refresh_from_db()
    assert (sheet.state, bytes(sheet.crops), sheet.boxes, sheet.kept) == ("confirmed", b"", [], 97)


def test_without_agreeing_nothing_is_kept_and_nothing_lost(sheet: Sheet, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    response = client.post(f"/teach/{sheet.id}/", {"boxes": [0, 1, 82]})
    assert response.status_code == 422
    assert "only if you agree" in response.content.decode()
    view = response.context["view"]
    assert [cell.at for row in view.rows for cell in row.cells if cell and cell.ticked] == [0, 1, 82], (
        "the choice stays"
    )
    alice.refresh_from_db()
    assert not alice.training_consent
    assert not Sample.objects.exists()


def test_who_agreed_before_is_not_asked_again(sheet: Sheet, alice: User, signed_in: SignIn) -> None:
    alice.training_consent = True
    alice.save()
    client = signed_in(alice)
    assert 'name="agrees"' not in client.get(f"/teach/{sheet.id}/").content.decode()
    client.post(f"/teach/{sheet.id}/", {"boxes": [0, 15]})
    assert sorted(Sample.objects.values_list("label", flat=True)) == [0, 1]


def test_confirming_twice_keeps_no_doubles(sheet: Sheet, photo: bytes, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    for _ in range(2):
        assert client.post(f"/teach/{sheet.id}/", {"boxes": [0, 1], "agrees": "on"}).status_code == 302
    assert "2 digits of this sheet are kept" in client.get(f"/teach/{sheet.id}/").content.decode()
    again = sheet_read(data=photo, owner=alice)
    client.post(f"/teach/{again.id}/", {"boxes": [0, 1]})
    assert Sample.objects.count() == 2, "nor does the same photo"


def test_a_sheet_thrown_away_leaves_nothing(sheet: Sheet, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    assert "thrown away" in client.post(f"/teach/{sheet.id}/discard/", follow=True).content.decode()
    sheet.refresh_from_db()
    assert (sheet.state, bytes(sheet.crops), sheet.boxes) == ("discarded", b"", [])
    assert client.get(f"/teach/{sheet.id}/crops.png").status_code == 404
    client.post(f"/teach/{sheet.id}/", {"boxes": [0], "agrees": "on"})
    assert not Sample.objects.exists()
    assert "thrown away" in client.get(f"/teach/{sheet.id}/").content.decode()


@pytest.mark.parametrize(
    ("boxes", "words"),
    [([], "Tick the digits"), ([49], "is empty"), ([100], "is empty"), (["-1"], "is empty"), (["x"], "is empty")],
)
def test_a_choice_that_cannot_be_is_refused(
    boxes: list[Any], words: str, sheet: Sheet, alice: User, signed_in: SignIn
) -> None:
    response = signed_in(alice).post(f"/teach/{sheet.id}/", {"boxes": boxes, "agrees": "on"})
    assert response.status_code == 422
    assert words in response.context["error"]
    assert not Sample.objects.exists()


@pytest.mark.parametrize("path", ["", "crops.png"])
def test_a_sheet_of_someone_else_is_not_there(path: str, sheet: Sheet, bob: User, signed_in: SignIn) -> None:
    client = signed_in(bob)
    theirs, nobodys = client.get(f"/teach/{sheet.id}/{path}"), client.get(NOWHERE + path)
    assert (theirs.status_code, nobodys.status_code) == (404, 404)


def test_staff_cannot_look_at_a_sheet_either(sheet: Sheet, charlie: User, signed_in: SignIn) -> None:
    assert signed_in(charlie).get(f"/teach/{sheet.id}/crops.png").status_code == 404


def test_nobody_confirms_or_discards_the_sheet_of_another(sheet: Sheet, bob: User, signed_in: SignIn) -> None:
    client = signed_in(bob)
    assert client.post(f"/teach/{sheet.id}/", {"boxes": [0], "agrees": "on"}).status_code == 404
    assert client.post(f"/teach/{sheet.id}/discard/").status_code == 404
    sheet.refresh_from_db()
    assert sheet.state == "found"
    assert not Sample.objects.exists()


@pytest.mark.parametrize("path", ["/teach/", "/teach/sheet.pdf", NOWHERE, NOWHERE + "crops.png"])
def test_who_is_signed_out_is_asked_to_sign_in(path: str, client: Client, db: None) -> None:
    assert client.get(path).headers["Location"].startswith("/accounts/login/")
    if path == "/teach/":
        assert give(client, b"x").headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("method", "path"),
    [("post", "/teach/sheet.pdf"), ("put", "/teach/"), ("get", NOWHERE + "discard/"), ("post", NOWHERE + "crops.png")],
)
def test_a_wrong_method_is_refused(method: str, path: str, alice: User, signed_in: SignIn) -> None:
    assert getattr(signed_in(alice), method)(path).status_code == 405


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        (b"", 400, "empty"),
        (b"no picture at all" * 20, 415, "not a picture"),
        (as_jpeg(landscape())[:-1500], 422, "damaged"),
        (huge_png(), 413, "megapixel"),
        (as_jpeg(landscape()), 422, "No sheet was found"),
        (as_png(filled(lambda row, column: None)), 422, "Nothing is written"),
    ],
)
def test_what_is_no_sheet_gets_a_sentence(
    data: bytes, status: int, words: str, alice: User, signed_in: SignIn, model: ModelVersion
) -> None:
    response = give(signed_in(alice), data)
    assert response.status_code == status
    assert words in response.context["error"]
    assert not Sheet.objects.exists()


def test_no_file_at_all_is_said(alice: User, signed_in: SignIn, model: ModelVersion) -> None:
    response = signed_in(alice).post("/teach/", {})
    assert response.status_code == 400
    assert "No picture was given" in response.context["error"]


def test_a_file_over_the_limit_is_refused(alice: User, signed_in: SignIn, model: ModelVersion, settings: Any) -> None:
    settings.MAX_UPLOAD_MEGABYTES = 1
    assert give(signed_in(alice), bytes(3 * 2**20)).status_code == 413


def test_too_many_at_once_are_too_many(alice: User, signed_in: SignIn, model: ModelVersion, settings: Any) -> None:
    settings.UPLOADS_PER_MINUTE = 0
    assert give(signed_in(alice), b"x").status_code == 429


def test_without_a_model_nothing_is_taken_in(photo: bytes, alice: User, signed_in: SignIn) -> None:
    assert give(signed_in(alice), photo).status_code == 503
    assert not Sheet.objects.exists()


@pytest.mark.parametrize(
    ("label_of", "words"),
    [
        (lambda row, column: column, "by columns"),
        (lambda row, column: (row + 3) % 10, "not what it asks for"),
    ],
)
def test_a_sheet_filled_with_other_digits_is_said_to_be_and_not_taken(
    label_of: Callable[[int, int], int], words: str, alice: User, signed_in: SignIn, model: ModelVersion
) -> None:
    response = give(signed_in(alice), as_jpeg(filled(drawn(label_of))))
    assert response.status_code == 422
    assert words in response.context["error"]
    assert not Sheet.objects.exists()


def test_a_sheet_filled_in_upside_down_is_said_to_be(alice: User, signed_in: SignIn, model: ModelVersion) -> None:
    write = drawn()
    page = filled(lambda row, column: write(9 - row, 9 - column)[::-1, ::-1])  # type: ignore[index]
    response = give(signed_in(alice), as_jpeg(page))
    assert "upside down" in response.context["error"]


def test_a_sheet_that_waits_is_offered_again_and_the_oldest_make_room(
    sheet: Sheet, photo: bytes, alice: User, bob: User, signed_in: SignIn
) -> None:
    assert str(sheet.id) in signed_in(alice).get("/teach/").content.decode()
    assert str(sheet.id) not in signed_in(bob).get("/teach/").content.decode()
    for _ in range(5):
        newest = sheet_read(data=photo, owner=alice)
    assert Sheet.objects.count() == 5
    assert not Sheet.objects.filter(id=sheet.id).exists()
    assert Sheet.objects.filter(id=newest.id).exists()


def test_a_sheet_goes_with_its_owner(sheet: Sheet, alice: User, charlie: User, signed_in: SignIn) -> None:
    signed_in(charlie).post(f"/admin/accounts/user/{alice.id}/delete/", {"post": "yes"})
    assert not Sheet.objects.exists()


def test_blue_ink_on_cream_paper_held_sideways_will_do(alice: User, model: ModelVersion) -> None:
    photo = coloured(photographed(filled(drawn()), angle=3), (250, 238, 215), (25, 40, 140))
    lying = np.ascontiguousarray(np.rot90(photo))
    sheet = sheet_read(data=as_jpeg(lying, orientation=6), owner=alice)
    assert [box["doubt"] for box in sheet.boxes] == [""] * 100
    assert [box["digit"] for box in sheet.boxes] == [at // 10 for at in range(100)]


@pytest.mark.parametrize("path", ["/teach/", "sheet", "crops"])
def test_pages_ask_the_database_little(
    path: str, sheet: Sheet, alice: User, signed_in: SignIn, django_assert_num_queries: Any
) -> None:
    paths = {"sheet": f"/teach/{sheet.id}/", "crops": f"/teach/{sheet.id}/crops.png"}
    client = signed_in(alice)
    # The session, the user, the sheet or sheets and, on a page, the count in its header.
    with django_assert_num_queries(3 if path == "crops" else 4):
        assert client.get(paths.get(path, path)).status_code == 200


def test_after_a_day_a_sheet_is_forgotten(sheet: Sheet) -> None:
    assert sheets_sweep() == 0
    Sheet.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert sheets_sweep() == 1
    assert not Sheet.objects.exists()


def test_the_sweep_on_demand_says_so(sheet: Sheet, capsys: pytest.CaptureFixture[str]) -> None:
    Sheet.objects.update(created_at=timezone.now() - timedelta(hours=25))
    call_command("sweep")
    assert "sheets forgotten: 1" in capsys.readouterr().out


def test_the_sheet_is_a_pdf_for_either_paper(alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    a4, letter = client.get("/teach/sheet.pdf"), client.get("/teach/sheet.pdf?paper=letter")
    assert a4.headers["Content-Type"] == letter.headers["Content-Type"] == "application/pdf"
    assert b"/MediaBox [0 0 595.276 841.890]" in a4.content
    assert b"/MediaBox [0 0 612.000 792.000]" in letter.content
