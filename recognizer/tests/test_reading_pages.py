"""`manage.py read` reads PDF and TIFF page by page; the page to read on takes a PDF or HEIC as it takes a picture."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from recognizer.models import ModelVersion, Upload
from recognizer.tests.paged_files import as_avif, as_heic, as_pdf, as_tiff, locked_pdf
from recognizer.tests.pictures import Picture

SignIn = Callable[[User], Client]
Captured = pytest.CaptureFixture[str]


def paper(text: str, size: tuple[int, int] = (424, 300)) -> Picture:
    picture = np.full(size, 255, np.uint8)
    cv2.putText(picture, text, (60, 200), cv2.FONT_HERSHEY_SIMPLEX, 4, 0, 12, cv2.LINE_AA)
    return picture


def run(capsys: Captured, *arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of ``manage.py read``."""
    capsys.readouterr()
    status = 0
    try:
        call_command("read", *arguments)
    except SystemExit as stopped:
        status = int(stopped.code or 0)
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.mark.parametrize("name", ["scan.pdf", "scan.tif"])
def test_every_page_gets_an_answer_of_its_own(name: str, model: ModelVersion, tmp_path: Path, capsys: Captured) -> None:
    make = as_pdf if name.endswith("pdf") else as_tiff
    (tmp_path / name).write_bytes(make(paper("7"), paper(""), paper("1")))
    status, out, _ = run(capsys, str(tmp_path), "--format", "json")
    answers = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [(a["page"], a["pages"], a["text"], a["state"]) for a in answers] == [
        (1, 3, "7", "accepted"),
        (2, 3, "", "rejected"),
        (3, 3, "1", "accepted"),
    ]
    assert {a["file"] for a in answers} == {str(tmp_path / name)}


def test_pages_are_named_in_text_and_in_tables(model: ModelVersion, tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "scan.pdf"
    file.write_bytes(as_pdf(paper("7"), paper("")))
    first, second = run(capsys, str(file))[1].splitlines()
    assert first.startswith(f"{file}, page 1 of 2: 7  ")
    assert second == f"{file}, page 2 of 2: no digit found"
    rows = list(csv.DictReader(io.StringIO(run(capsys, str(file), "--format", "csv")[1])))
    assert [(row["page"], row["pages"], row["text"]) for row in rows] == [("1", "2", "7"), ("2", "2", "")]


def test_a_bad_page_fails_alone(model: ModelVersion, tmp_path: Path, capsys: Captured) -> None:
    data = as_pdf(paper("7"), paper("2"), paper("1"))
    file = tmp_path / "scan.pdf"
    file.write_bytes(data.replace(b"6 0 obj\n<< /Type /Page", b"6 0 obj\n<< /Type /Rage"))
    status, out, _ = run(capsys, str(file), "--format", "json")
    first, second, third = map(json.loads, out.splitlines())
    assert status == 1
    assert (first["text"], third["text"]) == ("7", "1")
    assert second == {
        "file": str(file),
        "page": 2,
        "pages": 3,
        "error": {"code": "bad_image", "message": "Page 2 of this PDF is damaged, so it could not be opened."},
    }
    assert f"{file}, page 2 of 3: Page 2" in run(capsys, str(file))[2]


def test_a_file_that_cannot_be_opened_has_one_answer(
    model: ModelVersion, tmp_path: Path, capsys: Captured, settings: Any
) -> None:
    (tmp_path / "a.pdf").write_bytes(locked_pdf())
    (tmp_path / "b.avif").write_bytes(as_avif(paper("7")))
    (tmp_path / "c.heic").write_bytes(as_heic(paper("1")))
    status, out, _ = run(capsys, str(tmp_path), "--format", "json")
    locked, *others = map(json.loads, out.splitlines())
    assert status == 1
    assert locked["error"]["code"] == "encrypted_file"
    assert "page" not in locked
    assert [answer["text"] for answer in others] == ["7", "1"]


@pytest.mark.parametrize("make", [as_pdf, as_heic, as_avif])
def test_the_page_takes_it_as_it_takes_a_picture(
    make: Callable[[Picture], bytes], alice: User, signed_in: SignIn, model: ModelVersion
) -> None:
    # Browsers on Windows send what they don't know as this type: the bytes decide.
    file = SimpleUploadedFile("x.heif", make(paper("7")), content_type="application/octet-stream")
    response = signed_in(alice).post("/read/", {"image": file, "keep": "all"})
    assert response.status_code == 302
    upload = Upload.objects.get()
    assert upload.text == "7"
    assert upload.image


def test_a_locked_pdf_is_refused_with_a_sentence_and_nothing_is_stored(
    alice: User, signed_in: SignIn, model: ModelVersion, private_files: Callable[[], set[str]]
) -> None:
    file = SimpleUploadedFile("x.pdf", locked_pdf())
    response = signed_in(alice).post("/read/", {"image": file, "keep": "all"})
    assert response.status_code == 422
    assert "locked with a password" in response.context["error"]
    assert not Upload.objects.exists()
    assert private_files() == set()


def test_the_field_lets_people_choose_the_newer_kinds(alice: User, signed_in: SignIn) -> None:
    page = signed_in(alice).get("/read/").content.decode()
    for kind in (".heic", ".heif", ".avif", ".pdf"):
        assert kind in page
    assert "HEIC, WebP, AVIF, GIF, BMP, TIFF or PDF" in page
