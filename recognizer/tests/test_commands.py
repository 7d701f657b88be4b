"""The command line: read, evaluate, models, doctor; see ``test_train_command`` for train."""

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
from django.core.management import CommandError, call_command

from recognizer.models import ModelVersion, Upload
from recognizer.training.evaluate import edit_distance

Draw = Callable[[str], bytes]
Captured = pytest.CaptureFixture[str]


def run(capsys: Captured, *arguments: str) -> str:
    capsys.readouterr()
    call_command(*arguments)
    return capsys.readouterr().out


def digits_npz(path: Path, count: int = 240) -> Path:
    """Drawn digits as a small data set."""
    pictures, labels = np.zeros((count, 28, 28), np.uint8), np.arange(count) % 10
    rng = np.random.default_rng(1)
    for picture, label in zip(pictures, labels, strict=True):
        x, y = rng.integers(3, 8), rng.integers(20, 24)
        cv2.putText(picture, str(label), (int(x), int(y)), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2, cv2.LINE_AA)
    np.savez(path, x_train=pictures, y_train=labels, x_test=pictures[:50], y_test=labels[:50])
    return path


def labelled_folder(path: Path, draw: Draw, rows: dict[str, str]) -> Path:
    path.mkdir()
    for name, text in rows.items():
        blank = bytes(cv2.imencode(".png", np.full((90, 90), 255, np.uint8))[1])
        (path / name).write_bytes(draw(text) if text else blank)
    with (path / "labels.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("file", "text"), *rows.items()])
    return path


def test_reading_a_folder_answers_in_order_and_writes_no_rows(
    model: ModelVersion, tmp_path: Path, number_png: Draw, capsys: Captured
) -> None:
    for name, text in (("b.png", "12"), ("a.png", "3")):
        (tmp_path / name).write_bytes(number_png(text))
    (tmp_path / "notes.txt").write_text("no picture")
    out = run(capsys, "read", str(tmp_path), "--format", "json")
    answers = [json.loads(line) for line in out.splitlines()]
    assert [(Path(a["file"]).name, a["text"], a["page"], a["pages"]) for a in answers] == [
        ("a.png", "3", 1, 1),
        ("b.png", "12", 1, 1),
    ]
    number = answers[1]["numbers"][0]
    assert number["id"] is None
    assert number["corrected"] is None
    assert len(number["box"]) == 4
    assert [digit["digit"] for digit in number["digits"]] == [1, 2]
    assert not Upload.objects.exists()


def test_reading_as_text_and_as_a_table(
    model: ModelVersion, tmp_path: Path, number_png: Draw, blank_png: bytes, capsys: Captured
) -> None:
    (tmp_path / "a.png").write_bytes(number_png("3"))
    (tmp_path / "b.png").write_bytes(blank_png)
    first, second = run(capsys, "read", str(tmp_path)).splitlines()
    assert first == f"{tmp_path}/a.png: 3  > 99.9 %"
    assert second == f"{tmp_path}/b.png: no digit found"
    rows = list(csv.DictReader(io.StringIO(run(capsys, "read", str(tmp_path), "--format", "csv"))))
    assert [(row["text"], row["state"], row["reason"]) for row in rows] == [
        ("3", "accepted", ""),
        ("", "rejected", "no_ink"),
    ]


def test_a_folder_without_pictures_is_said_to_have_none(model: ModelVersion, tmp_path: Path, capsys: Captured) -> None:
    call_command("read", str(tmp_path), "--format", "json")
    said = capsys.readouterr()
    assert (said.out, said.err.strip()) == ("", "There are no pictures there.")


def test_a_path_that_is_not_there_is_an_error_of_that_file_alone(
    model: ModelVersion, tmp_path: Path, number_png: Draw, capsys: Captured
) -> None:
    (tmp_path / "a.png").write_bytes(number_png("3"))
    with pytest.raises(SystemExit):
        call_command("read", str(tmp_path / "gone.png"), "/dev/zero", str(tmp_path / "a.png"), "--format", "json")
    gone, device, read = map(json.loads, capsys.readouterr().out.splitlines())
    assert gone["error"]["code"] == device["error"]["code"] == "no_file"
    assert read["text"] == "3"


def test_evaluating_arrays_goes_through_the_network(model: ModelVersion, tmp_path: Path, capsys: Captured) -> None:
    data = digits_npz(tmp_path / "drawn.npz")
    scores = json.loads(run(capsys, "evaluate", "--data", str(data), "--format", "json"))
    assert {key: scores[key] for key in ("kind", "model", "data", "n")} == {
        "kind": "digit",
        "model": "digit-1",
        "data": "drawn",
        "n": 50,
    }
    assert 0.5 < scores["accuracy"] <= 1
    assert np.sum(scores["confusion"]) == 50
    assert np.trace(scores["confusion"]) == round(scores["accuracy"] * 50)
    assert {"ece", "threshold", "coverage", "error_among_accepted", "ms_p50"} <= scores.keys()


def test_evaluating_a_folder_goes_through_the_reader(
    model: ModelVersion, tmp_path: Path, number_png: Draw, capsys: Captured
) -> None:
    folder = labelled_folder(tmp_path / "set", number_png, {"a.png": "7", "b.png": "1", "c.png": ""})
    scores = json.loads(run(capsys, "evaluate", "--data", str(folder), "--expect", "one", "--format", "json"))
    assert (scores["n"], scores["accuracy"], scores["cer"], scores["refused"]) == (3, 1.0, 0.0, 1.0)
    assert np.sum(scores["confusion"]) == 2


def test_numbers_are_scored_whole(model: ModelVersion, tmp_path: Path, number_png: Draw, capsys: Captured) -> None:
    folder = labelled_folder(tmp_path / "set", number_png, {"a.png": "71", "b.png": "203"})
    (folder / "b.png").write_bytes(number_png("204"))
    scores = json.loads(run(capsys, "evaluate", "--data", str(folder), "--format", "json"))
    assert scores["exact_match"] == 0.5
    assert scores["cer"] == 0.2
    assert "%" in run(capsys, "evaluate", "--data", str(folder))


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"x": np.zeros(3)}, "lacks x_test, y_test"),
        ({"x_test": np.zeros((2, 28, 28)), "y_test": np.zeros(2, int)}, "uint8"),
        (
            {"x_test": np.zeros((2, 28, 28), np.uint8), "y_test": np.zeros(3, int)},
            "2 pictures, but y_test has 3 labels",
        ),
        ({"x_test": np.zeros((2, 28, 28), np.uint8), "y_test": np.array([1, 11])}, "labels from 0 to 9"),
    ],
)
def test_a_broken_evaluation_set_is_explained(
    model: ModelVersion, tmp_path: Path, arrays: dict[str, Any], words: str
) -> None:
    np.savez(tmp_path / "set.npz", **arrays)
    with pytest.raises(CommandError, match=words):
        call_command("evaluate", "--data", str(tmp_path / "set.npz"))


