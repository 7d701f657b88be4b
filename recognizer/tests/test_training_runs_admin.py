"""Staff start, watch, cancel and go on with trainings in the admin, each as far as they may."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.models import User
from recognizer.admin import training_run_start
from recognizer.models import DataSet, ModelVersion, TrainingRun
from recognizer.services import mnist
from recognizer.services.dataset_files import dataset_path
from recognizer.services.registry import model_register
from recognizer.services.training_leftovers import run_folder
from recognizer.services.training_rows import LOST_AFTER
from recognizer.tests.test_datasets import npz
from recognizer.tests.tiny_networks import digit_network, save_model
from recognizer.tests.trainers import data_set, run_row

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
LIST = "/admin/recognizer/trainingrun/"
START = f"{LIST}start/"
MNIST = f"{LIST}mnist/"
EPOCHS = [
    {"epoch": number, "epochs": 4, "seed": 1, "loss": 1 / number, "val_loss": 1.5 / number, "accuracy": 0.9}
    for number in (1, 2)
]


@pytest.fixture
def ours(db: None) -> DataSet:
    return data_set()


@pytest.fixture(autouse=True)
def handed_over(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the worker would be told."""
    told: list[str] = []
    monkeypatch.setattr(training_run_start, "start_training", lambda: told.append("start"))
    return told


def page_of(run: TrainingRun, page: str = "change") -> str:
    return f"{LIST}{run.id}/{page}/"


def asked(row: DataSet, **changed: Any) -> dict[str, Any]:
    return {"kind": "digit", "architecture": "mlp", "data_set": str(row.id), "seed": "3", **changed}


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_staff_start_a_training(ours: DataSet, charlie: User, signed_in: SignIn, handed_over: list[str]) -> None:
    client = signed_in(charlie)
    assert START.encode() in client.get(LIST).content
    form = text_of(client.get(START))
    for shown in ('name="architecture"', "numeral-lines", '"batch_size": 120', ">ours</option>", "training-form.js"):
        assert shown in form
    answer = client.post(START, asked(ours, epochs="2", limit="100", name="mine"))
    run = TrainingRun.objects.get()
    assert answer.headers["Location"] == page_of(run)
    assert (run.state, run.architecture, run.data_set, run.started_by) == ("queued", "mlp", ours, charlie)
    told = {key: run.parameters[key] for key in ("epochs", "batch_size", "seeds", "limit", "name", "data")}
    assert told == {
        "epochs": 2,
        "batch_size": None,
        "seeds": [3],
        "limit": 100,
        "name": "mine",
        "data": str(dataset_path(ours)),
    }
    assert handed_over == ["start"]


def test_folds_and_corrections_can_be_asked_for(ours: DataSet, charlie: User, signed_in: SignIn) -> None:
    signed_in(charlie).post(START, asked(ours, folds="5", include_corrections="on"))
    told = TrainingRun.objects.get().parameters
    assert (told["folds"], told["corrections"], told["recipe"]) == (5, "corrections.npz", None)


def test_a_queue_that_cannot_be_reached_loses_nothing(
    ours: DataSet, charlie: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable() -> None:
        raise ConnectionError("no Redis")

    monkeypatch.setattr(training_run_start, "start_training", unreachable)
    assert signed_in(charlie).post(START, asked(ours)).status_code == 302
    assert TrainingRun.objects.get().state == "queued"


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"epochs": "0"}, "epochs", "This must be a whole number from 1 to 1,000, not 0."),
        ({"epochs": "-1"}, "epochs", "from 1 to 1,000, not -1."),
        ({"epochs": "two"}, "epochs", "Enter a whole number."),
        ({"batch_size": "99999"}, "batch_size", "from 1 to 8,192"),
        ({"limit": "3"}, "limit", "from 100 to"),
        ({"seed": "-1"}, "seed", "This must be a whole number from 0"),
        ({"seed": ""}, "seed", "This field is required."),
        ({"name": "../x"}, "name", "may hold only letters"),
        ({"name": "digit-7"}, "name", "A model named digit-7 is registered already."),
        ({"architecture": "numeral-lines"}, "architecture", "numeral-lines reads a whole number: choose that above."),
        ({"architecture": "gone"}, "architecture", "Select a valid choice."),
        ({"data_set": "none"}, "data_set", "is not a valid UUID"),
        ({"init": "digit-7"}, "init", "a mlp cannot start from its weights"),
        ({"folds": "1"}, "folds", "This must be a whole number from 2 to 20, not 1."),
        ({"recipe": "fast"}, "recipe", "mlp has no preset “fast”"),
        (
            {"kind": "number", "architecture": "numeral-lines", "include_corrections": "on"},
            "include_corrections",
            "Corrections are single digits",
        ),
    ],
)
def test_what_makes_no_sense_is_told_beside_its_field(
    changed: dict[str, str], field: str, sentence: str, ours: DataSet, charlie: User, signed_in: SignIn, tmp_path: Path
) -> None:
    folder = save_model(tmp_path / "made" / "digit-7", "digit", digit_network())
    (folder / "model.keras").write_bytes(b"weights")
    model_register(directory=folder)
    answer = signed_in(charlie).post(START, asked(ours, **changed))
    assert answer.status_code == 422
    assert sentence in " ".join(answer.context["form"].errors[field])
    assert sentence.replace("'", "&#x27;") in text_of(answer)
    assert not TrainingRun.objects.exists()


