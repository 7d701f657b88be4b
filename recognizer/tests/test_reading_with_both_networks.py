"""Digits and the whole line, read together: what is shown, kept, counted and served when."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Keep, User
from recognizer.domain.types import Expect, Reading
from recognizer.models import DigitResult, ModelVersion, Prediction, Upload
from recognizer.services.ingest import picture_ingest
from recognizer.services.model_files import model_directory
from recognizer.services.recognise import _enclosing
from recognizer.services.registry import model_rollback
from recognizer.services.serving import engines_forget

Draw = Callable[[str], bytes]
Say = Callable[..., None]
SignIn = Callable[[User], Client]


def read(picture: bytes, expect: str = "any") -> Reading:
    return picture_ingest(data=picture, expect=Expect.parse(expect)).reading


def linked_png() -> bytes:
    """An 8 and a 1 that a stroke joins: one piece of ink, which the digit network can't read."""
    paper = np.full((200, 260), 240, np.uint8)
    cv2.putText(paper, "81", (50, 150), cv2.FONT_HERSHEY_SIMPLEX, 4, 30, 10, cv2.LINE_AA)
    cv2.line(paper, (80, 147), (175, 147), 30, 10)
    return bytes(cv2.imencode(".png", paper)[1])


def test_both_networks_read_and_are_named(line_says: Say, number_png: Draw) -> None:
    line_says("4071")
    reading = read(number_png("4071"))
    assert (reading.text, reading.formatted, reading.state) == ("4071", "4071", "accepted")
    assert reading.models == {"number": "number-9", "digit": "digit-1"}
    [number] = reading.numbers
    assert [digit.digit for digit in number.digits] == [4, 0, 7, 1]
    assert [digit.box.x for digit in number.digits] == sorted(digit.box.x for digit in number.digits)
    assert np.prod([digit.confidence for digit in number.digits]) == pytest.approx(number.confidence, abs=1e-3)


def test_disagreement_goes_to_review(line_says: Say, number_png: Draw) -> None:
    line_says("4011", sure=0.9)
    reading = read(number_png("4071"))
    assert reading.state == "needs_review"
    assert reading.text in ("4011", "4071")


def test_digits_that_touch_get_boxes_and_crops_from_the_line(line_says: Say) -> None:
    line_says("81", sure=0.999)
    reading = read(linked_png())
    assert reading.text == "81"
    [number] = reading.numbers
    eight, one = number.digits
    assert eight.box.right <= one.box.x + 1
    for digit in (eight, one):
        assert number.box.x <= digit.box.x < digit.box.right <= number.box.right
        assert number.box.y <= digit.box.y < digit.box.bottom <= number.box.bottom
        assert digit.crop.shape == (28, 28)
        assert digit.crop.max() == 255


def test_a_numbers_box_holds_digits_that_were_found_beside_its_glyphs(line_says: Say, number_png: Draw) -> None:
    line_says("4071")
    [number] = read(number_png("4071")).numbers
    last = number.digits[-1]
    beside = replace(last, box=replace(last.box, x=number.box.right + 5))
    whole = _enclosing(replace(number, digits=(*number.digits[:-1], beside)))
    assert (whole.box.x, whole.box.right) == (number.box.x, beside.box.right)
    assert _enclosing(number) == number


def test_a_line_without_a_number_is_rejected(line_says: Say, number_png: Draw) -> None:
    line_says("")
    paper = np.full((200, 200), 240, np.uint8)
    cv2.putText(paper, "K", (60, 150), cv2.FONT_HERSHEY_SIMPLEX, 4, 30, 10, cv2.LINE_AA)
    reading = read(bytes(cv2.imencode(".png", paper)[1]))
    assert (reading.text, reading.state, reading.reason) == ("", "rejected", "not_a_number")


def test_digits_where_the_line_sees_no_number_are_not_accepted(line_says: Say, number_png: Draw) -> None:
    line_says("")
    assert read(number_png("17")).state != "accepted"


