"""A report for a model that has none: measured on a data set, kept with the data, and gone with the model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from recognizer.domain.errors import BadDataSet, BadModel
from recognizer.inference.card import load_card
from recognizer.models import ModelVersion
from recognizer.services import model_reports
from recognizer.services.datasets import dataset_register
from recognizer.services.model_files import model_directory
from recognizer.services.model_removal import model_delete
from recognizer.services.model_reports import model_report_load, model_report_measure, model_report_sources
from recognizer.tests.report_files import tiny_digit_model, write_report
from recognizer.tests.tiny_networks import STEP
from recognizer.training import measure


@pytest.fixture
def tiny(model: ModelVersion, tmp_path: Path) -> ModelVersion:
    return tiny_digit_model(tmp_path)


@pytest.fixture
def stripes(tmp_path: Path) -> Path:
    """Fields of grey that the tiny network reads without a mistake, but for one label that is wrong."""
    labels = np.arange(60) % 10
    pictures = np.repeat((labels * STEP).astype(np.uint8), 28 * 28).reshape(60, 28, 28)
    labels[3] = 7
    np.savez(tmp_path / "grey.npz", x_test=pictures, y_test=labels)
    return tmp_path / "grey.npz"


@pytest.fixture
def measured(tiny: ModelVersion, stripes: Path) -> model_reports.ModelReport:
    """The tiny model, measured by a process of its own."""
    dataset_register(path=stripes, role="evaluate", name="greys")
    return model_report_measure(model=tiny, data="greys")


def test_a_model_is_measured_through_litert(
    measured: model_reports.ModelReport, tiny: ModelVersion, settings: Any
) -> None:
    told = measured.content
    assert measured.folder == settings.FILES_DIR / "reports" / "tiny"
    assert told["sha256"] == tiny.sha256
    assert (told["made_by"], told["measured_on"]["name"]) == ("measuring", "greys")
    assert told["measured"]["accuracy"] == pytest.approx(59 / 60)
    assert "greys: its 60 test pictures, through LiteRT" in told["measured"]["on"]
    (mistake,) = told["mistakes"]["items"]
    assert (mistake["written"], mistake["read"]) == (7, 3)
    assert {path.name for path in measured.folder.iterdir()} == set(told["files"])
    assert "curves" not in told
    assert not list((settings.FILES_DIR / "reports").glob(".*"))


def test_the_page_shows_what_was_measured_beside_what_training_left(
    measured: model_reports.ModelReport,
    tiny: ModelVersion,
    charlie: User,
    signed_in: Callable[[User], Client],
) -> None:
    client, address = signed_in(charlie), f"/admin/recognizer/modelversion/{tiny.id}/report/"
    page = client.get(address).content.decode()
    assert "Made by measuring the finished model." in page
    assert "Not known here: learning curves: loss" in page
    assert f"{address}measuring/samples.png" in page
    write_report(tiny)
    assert model_report_sources(tiny) == ["training", "measuring"]
    assert "?from=measuring" in client.get(address).content.decode()
    assert "greys: its 60 test pictures" in client.get(f"{address}?from=measuring").content.decode()


def test_measuring_again_takes_the_older_ones_place_and_deleting_the_model_takes_all(
    measured: model_reports.ModelReport,
    tiny: ModelVersion,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    (measured.folder / "old.png").touch()

    def write(model: ModelVersion, path: Path | None, name: str, folder: Path) -> None:
        content = {**measured.content, "files": ["report.json"]}
        (folder / "report.json").write_text(json.dumps(content), encoding="utf-8")

    monkeypatch.setattr(model_reports, "_measure_digits", write)
    model_report_measure(model=tiny, data="greys")
    assert [path.name for path in measured.folder.iterdir()] == ["report.json"]
    with django_capture_on_commit_callbacks(execute=True):
        model_delete(model=tiny)
    assert not measured.folder.exists()


def test_data_that_can_not_be_measured_on_is_explained_and_nothing_is_left(
    tiny: ModelVersion, stripes: Path, tmp_path: Path, settings: Any
) -> None:
    np.savez(tmp_path / "bad.npz", x_test=np.zeros((3, 28, 28), np.uint8))
    with pytest.raises(BadDataSet, match="lacks y_test"):
        model_report_measure(model=tiny, data=str(tmp_path / "bad.npz"))
    with pytest.raises(BadDataSet, match="not on a folder"):
        model_report_measure(model=tiny, data=str(tmp_path))
    row = dataset_register(path=stripes, role="evaluate", name="greys")
    stripes.write_bytes(stripes.read_bytes() + b" ")
    with pytest.raises(BadDataSet, match="has changed"):
        model_report_measure(model=tiny, data=row.name)
    assert not list((settings.FILES_DIR / "reports").glob("*"))


def test_a_damaged_model_is_not_measured(tiny: ModelVersion, stripes: Path) -> None:
    (model_directory("tiny") / "model.tflite").write_bytes(b"half")
    with pytest.raises(BadModel, match="sha256 differs"):
        model_report_measure(model=tiny, data=str(stripes))


def test_a_line_network_is_measured_on_whole_numbers(
    number_model: ModelVersion, tmp_path: Path, number_png: Callable[[str], bytes]
) -> None:
    folder = tmp_path / "numbers"
    folder.mkdir()
    (folder / "a.png").write_bytes(number_png("123"))
    (folder / "b.png").write_bytes(bytes(cv2.imencode(".png", np.full((80, 80), 255, np.uint8))[1]))
    (folder / "labels.csv").write_text("file,text\na.png,123\nb.png,\n", encoding="utf-8")
    with pytest.raises(BadDataSet, match="Say by --data"):
        model_report_measure(model=number_model)
    told = model_report_measure(model=number_model, data=str(folder)).content
    assert told["measured"]["n"] == 2
    assert 0 <= told["measured"]["exact_match"] <= 1
    assert "cer" in told["measured"]
    assert f"2 pictures, read by {number_model.name} beside" in told["measured"]["on"]
    assert sum(each["count"] for each in told["reliability"][0]["bins"]) <= 1
    (folder / "labels.csv").write_text("file,text\nb.png,\n", encoding="utf-8")
    with pytest.raises(BadDataSet, match="no picture with a number"):
        model_report_measure(model=number_model, data=str(folder))


def test_the_command_measures_and_says_where_the_report_is(
    measured: model_reports.ModelReport, tiny: ModelVersion, stripes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("models", "report", "tiny", "--data", str(stripes))
    said = capsys.readouterr().out
    assert "Measured on grey: its 60 test pictures, through LiteRT." in said
    assert str(measured.folder) in said
    with pytest.raises(CommandError, match="There is no model named nobody"):
        call_command("models", "report", "nobody")
    with pytest.raises(CommandError, match="There is no data set at"):
        call_command("models", "report", "tiny", "--data", "/nowhere.npz")


def test_a_report_of_another_network_of_that_name_is_not_taken(
    measured: model_reports.ModelReport, tiny: ModelVersion
) -> None:
    ModelVersion.objects.filter(id=tiny.id).update(sha256="1" * 64)
    tiny.refresh_from_db()
    with pytest.raises(BadModel, match="another network"):
        model_report_load(model=tiny, source="measuring")


def test_a_machine_without_keras_and_matplotlib_measures_too(
    tiny: ModelVersion, stripes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    wanted = measure.Wanted.from_json({"model": str(model_directory("tiny")), "data": str(stripes), "name": "grey"})
    measure.measure(wanted, tmp_path / "out")
    told = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert told["files"] == ["report.json", "worst-mistakes.png", "samples.png"]
    assert told["measured"]["n"] == 60
    assert "summary" not in told


def test_layers_are_taken_from_no_file_but_the_one_that_the_card_vouches_for(tiny: ModelVersion) -> None:
    folder = model_directory("tiny")
    (folder / "model.keras").write_bytes(b"somebody put it there")
    assert measure.layers_of(folder, load_card(folder)) == []
