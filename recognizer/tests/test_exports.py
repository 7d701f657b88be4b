"""A person's readings as files: CSV, JSON and spreadsheets, sent while they are made."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Keep, User
from recognizer import selectors_history
from recognizer.domain.history import digit_count, first_value
from recognizer.domain.reading_json import reading_as_json
from recognizer.models import ModelVersion, Upload
from recognizer.services.ingest import picture_ingest
from recognizer.services.review import prediction_correct
from recognizer.services.spreadsheet import spreadsheet_stream

SignIn = Callable[[User], Client]
CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def put(owner: User, text: str, name: str = "") -> Upload:
    return Upload.objects.create(
        owner=owner,
        created_at=timezone.now(),
        source="file",
        keep="text",
        name=name,
        state="read",
        text=text,
        final_text=text,
        confidence=0.9,
        digit_count=digit_count(text),
        value=first_value(text),
    )


def export(client: Client, query: str) -> bytes:
    response: Any = client.get(f"/history/export/?{query}")
    assert response.status_code == 200
    assert response.headers["Content-Disposition"].startswith('attachment; filename="numeral-')
    return b"".join(response.streaming_content)


def csv_rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def sheet_rows(data: bytes, sheet: int = 1) -> list[list[str | None]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        tree = ET.fromstring(archive.read(f"xl/worksheets/sheet{sheet}.xml"))
    return [
        [next((node.text for node in cell.iter() if node.tag in (f"{CELL}t", f"{CELL}v")), None) for cell in row]
        for row in tree.iter(f"{CELL}row")
    ]


def test_every_upload_is_a_row_of_csv_in_the_order_asked_for(
    alice: User, bob: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors_history, "EXPORT_CHUNK", 3)
    for text in ("007", "12 5", "3", "44", "5", "66", "7"):
        put(alice, text, f"{text}.png")
    put(bob, "8")
    rows = csv_rows(export(signed_in(alice), "format=csv&sort=smallest"))
    assert [int(row["text"].split()[0]) for row in rows] == [3, 5, 7, 7, 12, 44, 66]
    assert len({row["id"] for row in rows}) == 7
    assert {row["state"] for row in rows} == {"accepted"}
    assert rows[0]["file"] == "3.png"


def test_filters_hold_for_exports_and_the_trash_is_in_none(alice: User, signed_in: SignIn) -> None:
    put(alice, "4013")
    put(alice, "9999")
    Upload.objects.filter(id=put(alice, "4014").id).update(deleted_at=timezone.now())
    assert [row["text"] for row in csv_rows(export(signed_in(alice), "format=csv&q=401"))] == ["4013"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_taken_for_a_formula(alice: User, signed_in: SignIn, start: str) -> None:
    put(alice, "1", f"{start}HYPERLINK(1)")
    client = signed_in(alice)
    [row] = csv_rows(export(client, "format=csv"))
    assert row["file"] == f"'{start}HYPERLINK(1)"
    data = export(client, "format=xlsx")
    assert sheet_rows(data)[1][2] == f"{start}HYPERLINK(1)"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert b"<f" not in archive.read("xl/worksheets/sheet1.xml")


def test_json_has_the_shape_of_every_reading(
    alice: User, model: ModelVersion, number_png: Callable[[str], bytes], signed_in: SignIn
) -> None:
    given = picture_ingest(data=number_png("407"), owner=alice, keep=Keep.ALL, name="form.png")
    assert given.upload is not None
    prediction_correct(prediction=given.upload.predictions.get(), author=alice, text="401")
    [line] = export(signed_in(alice), "format=json").splitlines()
    found, promised = json.loads(line), reading_as_json(given.reading, file="form.png")
    assert set(promised) <= set(found)
    assert (found["text"], found["final_text"], found["numbers"][0]["corrected"]) == ("407", "401", "401")
    for key in ("file", "text", "formatted", "confidence", "state", "models", "width", "height", "needs_review"):
        assert found[key] == promised[key], key
    number, expected = found["numbers"][0], promised["numbers"][0]
    assert {key: number[key] for key in ("text", "box", "line")} == {
        key: expected[key] for key in ("text", "box", "line")
    }
    assert number["digits"] == expected["digits"]
    assert set(number) == set(expected)


def test_a_spreadsheet_keeps_leading_noughts_and_odd_names(alice: User, signed_in: SignIn) -> None:
    put(alice, "007", "a<b>&\x0b ü.png")
    header, row = sheet_rows(export(signed_in(alice), "format=xlsx"))
    found = dict(zip(header, row, strict=True))
    assert (found["text"], found["file"], found["confidence"], found["digits"]) == ("007", "a<b>& ü.png", "0.9", "3")


def test_a_full_sheet_is_followed_by_another() -> None:
    rows = [[str(number)] for number in range(5)]
    data = b"".join(spreadsheet_stream(columns=["n"], rows=rows, most_rows=3))
    assert [sheet_rows(data, sheet) for sheet in (1, 2, 3)] == [
        [["n"], ["0"], ["1"]],
        [["n"], ["2"], ["3"]],
        [["n"], ["4"]],
    ]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.read("xl/workbook.xml").count(b"<sheet ") == 3
        assert archive.read("[Content_Types].xml").count(b"worksheet+xml") == 3


def test_a_spreadsheet_of_nothing_has_its_first_row() -> None:
    assert sheet_rows(b"".join(spreadsheet_stream(columns=["n"], rows=[]))) == [["n"]]


def test_a_large_spreadsheet_takes_no_more_memory_than_a_small_one() -> None:
    def peak(count: int) -> int:
        rows: Iterator[list[str | int]] = (["some text", number] for number in range(count))
        tracemalloc.start()
        try:
            for _ in spreadsheet_stream(columns=["a", "b"], rows=rows):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(40_000) < 2 * peak(2_000)


def test_ticked_ones_are_exported_alone(alice: User, bob: User, signed_in: SignIn) -> None:
    mine, theirs = put(alice, "1"), put(bob, "2")
    put(alice, "3")
    ticked = {"upload": [str(mine.id), str(theirs.id)], "action": "csv"}
    response: Any = signed_in(alice).post("/history/selected/", ticked)
    assert [row["text"] for row in csv_rows(b"".join(response.streaming_content))] == ["1"]


@pytest.mark.parametrize("query", ["", "format=pdf", "format=csv&q=abc"])
def test_what_cannot_be_exported_is_said(alice: User, signed_in: SignIn, query: str) -> None:
    assert signed_in(alice).get(f"/history/export/?{query}").status_code == 400


def test_exports_are_for_whoever_is_signed_in_and_asked_for_by_get(
    alice: User, client: Client, signed_in: SignIn
) -> None:
    assert client.get("/history/export/?format=csv").headers["Location"].startswith("/accounts/login/")
    assert signed_in(alice).post("/history/export/?format=csv").status_code == 405
    assert signed_in(alice).get("/history/selected/").status_code == 405