def test_a_changed_file_is_told_beside_the_data(ours: DataSet, charlie: User, signed_in: SignIn) -> None:
    dataset_path(ours).write_bytes(b"changed")
    answer = signed_in(charlie).post(START, asked(ours))
    assert answer.status_code == 422
    assert "has changed since" in str(answer.context["form"].errors["data_set"])


def test_without_data_the_form_says_what_to_do_and_registers_mnist(
    charlie: User, signed_in: SignIn, settings: Any, tmp_path: Path
) -> None:
    client = signed_in(charlie)
    settings.MNIST_PATH = ""
    form = text_of(client.get(START))
    assert "There is no data set to train on yet." in form
    assert "Register MNIST" in form
    settings.MNIST_PATH = str(npz(tmp_path, "mnist.npz"))
    assert "The data set mnist is registered: 140 samples." in text_of(client.post(MNIST, follow=True))
    assert "Register MNIST" not in text_of(client.get(START))
    assert "a data set named mnist already" in text_of(client.post(MNIST, follow=True))
    assert DataSet.objects.get().role == "train"


def test_mnist_is_found_by_a_process_of_its_own(
    charlie: User, signed_in: SignIn, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MNIST_PATH = ""
    client = signed_in(charlie)
    monkeypatch.setattr(mnist, "FIND", "raise SystemExit(3)")
    assert "could not be downloaded" in text_of(client.post(MNIST, follow=True))
    monkeypatch.setattr(mnist, "FIND", f"print({str(npz(tmp_path))!r})")
    assert "The data set digits is registered" in text_of(client.post(MNIST, follow=True))


def test_a_running_training_shows_how_far_it_is(ours: DataSet, charlie: User, signed_in: SignIn) -> None:
    run = run_row("running", data_set=ours, epochs=4, progress=EPOCHS, fraction=0.55, seconds_left=200, log="fine")
    run.parameters = {"epochs": 4, "seeds": [1], "name": "mine", "later": "told"}
    run.save()
    client = signed_in(charlie)
    shown = ("Epoch 3 of 4.", "55 %", "about 3 minutes left", "<polyline", "Validation <strong>0.7500", ">fine</pre>")
    live = client.get(page_of(run, "live"))
    assert "no-store" in live.headers["Cache-Control"]
    for page in (client.get(page_of(run)), live):
        assert all(each in text_of(page) for each in shown)
        assert 'data-alive="yes"' in text_of(page)
        assert b"style=" not in page.content
    whole = text_of(client.get(page_of(run)))
    for told in ("Makes the model", "mine", f"/admin/recognizer/dataset/{ours.id}/change/", "32 (preset)", "Later"):
        assert told in whole
    assert "55 %" in text_of(client.get(LIST))


def test_an_ended_training_shows_what_came_of_it(
    charlie: User, signed_in: SignIn, tmp_path: Path, model: ModelVersion
) -> None:
    client = signed_in(charlie)
    done, failed = run_row("done", model_version=model), run_row("failed", error="It <diverged>.", architecture="gone")
    assert f"/admin/recognizer/modelversion/{model.id}/change/" in text_of(client.get(page_of(done)))
    page = text_of(client.get(page_of(failed, "live")))
    assert "It &lt;diverged&gt;." in page
    assert 'data-alive="no"' in page
    assert "Start again from the beginning" in page
    (run_folder(failed) / "checkpoints" / "seed-1").mkdir(parents=True)
    (run_folder(failed) / "checkpoints" / "seed-1" / "state.json").touch()
    assert "Go on from the last checkpoint" in text_of(client.get(page_of(failed)))


def test_a_waiting_training_says_for_what(charlie: User, signed_in: SignIn) -> None:
    client = signed_in(charlie)
    run = run_row("queued", by_worker=True)
    assert "Waits for the background worker, which looks every half minute." in text_of(client.get(page_of(run)))
    TrainingRun.objects.update(created_at=timezone.now() - 20 * LOST_AFTER)
    assert "Is one running?" in text_of(client.get(page_of(run)))
    other = run_row("running", architecture="guide-cnn")
    assert f"to end: {other}" in text_of(client.get(page_of(run)))


def test_cancelling_asks_first(charlie: User, signed_in: SignIn) -> None:
    run, client = run_row("running"), signed_in(charlie)
    assert 'data-dialog="training-cancel"' in text_of(client.get(page_of(run)))
    assert "ends within seconds and makes no model" in text_of(client.get(page_of(run, "cancel")))
    run.refresh_from_db()
    assert run.state == "running"
    assert "is cancelled" in text_of(client.post(page_of(run, "cancel"), follow=True))
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert "ended already" in text_of(client.post(page_of(run, "cancel"), follow=True))


def test_one_click_goes_on(ours: DataSet, charlie: User, signed_in: SignIn, handed_over: list[str]) -> None:
    client = signed_in(charlie)
    client.post(START, asked(ours))
    run = TrainingRun.objects.get()
    assert "Only a training that failed" in text_of(client.post(page_of(run, "go-on"), follow=True))
    TrainingRun.objects.update(state="lost")
    (run_folder(run) / "checkpoints" / "seed-1").mkdir(parents=True)
    (run_folder(run) / "checkpoints" / "seed-1" / "state.json").touch()
    answer = client.post(page_of(run, "go-on"))
    again = TrainingRun.objects.get(state="queued")
    assert answer.headers["Location"] == page_of(again)
    assert (again.resumes, again.started_by) == (run, charlie)
    assert handed_over == ["start", "start"]
    page = text_of(client.get(page_of(run)))
    assert "Goes on in" in page
    assert "Go on from" not in page
    assert "has this folder already" in text_of(client.post(page_of(run, "go-on"), follow=True))


def test_who_may_look_start_and_cancel(
    ours: DataSet, alice: User, make_user: Callable[..., User], signed_in: SignIn, client: Client
) -> None:
    run = run_row("running")
    pages = (LIST, START, page_of(run), page_of(run, "live"), page_of(run, "cancel"))
    looker = make_user("looker", is_staff=True)
    for page in pages:
        assert client.get(page).status_code == 302
        assert signed_in(alice).get(page, follow=True).status_code == 403
        assert signed_in(looker).get(page).status_code == 403
    looker.user_permissions.add(Permission.objects.get(codename="view_trainingrun"))
    looking = signed_in(looker)
    for page in (LIST, page_of(run), page_of(run, "live")):
        assert looking.get(page).status_code == 200
        assert b"training-cancel" not in looking.get(page).content
        assert START.encode() not in looking.get(page).content
    for page in (START, MNIST, page_of(run, "cancel"), page_of(run, "go-on")):
        assert looking.post(page, asked(ours)).status_code == 403
    looker.user_permissions.add(Permission.objects.get(codename="add_trainingrun"))
    assert signed_in(looker).post(START, asked(ours)).status_code == 302
    assert signed_in(looker).post(MNIST).status_code == 403
    run.refresh_from_db()
    assert run.state == "running"


def test_wrong_methods_and_runs_that_are_not_there(charlie: User, signed_in: SignIn) -> None:
    run, client = run_row("lost"), signed_in(charlie)
    assert client.get(page_of(run, "go-on")).status_code == 405
    assert client.get(MNIST).status_code == 405
    assert client.post(page_of(run, "live")).status_code == 405
    assert client.put(START).status_code == 405
    run.id = uuid.uuid4()
    assert client.get(page_of(run, "live")).status_code == 404
    assert client.post(page_of(run, "cancel")).status_code == 404
    assert client.post(page_of(run, "go-on")).status_code == 404


def test_starting_needs_the_forms_token(ours: DataSet, charlie: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(charlie, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.post(START, asked(ours)).status_code == 403
    assert not TrainingRun.objects.exists()


def test_the_pages_ask_little_of_the_database(
    ours: DataSet, charlie: User, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(charlie)
    runs = [run_row(state, data_set=ours, started_by=charlie) for state in ("done", "failed", "lost", "running")]
    with django_assert_max_num_queries(8):
        client.get(LIST)
    with django_assert_max_num_queries(3):
        client.get(page_of(runs[-1], "live"))
