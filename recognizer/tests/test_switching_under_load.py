"""Activations and roll backs while people read: no request is lost, and each prediction names who made it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Keep, User
from recognizer.models import ModelVersion, Prediction, Upload
from recognizer.services.ingest import picture_ingest
from recognizer.services.recognise import image_read
from recognizer.services.registry import model_activate, model_rollback
from recognizer.tests.gate_material import tiny

Draw = Callable[[str], bytes]
READERS, EACH, SWITCHES = 3, 6, 8

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other(model: ModelVersion, tmp_path: Path) -> ModelVersion:
    """Takes every digit for one that stands for its brightness, and never for a 7."""
    return tiny(tmp_path / "made", "grey", 2, threshold=0.2, reject_below=0.0)


def in_threads(*jobs: Callable[[], object]) -> list[BaseException]:
    """Run jobs at once; what went wrong in them."""
    start, wrong = threading.Barrier(len(jobs)), list[BaseException]()

    def run(job: Callable[[], object]) -> None:
        try:
            start.wait()
            job()
        except BaseException as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def test_switching_while_people_read_loses_no_request(
    other: ModelVersion, model: ModelVersion, make_user: Callable[..., User], signed_in: Any, number_png: Draw
) -> None:
    import io

    picture = number_png("7")
    clients = [signed_in(make_user(f"reader-{n}")) for n in range(READERS)]
    statuses: list[int] = []

    def read(client: Client) -> None:
        for _ in range(EACH):
            file = io.BytesIO(picture)
            file.name = "seven.png"
            answer = client.post("/read/", {"image": file, "keep": "text"})
            statuses.append(answer.status_code)

    def switch() -> None:
        model_activate(model=other)
        for _ in range(SWITCHES):
            model_rollback(kind="digit")

    wrong = in_threads(*(lambda client=client: read(client) for client in clients), switch)
    assert wrong == []
    assert statuses == [302] * (READERS * EACH)
    assert Upload.objects.count() == READERS * EACH
    said = {name: set[str]() for name in ("digit-1", "grey")}
    for text, name in Prediction.objects.values_list("text", "model_version__name"):
        said[name].add(text)
    assert said["digit-1"] <= {"7"}
    assert "7" not in said["grey"]
    states = sorted(ModelVersion.objects.values_list("state", flat=True))
    assert states == ["active", "previous"]


def test_an_activation_in_the_middle_of_a_batch_changes_those_that_come_after(
    other: ModelVersion, model: ModelVersion, alice: User, number_png: Draw
) -> None:
    for number in range(6):
        if number == 3:
            model_activate(model=other)
        picture_ingest(data=number_png("7"), owner=alice, keep=Keep.ALL)
    rows = Prediction.objects.order_by("upload__created_at").values_list("model_version__name", flat=True)
    assert list(rows) == ["digit-1"] * 3 + ["grey"] * 3


def test_a_reading_keeps_the_model_that_it_began_with(
    other: ModelVersion, model: ModelVersion, alice: User, number_png: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = image_read

    def switched_meanwhile(**given: Any) -> Any:
        model_activate(model=other)
        connection.close()  # it runs beside the storing, on a connection of its own
        return own(**given)

    monkeypatch.setattr("recognizer.services.ingest.image_read", switched_meanwhile)
    upload = picture_ingest(data=number_png("7"), owner=alice, keep=Keep.ALL).upload
    assert upload is not None
    prediction = upload.predictions.get()
    assert (prediction.text, prediction.model_version.name) == ("7", "digit-1")
    assert ModelVersion.objects.get(state="active").name == "grey"


def test_two_who_activate_the_same_model_at_once_both_get_it_and_one_record_is_kept(
    other: ModelVersion, model: ModelVersion
) -> None:
    def activate() -> None:
        model_activate(model=other)

    wrong = in_threads(activate, activate)
    assert wrong == []
    assert ModelVersion.objects.get(state="active").name == "grey"
    assert other.activations.count() == 1
