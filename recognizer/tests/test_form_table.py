"""The table of what was read as a form, on its page and as files."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Keep, User
from recognizer.models import (
    Batch,
    BatchFile,
    BatchItem,
    Correction,
    FormField,
    FormPage,
    FormTemplate,
    ModelVersion,
    Prediction,
    Upload,
)
from recognizer.selectors_forms import TABLE_ROWS
from recognizer.services.forms import form_create
from recognizer.tests.order_form import form_png

SignIn = Callable[[User], Client]


@pytest.fixture
def form(alice: User, model: ModelVersion) -> FormTemplate:
    """A form with a code, an amount and a field that may be empty."""
    form = form_create(owner=alice, name="Order", data=form_png())
    for order, (name, decimals) in enumerate((("Code", 0), ("Amount", 2), ("Month", 0))):
        box = {"box_x": 10, "box_y": 100 * order, "box_width": 90, "box_height": 40}
        FormField.objects.create(template=form, order=order, name=name, decimals=decimals, optional=order == 2, **box)
    return form


def read(form: FormTemplate, *texts: str, at: int = 0, batch: Batch | None = None, **states: str) -> Upload:
    """A picture that was read as the form, so many minutes ago, with these texts in its fields."""
    upload = Upload.objects.create(
        owner=form.owner,
        created_at=timezone.now() - dt.timedelta(minutes=at),
        source="file",
        keep=Keep.ALL,
        name=f"order-{at}.png",
        state="needs_review" if states else "read",
        form=form,
        batch=batch,
    )
    FormPage.objects.create(upload=upload, likeness=0.9)
    model = ModelVersion.objects.get()
    for field, text in zip(form.fields.all(), texts, strict=False):
        doubt = states.get(field.name)
        Prediction.objects.create(
            upload=upload,
            model_version=model,
            order=field.order,
            line=field.order,
            text=text,
            confidence=0.97,
            state="accepted" if doubt is None else "needs_review",
            doubt=doubt or "",
            form_field=field,
            box_x=1,
            box_y=2,
            box_width=3,
            box_height=4,
        )
    return upload


def batch_of(form: FormTemplate, name: str = "March") -> Batch:
    return Batch.objects.create(
        owner=form.owner, created_at=timezone.now(), name=name, source="file", keep=Keep.ALL, form=form
    )


def put_into(batch: Batch, upload: Upload, order: int) -> None:
    file = BatchFile.objects.create(batch=batch, order=order, key=str(order), size=1, sha256="0" * 64)
    BatchItem.objects.create(batch=batch, file=file, order=order, name=upload.name, upload=upload, state="done")
    Upload.objects.filter(id=upload.id).update(batch=batch)


def page(response: Any) -> str:
    return str(response.content.decode())


def download(client: Client, form: FormTemplate, kind: str, query: str = "") -> bytes:
    response: Any = client.get(f"/forms/{form.id}/table/export/?format={kind}{query}")
    assert response.status_code == 200
    assert f'filename="order-{timezone.localdate():%Y-%m-%d}.{kind}"' in response.headers["Content-Disposition"]
    return b"".join(response.streaming_content)


def test_each_picture_is_a_row_and_each_field_a_column(form: FormTemplate, alice: User, signed_in: SignIn) -> None:
    older = read(form, "0042", "1250", "", at=5)
    newer = read(form, "0043", "75", "7", Amount="range")
    text = page(signed_in(alice).get(f"/forms/{form.id}/table/"))
    assert text.index("order-0.png") < text.index("order-5.png")
    assert ">0042</a>" in text
    assert ">12.50</a>" in text
    assert f"/history/{older.id}/#n-1" in text
    doubted = newer.predictions.get(text="75")
    assert f"/review/?hold={doubted.id}.&amp;form_field={doubted.form_field_id}" in text
    assert ">0.75</a>" in text
    assert "Outside of the range that the form says" in text
    assert f'href="/review/?form_field={doubted.form_field_id}"' in text


def test_the_doubted_number_is_the_one_that_the_review_opens_with(
    form: FormTemplate, alice: User, signed_in: SignIn
) -> None:
    read(form, "0042", "1250", Code="")
    upload = read(form, "0043", "75", Amount="range")
    doubted = upload.predictions.get(text="75")
    text = page(signed_in(alice).get(f"/review/?hold={doubted.id}.&form_field={doubted.form_field_id}"))
    assert f"/review/{doubted.id}/" in text


def test_the_last_word_counts(form: FormTemplate, alice: User, signed_in: SignIn) -> None:
    upload = read(form, "0042", "1250")
    row = upload.predictions.get(text="0042")
    for text in ("7", "0047"):
        Correction.objects.create(prediction=row, author=alice, text=text, created_at=timezone.now())
    Prediction.objects.filter(id=row.id).update(state="corrected")
    shown = page(signed_in(alice).get(f"/forms/{form.id}/table/"))
    assert ">0047</a>" in shown
    assert "corrected" in shown


def test_a_picture_that_is_not_that_form_says_so_in_its_row(form: FormTemplate, alice: User, signed_in: SignIn) -> None:
    upload = read(form)
    FormPage.objects.filter(upload=upload).update(problem="This picture does not look like the form.")
    assert "does not look like the form." in page(signed_in(alice).get(f"/forms/{form.id}/table/"))


def test_a_long_table_comes_in_pages_with_few_queries(
    form: FormTemplate, alice: User, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    for at in range(TABLE_ROWS + 3):
        read(form, f"{at:04}", "1250", at=at)
    batch_of(form)
    client = signed_in(alice)
    with django_assert_max_num_queries(8):  # with the count of what waits for review
        first = page(client.get(f"/forms/{form.id}/table/"))
    assert first.count("<tr>") == TABLE_ROWS + 1
    address = first.split('rel="next"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    second = page(client.get(address))
    assert second.count("<tr>") == 4
    assert ">0052</a>" in second
    assert ">0049</a>" not in second


def test_a_batch_is_shown_in_the_order_in_which_it_was_given(
    form: FormTemplate, alice: User, signed_in: SignIn
) -> None:
    batch = batch_of(form)
    for order, at in enumerate((3, 9, 1)):
        put_into(batch, read(form, f"{order:04}", at=at), order)
    read(form, "7777")
    text = page(signed_in(alice).get(f"/forms/{form.id}/table/?batch={batch.id}"))
    assert [code for code in ("0000", "0001", "0002", "7777") if f">{code}</a>" in text] == ["0000", "0001", "0002"]
    assert text.index(">0000<") < text.index(">0001<") < text.index(">0002<")
    later = page(signed_in(alice).get(f"/forms/{form.id}/table/?batch={batch.id}&before=1"))
    assert ">0002<" in later
    assert ">0001<" not in later


def test_the_trash_and_other_peoples_pictures_are_left_out(
    form: FormTemplate, alice: User, bob: User, signed_in: SignIn
) -> None:
    read(form, "1111")
    gone, theirs = read(form, "2222"), read(form, "3333")
    Upload.objects.filter(id=gone.id).update(deleted_at=timezone.now())
    Upload.objects.filter(id=theirs.id).update(owner=bob)
    client = signed_in(alice)
    for text in (page(client.get(f"/forms/{form.id}/table/")), download(client, form, "csv").decode()):
        assert [code for code in ("1111", "2222", "3333") if code in text] == ["1111"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?batch=7", 400),
        ("?before=x", 400),
        ("?before=2026-01-01_", 400),
        ("?before=99999-01-01T00:00:00%2B00:00_" + "0" * 32, 400),
        ("?batch=00000000-0000-0000-0000-000000000000", 200),
        ("?batch=00000000-0000-0000-0000-000000000000&before=-1", 400),
        ("export/?format=pdf", 400),
        ("export/", 400),
    ],
)
def test_an_address_without_sense_is_answered_with_a_sentence(
    form: FormTemplate, alice: User, signed_in: SignIn, query: str, status: int
) -> None:
    assert signed_in(alice).get(f"/forms/{form.id}/table/{query}").status_code == status


def test_an_empty_table_says_what_to_do(form: FormTemplate, alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    assert "Nothing read as this form yet" in page(client.get(f"/forms/{form.id}/table/"))
    form.fields.all().delete()
    assert "Draw its fields" in page(client.get(f"/forms/{form.id}/table/"))


def test_csv_has_a_column_for_each_field_and_no_formulas(form: FormTemplate, alice: User, signed_in: SignIn) -> None:
    FormField.objects.filter(name="Month").update(name="=cmd|' /C calc'!A0")
    read(form, "0042", "1250", "", Amount="range")
    rows = list(csv.reader(io.StringIO(download(signed_in(alice), form, "csv").decode("utf-8-sig"))))
    assert rows[0] == [
        "file",
        "page",
        "created_at",
        "Code",
        "Amount",
        "'=cmd|' /C calc'!A0",
        "to_check",
        "problem",
        "id",
    ]
    assert rows[1][:2] == ["order-0.png", ""]
    assert rows[1][3:8] == ["0042", "12.50", "", "Amount", ""]


def test_a_spreadsheet_has_amounts_as_numbers_and_codes_as_texts(
    form: FormTemplate, alice: User, signed_in: SignIn
) -> None:
    FormField.objects.filter(name="Month").update(least=1, greatest=12)
    read(form, "0042", "1250", "07")
    with zipfile.ZipFile(io.BytesIO(download(signed_in(alice), form, "xlsx"))) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert ">0042</t>" in sheet
    assert "<v>12.5</v>" in sheet
    assert "<v>7</v>" in sheet


def test_more_digits_than_a_spreadsheet_keeps_stay_a_text(form: FormTemplate, alice: User, signed_in: SignIn) -> None:
    read(form, "1", "12345678901234567890")
    with zipfile.ZipFile(io.BytesIO(download(signed_in(alice), form, "xlsx"))) as archive:
        assert ">123456789012345678.90</t>" in archive.read("xl/worksheets/sheet1.xml").decode()


def test_json_says_all_that_is_known_of_a_field(form: FormTemplate, alice: User, signed_in: SignIn) -> None:
    batch = batch_of(form)
    put_into(batch, read(form, "0042", "1250", Amount="range"), 0)
    read(form, "9999")
    lines = download(signed_in(alice), form, "json", f"&batch={batch.id}").decode().splitlines()
    (row,) = map(json.loads, lines)
    assert (row["file"], row["page"], row["batch"], row["problem"]) == ("order-0.png", 1, str(batch.id), None)
    assert list(row["fields"]) == ["Code", "Amount", "Month"]
    amount = row["fields"]["Amount"]
    assert (amount["text"], amount["value"], amount["needs_review"], amount["doubt"]) == (
        "1250",
        "12.50",
        True,
        "range",
    )
    assert row["fields"]["Month"] is None


def test_staff_see_forms_without_their_samples(form: FormTemplate, charlie: User, signed_in: SignIn) -> None:
    client = signed_in(charlie)
    assert "Order" in page(client.get("/admin/recognizer/formtemplate/"))
    text = page(client.get(f"/admin/recognizer/formtemplate/{form.id}/change/"))
    assert str(form.image.name) not in text