def test_other_wrong_arguments_of_evaluate_are_explained(model: ModelVersion, tmp_path: Path) -> None:
    (tmp_path / "no.npz").write_bytes(b"not a zip")
    (tmp_path / "labels.csv").write_text("name,digit\na.png,1\n")
    wrong = {
        "There is no data set": ["--data", str(tmp_path / "gone")],
        "no .npz file": ["--data", str(tmp_path / "no.npz")],
        "header file,text": ["--data", str(tmp_path)],
        "no model named": ["--model", "nobody", "--data", str(tmp_path)],
    }
    for words, arguments in wrong.items():
        with pytest.raises(CommandError, match=words):
            call_command("evaluate", *arguments)


def test_labels_cannot_name_files_outside_their_folder(model: ModelVersion, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "secret.png").write_bytes(b"x")
    (tmp_path / "set" / "labels.csv").write_text("file,text\n../secret.png,1\n")
    with pytest.raises(CommandError, match="not in the folder"):
        call_command("evaluate", "--data", str(tmp_path / "set"))


def test_models_are_listed_activated_and_verified(model: ModelVersion, capsys: Captured) -> None:
    assert "digit-1" in run(capsys, "models")
    assert "active" in run(capsys, "models", "list")
    assert run(capsys, "models", "verify").strip() == "digit-1: ok"
    assert "digit-1 is active" in run(capsys, "models", "activate", "digit-1")
    with pytest.raises(CommandError, match="no model named"):
        call_command("models", "activate", "nobody")
    with pytest.raises(CommandError, match="no previous"):
        call_command("models", "rollback", "digit")


def test_the_doctor_finds_a_healthy_installation_well(model: ModelVersion, capsys: Captured) -> None:
    out = run(capsys, "doctor")
    assert "BAD" not in out
    assert {line[:3] for line in out.splitlines()} <= {"ok ", "-- ", "   "}
    assert "reads “1”" in out


def test_the_doctor_says_how_to_mend_what_is_missing(
    model: ModelVersion, capsys: Captured, settings: Any, tmp_path: Path
) -> None:
    settings.SHIPPED_MODELS_DIR = tmp_path
    with pytest.raises(SystemExit):
        call_command("doctor")
    out = capsys.readouterr().out
    assert "BAD model digit-1 (active)" in out
    assert "Bring its files back" in out


def test_the_edit_distance_counts_changes() -> None:
    assert [edit_distance(*pair) for pair in (("", ""), ("12", "12"), ("12", "1"), ("123", "923"), ("", "44"))] == [
        0,
        0,
        1,
        1,
        2,
    ]
