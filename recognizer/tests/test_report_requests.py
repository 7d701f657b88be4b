"""Staff ask for a model's report in the browser; the worker measures, and the page tells what came of it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from recognizer.admin import model_report
from recognizer.models import DataSet, ModelVersion
from recognizer.services.datasets import dataset_register
from recognizer.services.model_report_requests import (
    model_report_carry_out,
    model_report_request,
    model_report_requested,
)
from recognizer.services.model_reports import model_report_sources, reports_root
from recognizer.tests.report_files import tiny_digit_model

SignIn = Callable[[User], Client]


@pytest.fixture
def tiny(model: ModelVersion, tmp_path: Path) -> ModelVersion:
    return tiny_digit_model(tmp_path)


@pytest.fixture
def greys(tmp_path: Path, db: None) -> DataSet:
    labels = np.arange(60) % 10
    pictures = np.repeat((labels * 25).astype(np.uint8), 28 * 28).reshape(60, 28, 28)
    np.savez(tmp_path / "grey.npz", x_test=pictures, y_test=labels)
    return dataset_register(path=tmp_path / "grey.npz", role="evaluate", name="greys")


@pytest.fixture(autouse=True)
def worker(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, str]]:
    """What was handed to the worker, who has not begun."""
    told: list[tuple[Any, str]] = []
    monkeypatch.setattr(model_report, "measure_report", lambda *task: told.append(task))
    return told


def page_of(model: ModelVersion, more: str = "") -> str:
    return f"/admin/recognizer/modelversion/{model.id}/report/{more}"


def test_staff_have_a_model_measured(
    tiny: ModelVersion, greys: DataSet, charlie: User, signed_in: SignIn, worker: list[tuple[Any, str]]
) -> None:
    client = signed_in(charlie)
    assert "greys (60 samples, evaluate)" in client.get(page_of(tiny)).content.decode()
    answer = client.post(page_of(tiny, "measure/"), {"data_set": greys.pk})
    assert answer.headers["Location"] == page_of(tiny)
    assert worker == [(tiny.id, "greys")]
    waits = client.get(page_of(tiny))
    assert "It is being measured on greys in the background" in waits.content.decode()
    assert waits.headers["Refresh"] == "3"
    model_report_carry_out(model_id=tiny.id, data="greys")
    done = client.get(page_of(tiny))
    assert "Made by measuring the finished model" in done.content.decode()
    assert "Refresh" not in done.headers
    assert model_report_sources(tiny) == ["measuring"]


def test_what_went_wrong_is_told(tiny: ModelVersion, greys: DataSet, charlie: User, signed_in: SignIn) -> None:
    model_report_request(model=tiny, data_set=greys)
    Path(greys.path).unlink()
    model_report_carry_out(model_id=tiny.id, data="greys")
    page = signed_in(charlie).get(page_of(tiny))
    assert "Not measured on greys: There is no data set at" in page.content.decode()
    assert "Refresh" not in page.headers


def test_a_worker_that_is_gone_is_not_waited_for(tiny: ModelVersion, greys: DataSet) -> None:
    model_report_request(model=tiny, data_set=greys)
    place = reports_root() / f"{tiny.id}.json"
    told = json.loads(place.read_text())
    long_ago = dt.datetime.fromisoformat(told["at"]) - dt.timedelta(hours=2)
    place.write_text(json.dumps({**told, "at": long_ago.isoformat()}))
    asked = model_report_requested(model=tiny)
    assert asked is not None
    assert asked.problem == "The measuring broke off."


@pytest.mark.parametrize("content", ["", "{", "[]", '{"at": 3}', '{"at": "yesterday", "data": "x", "problem": ""}'])
def test_a_broken_note_is_none(tiny: ModelVersion, content: str) -> None:
    reports_root().mkdir(parents=True)
    (reports_root() / f"{tiny.id}.json").write_text(content)
    assert model_report_requested(model=tiny) is None


def test_a_model_deleted_meanwhile_is_not_measured(tiny: ModelVersion, greys: DataSet) -> None:
    gone = tiny.id
    tiny.delete()
    model_report_carry_out(model_id=gone, data="greys")
    assert not reports_root().exists()


def test_who_may_ask(
    tiny: ModelVersion, greys: DataSet, make_user: Callable[..., User], signed_in: SignIn, worker: list[Any]
) -> None:
    looks = make_user("dora", is_staff=True)
    looks.user_permissions.add(Permission.objects.get(codename="view_modelversion"))
    client = signed_in(looks)
    assert "Measure it on" not in client.get(page_of(tiny)).content.decode()
    assert client.post(page_of(tiny, "measure/"), {"data_set": greys.pk}).status_code == 403
    assert client.get(page_of(tiny, "measure/")).status_code == 405
    assert Client().post(page_of(tiny, "measure/"), {"data_set": greys.pk}).status_code == 302
    assert worker == []


@pytest.mark.parametrize("chosen", ["", "none", "' or 1=1"])
def test_without_a_set_nothing_is_measured(
    tiny: ModelVersion, charlie: User, signed_in: SignIn, worker: list[Any], chosen: str
) -> None:
    client = signed_in(charlie)
    assert "register a data set first" in client.get(page_of(tiny)).content.decode()
    answer = client.post(page_of(tiny, "measure/"), {"data_set": chosen}, follow=True)
    assert "Choose a data set to measure on." in answer.content.decode()
    assert worker == []
