"""What a training run reports of its model: every part, on what data, and the files that it names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from recognizer.domain.types import ModelKind
from recognizer.tests.plugin import newest_shipped
from recognizer.tests.report_files import answers
from recognizer.tests.test_training_run import digits
from recognizer.training import report, sprites
from recognizer.training.datasets import Samples, sha256_of
from recognizer.training.evaluate import confusion_matrix
from recognizer.training.golden import golden_pictures
from recognizer.training.lines.texts import encode
from recognizer.training.parameters import TrainingParameters

Run = tuple[Path, dict[str, Any], list[dict[str, Any]]]

keras = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's, not ours


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A tiny run over two folds."""
    pytest.importorskip("keras", reason="training needs Keras and TensorFlow")
    from recognizer.training import run

    folder = tmp_path_factory.mktemp("report")
    (x_train, y_train), (x_test, y_test) = digits(200), digits(60)
    np.savez(folder / "data.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    wanted = {"architecture": "mlp", "epochs": 1, "folds": 2, "seed": 4, "data": str(folder / "data.npz")}
    events: list[dict[str, Any]] = []
    run.run(TrainingParameters.from_json(wanted), folder / "out", events.append)
    return folder / "out", json.loads((folder / "out" / "report.json").read_text(encoding="utf-8")), events


@keras
def test_the_report_of_a_run_is_whole(finished: Run) -> None:
    folder, told, _ = finished
    assert told["sha256"] == sha256_of(folder / "model.tflite")
    assert (told["made_by"], told["architecture"], told["seeds"]) == ("training", "mlp", [4])
    assert told["preset"]["epochs"] == 1
    assert told["data"]["sha256"] == sha256_of(folder.parent / "data.npz")
    assert told["code"]["version"]
    assert {"created", "hardware", "libraries", "training_seconds"} <= told.keys()
    assert [seed["seed"] for seed in told["curves"]["seeds"]] == [4]
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} <= told["curves"]["seeds"][0]["history"][0].keys()
    assert [each["name"] for each in told["reliability"]] == ["before calibration", "after calibration", "as it serves"]
    assert sum(each["count"] for each in told["reliability"][-1]["bins"]) == 60
    assert told["risk_coverage"]["points"][-1]["coverage"] == 1.0
    assert len(told["samples"]["items"]) == 40
    assert [layer["type"] for layer in told["summary"]] == ["Rescaling", "Flatten", "Dense", "Dense", "Dense"]
    assert told["summary"][2]["shape"] == [None, 128]
    assert sum(layer["parameters"] for layer in told["summary"]) == told["parameters"] == 104_938


@keras
def test_the_report_agrees_with_the_card(finished: Run) -> None:
    folder, told, _ = finished
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert told["measured"]["confusion"] == card["metrics"]["test"]["confusion"]
    assert told["measured"]["threshold"] == card["threshold"]
    assert told["folds"] == card["metrics"]["cross_validation"]
    assert "report.json" not in card["files"]


@keras
def test_every_part_says_on_what_data(finished: Run) -> None:
    told = finished[1]
    parts = [told[key] for key in ("curves", "measured", "risk_coverage", "samples", "folds")] + told["reliability"]
    assert all(len(part["on"]) > 20 for part in parts)
    assert "60 test pictures" in told["measured"]["on"]
    assert "160 training pictures" in told["folds"]["on"]


@keras
def test_all_files_that_the_report_names_are_there(finished: Run) -> None:
    folder, told, _ = finished
    assert {
        "report.json",
        "learning.svg",
        "loss.svg",
        "folds.svg",
        "per-digit.svg",
        "samples.png",
        "samples.svg",
    } <= set(told["files"])
    assert all((folder / name).stat().st_size for name in told["files"])


@keras
def test_a_run_tells_its_folds_apart_from_its_final_fit(finished: Run) -> None:
    events = finished[2]
    names = [event["event"] for event in events if event["event"] != "batch"]
    assert names == ["start", "fold_epoch", "fold", "fold_epoch", "fold", "epoch", "stage", "done"]
    fractions = [event["fraction"] for event in events if "fraction" in event]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_mistakes_are_the_surest_twenty_and_the_sprite_has_their_size(tmp_path: Path) -> None:
    pictures, labels = digits(60)
    found = sprites.worst_mistakes(pictures, labels, answers(labels, wrong=25))
    assert [item["index"] for item in found.items] == list(range(20))
    assert all(item["read"] == (item["written"] + 1) % 10 for item in found.items)
    sprites.write_sprite(tmp_path / "a.png", found.pictures)
    image = cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_GRAYSCALE)
    assert image is not None
    assert image.shape == (2 * 28, 10 * 28)
    assert np.array_equal(image[28:56, 28:56], 255 - pictures[11])


def test_without_mistakes_there_is_no_such_part(tmp_path: Path) -> None:
    pictures, labels = digits(20)
    made = report.begin(tmp_path, made_by="measuring", sha256="0" * 64, facts={})
    report.add_digits(made, answers(labels, wrong=0), Samples(pictures, labels), 0.5, "twenty drawn digits")
    made.write()
    told = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert "mistakes" not in told
    assert sorted(told["files"]) == sorted(path.name for path in tmp_path.iterdir()) == ["report.json", "samples.png"]


def test_pairs_are_those_that_people_confuse_and_the_worst_measured() -> None:
    labels = np.array([1] * 10 + [7] * 10 + [2] * 10)
    read = labels.copy()
    read[0], read[10:12], read[20:26] = 7, 1, 5
    pairs = report.confused_pairs(confusion_matrix(read, labels))
    assert [pair["digits"] for pair in pairs] == [[2, 5], [1, 7], [3, 8], [4, 9]]
    assert [pair["known"] for pair in pairs] == [False, True, True, True]
    assert (pairs[1]["first_as_second"], pairs[1]["second_as_first"]) == (1, 2)
    assert pairs[1]["share"] == pytest.approx(3 / 20)
    assert pairs[2]["share"] == 0.0


@keras
def test_strips_are_shown_with_what_the_line_network_reads_alone() -> None:
    pytest.importorskip("keras", reason="training needs Keras and TensorFlow")
    from recognizer.training.lines.pool import LinePool
    from recognizer.training.lines.shown import strips_shown

    strips = golden_pictures(ModelKind.NUMBER)
    labels = np.zeros((4, 16), np.uint8)
    for row, text in zip(labels, ("40213", "1234", "0750", "999"), strict=True):  # the last one is 998
        row[: len(text)] = encode(text)
    nothing = np.zeros((1, 32, 64), np.uint8), np.zeros((1, 16), np.uint8)
    pool = LinePool({64: nothing, 192: (strips, labels)})
    mistakes, samples = strips_shown(newest_shipped("number") / "model.tflite", pool, 1.0)
    assert [(item["written"], item["read"]) for item in mistakes.items] == [("999", "998")]
    assert np.array_equal(mistakes.pictures[0], strips[3])
    assert [item["read"] for item in samples.items] == ["40213", "1234", "0750", "998"]
    assert all(0.5 < item["confidence"] <= 1 for item in samples.items)