def test_one_expected_digit_is_one_digit(line_says: Say, number_png: Draw) -> None:
    line_says("71")
    assert read(number_png("7"), "one").text == "7"


@pytest.mark.parametrize(("sure", "state"), [(0.99, "accepted"), (0.6, "needs_review")])
def test_an_amount_whose_mark_is_unsure_is_not_accepted(
    line_says: Say, number_png: Draw, sure: float, state: str
) -> None:
    line_says("81.30", sure=sure)
    reading = read(number_png("8130"))
    assert (reading.text, reading.formatted, reading.state) == ("8130", "81.30", state)


def test_the_marks_seen_are_kept_and_shown(line_says: Say, number_png: Draw, alice: User, signed_in: SignIn) -> None:
    line_says("40.71")
    upload = picture_ingest(data=number_png("4071"), owner=alice, keep=Keep.ALL).upload
    assert upload is not None
    prediction = Prediction.objects.get()
    assert (upload.text, upload.formatted, prediction.text, prediction.formatted) == ("4071", "40.71", "4071", "40.71")
    assert prediction.number_model == ModelVersion.objects.get(name="number-9")
    client = signed_in(alice)
    assert "40.71" in client.get("/history/").content.decode()
    page = client.get(f"/history/{upload.id}/")
    assert page.context["result"].numbers[0].shown == "40.71"
    assert page.context["result"].numbers[0].correct_form.initial == {"text": "4071"}
    assert {used.kind for used in page.context["result"].models} == {"digit", "number"}
    client.post(f"/predictions/{prediction.id}/correct/", {"text": "4077"})
    assert "40.71" not in client.get("/history/").content.decode()
    assert client.get(f"/history/{upload.id}/").context["result"].numbers[0].shown == "4077"


def test_the_digits_threshold_is_that_of_the_model_that_decided(
    line_says: Say, number_png: Draw, alice: User, signed_in: SignIn
) -> None:
    line_says("4071")
    upload = picture_ingest(data=number_png("4071"), owner=alice, keep=Keep.ALL).upload
    assert upload is not None
    DigitResult.objects.filter(digit=0).update(confidence=0.895)  # over the digit model's threshold, under the line's
    page = f"/history/{upload.id}/"
    [number] = signed_in(alice).get(page).context["result"].numbers
    assert not any(digit.needs_review for digit in number.digits), "an accepted number has no doubtful digit"
    upload.predictions.update(state="needs_review")
    [number] = signed_in(alice).get(page).context["result"].numbers
    assert [digit.needs_review for digit in number.digits] == [False, True, False, False]


def test_the_command_prints_the_marks(
    line_says: Say, number_png: Draw, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line_says("40.71")
    (tmp_path / "a.png").write_bytes(number_png("4071"))
    call_command("read", str(tmp_path / "a.png"), "--format", "json")
    answer = json.loads(capsys.readouterr().out)
    assert (answer["text"], answer["numbers"][0]["formatted"]) == ("4071", "40.71")
    assert answer["models"] == {"number": "number-9", "digit": "digit-1"}
    call_command("read", str(tmp_path / "a.png"), "--format", "csv")
    [row] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["text"], row["formatted"]) == ("4071", "40.71")
    call_command("read", str(tmp_path / "a.png"))
    assert ": 40.71  " in capsys.readouterr().out


@pytest.mark.parametrize("damage", [shutil.rmtree, lambda folder: (folder / "model.tflite").write_bytes(b"half")])
def test_without_a_line_model_that_loads_digits_are_read_alone(
    number_model: ModelVersion, number_png: Draw, client: Client, damage: Callable[[Path], Any]
) -> None:
    damage(model_directory("number-9"))
    engines_forget()
    reading = read(number_png("4071"))
    assert (reading.text, reading.formatted, reading.models) == ("4071", "4071", {"digit": "digit-1"})
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert "number-9" in ready.json()["checks"]["models"]


def test_a_missing_line_model_is_told_by_the_doctor_and_no_illness(
    model: ModelVersion, capsys: pytest.CaptureFixture[str]
) -> None:
    ModelVersion.objects.filter(kind="number").delete()
    call_command("doctor")
    assert "--  number model: none is active: numbers are read digit by digit alone" in capsys.readouterr().out


def test_models_of_both_kinds_are_listed_and_rolled_back_apart(
    number_model: ModelVersion, capsys: pytest.CaptureFixture[str]
) -> None:
    ModelVersion.objects.filter(id=number_model.id).update(metrics={"validation": {"exact_match": 0.9125}})
    call_command("models")
    assert "91.25 %" in capsys.readouterr().out
    with pytest.raises(Exception, match="no previous number model"):
        model_rollback(kind="number")


@pytest.mark.parametrize("metrics", [{}, {"validation": {"exact_match": 0.9125, "cer": 0.02, "coverage": 0.8}}])
def test_the_pages_of_models_show_line_models_too(
    number_model: ModelVersion, alice: User, charlie: User, signed_in: SignIn, metrics: dict[str, Any]
) -> None:
    ModelVersion.objects.filter(id=number_model.id).update(metrics=metrics)
    page = signed_in(alice).get("/models/").content.decode()
    assert "number-9" in page
    assert ("91.25 %" in page) is bool(metrics)
    admin = signed_in(charlie)
    for address in ("", f"{number_model.id}/change/"):
        assert admin.get(f"/admin/recognizer/modelversion/{address}").status_code == 200


def test_evaluating_uses_both_and_groups_by_what_the_labels_say(
    line_says: Say, number_png: Draw, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line_says("7")
    rows = [("a.png", "7", "ann", "photo"), ("b.png", "7", "ann", "photo"), ("c.png", "1", "ben", "drawing")]
    for name, text, *_ in rows:
        (tmp_path / name).write_bytes(number_png(text if name != "b.png" else "3"))
    with (tmp_path / "labels.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("file", "text", "source", "medium"), *rows])
    call_command("evaluate", "--data", str(tmp_path), "--expect", "one", "--format", "json")
    scores = json.loads(capsys.readouterr().out)
    assert (scores["kind"], scores["model"], scores["models"]["digit"]) == ("number", "number-9", "digit-1")
    assert [(group["medium"], group["n"]) for group in scores["groups"]] == [("drawing", 1), ("photo", 2)]
    by_medium = {group["medium"]: group["accuracy"] for group in scores["groups"]}
    assert scores["mean_over_sources"] == pytest.approx((by_medium["photo"] + by_medium["drawing"]) / 2)
    assert scores["ci95"][0] < scores["accuracy"] < scores["ci95"][1] or scores["accuracy"] in (0, 1)
    assert 0 <= scores["coverage_at_1_percent"] <= 1
    call_command("evaluate", "--model", "digit-1", "--data", str(tmp_path), "--format", "json")
    assert json.loads(capsys.readouterr().out)["models"] == {"digit": "digit-1"}
    with pytest.raises(CommandError, match="no model named"):
        call_command("evaluate", "--model", "number-8", "--data", str(tmp_path))


def test_an_upload_costs_no_more_queries_with_two_models(
    line_says: Say, alice: User, signed_in: SignIn, number_png: Draw, django_assert_num_queries: Any
) -> None:
    line_says("6")
    picture_ingest(data=number_png("6"), owner=alice, keep=Keep.ALL)  # loads the models
    with django_assert_num_queries(7):
        picture_ingest(data=number_png("6"), owner=alice, keep=Keep.ALL)
    upload = Upload.objects.first()
    assert upload is not None
    client = signed_in(alice)
    with django_assert_num_queries(7):
        client.get(f"/history/{upload.id}/")
