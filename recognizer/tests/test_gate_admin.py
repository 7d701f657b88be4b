"""Staff compare a model with the one that serves, activate it, override with a reason, roll back with one click."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from recognizer.models import Activation, DataSet, ModelVersion
from recognizer.services import gate_numbers, gate_samples
from recognizer.services.gate import gate_measure_missing
from recognizer.services.model_files import model_directory
from recognizer.services.registry import model_activate
from recognizer.tasks import measure_soon
from recognizer.tests.gate_material import frozen, serving, tiny
from recognizer.tests.test_gate_samples import registered

SignIn = Callable[[User], Client]
Page = Callable[[ModelVersion], str]


@pytest.fixture
def steady(db: None, settings: Any, tmp_path: Path) -> ModelVersion:
    settings.SHIPPED_MODELS_DIR = tmp_path / "none"
    return serving(tmp_path / "made")


@pytest.fixture
def worse(steady: ModelVersion, tmp_path: Path) -> ModelVersion:
    return tiny(tmp_path / "made", "shifted", 2, shift=-2.0)


@pytest.fixture
def staff(charlie: User, signed_in: SignIn) -> Client:
    return signed_in(charlie)


def page_of(model: ModelVersion) -> str:
    return f"/admin/recognizer/modelversion/{model.pk}/activate/"


def states() -> dict[str, str]:
    return dict(ModelVersion.objects.values_list("name", "state"))


def test_the_page_shows_both_models_side_by_side(worse: ModelVersion, staff: Client) -> None:
    frozen(borderline=3)
    gate_measure_missing()
    answer = staff.get(page_of(worse))
    page = answer.content.decode()
    assert answer.status_code == 200
    for shown in ("Nothing speaks against it.", "1,000 samples", "99.70 %", "100.00 %", "0.30 points", "as good"):
        assert shown in page
    assert "No digit got worse beyond doubt." in page
    assert "Activate shifted" in page
    assert "style=" not in page
    change = staff.get(f"/admin/recognizer/modelversion/{worse.pk}/change/").content.decode()
    assert page_of(worse) in change


def test_one_click_activates_and_says_who(worse: ModelVersion, staff: Client, charlie: User) -> None:
    frozen()
    answer = staff.post(page_of(worse), {"do": "activate"}, follow=True)
    assert b"The model shifted is active now." in answer.content
    assert states() == {"steady": "previous", "shifted": "active"}
    assert Activation.objects.filter(by=charlie, decision="allowed", model_name="shifted").exists()


def test_a_refused_model_wants_a_reason(worse: ModelVersion, staff: Client, charlie: User) -> None:
    frozen(borderline=400)
    gate_measure_missing()
    page = staff.get(page_of(worse)).content.decode()
    assert "shifted is refused." in page
    assert "Worse beyond doubt:" in page
    assert "Activate all the same" in page
    for reason in ("", "   "):
        answer = staff.post(page_of(worse), {"do": "activate", "reason": reason})
        assert answer.status_code == 409
        assert "say why" in answer.content.decode()
    assert staff.post(page_of(worse), {"do": "activate", "reason": "x" * 501}).status_code == 400
    assert states()["shifted"] == "candidate"
    answer = staff.post(page_of(worse), {"do": "activate", "reason": "A trial for <b>today</b>."}, follow=True)
    assert states()["shifted"] == "active"
    row = Activation.objects.get(decision="overridden")
    assert (row.by, row.reason) == (charlie, "A trial for <b>today</b>.")
    record = staff.get(f"/admin/recognizer/activation/{row.pk}/change/").content.decode()
    for kept in ("A trial for &lt;b&gt;today&lt;/b&gt;.", "shifted is refused.", "40.00 points"):
        assert kept in record


def test_what_was_not_measured_is_measured_in_the_background(
    worse: ModelVersion, staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen()
    assert "Measure now" in staff.get(page_of(worse)).content.decode()
    asked: list[bool] = []
    monkeypatch.setattr("recognizer.admin.model_activation.measure_soon", lambda: asked.append(True))
    answer = staff.post(page_of(worse), {"do": "measure"}, follow=True)
    assert asked == [True]
    assert "are being measured" in answer.content.decode()
    assert answer.headers["Refresh"] == "5"
    measure_soon.call_local()
    answer = staff.get(f"{page_of(worse)}?measuring=1")
    assert "Refresh" not in answer.headers
    assert "Nothing speaks against it." in answer.content.decode()


def test_where_nothing_is_frozen_staff_freeze_with_one_click(
    worse: ModelVersion, staff: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(gate_samples, "LEAST_FROZEN", 100)
    monkeypatch.setattr(gate_numbers, "COUNT", 2)
    source = registered(tmp_path)
    page = staff.get(page_of(worse)).content.decode()
    assert "be compared." in page
    assert "Freeze the held-out sixth of" in page
    answer = staff.post(page_of(worse), {"do": "freeze", "source": str(source.pk)}, follow=True)
    assert b"gate-digit is frozen: 150 samples." in answer.content
    assert staff.post(page_of(worse), {"do": "freeze", "source": str(source.pk)}).status_code == 422
    assert DataSet.objects.filter(role="gate").count() == 2


def test_a_damaged_candidate_and_one_that_serves_are_said_so(
    worse: ModelVersion, steady: ModelVersion, staff: Client
) -> None:
    assert "steady reads now" in staff.get(page_of(steady)).content.decode()
    (model_directory("shifted") / "model.tflite").write_bytes(b"half")
    page = staff.get(page_of(worse)).content.decode()
    assert "sha256 differs" in page
    assert "Activate" not in page.split("gate-verdict")[1]
    assert staff.post(page_of(worse), {"do": "activate"}).status_code == 422


def test_one_click_rolls_back(worse: ModelVersion, steady: ModelVersion, staff: Client, charlie: User) -> None:
    address = "/admin/recognizer/modelversion/roll-back/digit/"
    change = f"/admin/recognizer/modelversion/{steady.pk}/change/"
    assert address not in staff.get(change).content.decode()
    assert b"There is no previous digit model" in staff.post(address, follow=True).content
    model_activate(model=worse)
    assert address in staff.get(f"/admin/recognizer/modelversion/{worse.pk}/change/").content.decode()
    assert b"The model steady is active again." in staff.post(address, follow=True).content
    assert states() == {"steady": "active", "shifted": "previous"}
    assert Activation.objects.filter(decision="rolled_back", by=charlie).exists()
    assert staff.get(address).status_code == 405


def test_the_list_leads_to_the_reasons_where_the_gate_refuses(worse: ModelVersion, staff: Client) -> None:
    frozen(borderline=40)
    fields = {"action": "activate", "_selected_action": [str(worse.pk)]}
    answer = staff.post("/admin/recognizer/modelversion/", fields, follow=True)
    assert answer.redirect_chain[-1][0] == page_of(worse)
    assert "4.00 points fewer" in answer.content.decode()
    assert states()["shifted"] == "candidate"


def test_only_whoever_may_change_models_gets_there(
    worse: ModelVersion, client: Client, alice: User, make_user: Callable[..., User], signed_in: SignIn
) -> None:
    looker = make_user("looker", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_modelversion"))
    addresses = (page_of(worse), "/admin/recognizer/modelversion/roll-back/digit/")
    for address in addresses:
        assert client.post(address).status_code == 302
        assert signed_in(looker).post(address, {"do": "activate"}).status_code == 403
        assert signed_in(alice).post(address, {"do": "activate"}).status_code in (302, 403)
    assert states()["shifted"] == "candidate"
    assert (
        page_of(worse)
        not in signed_in(looker).get(f"/admin/recognizer/modelversion/{worse.pk}/change/").content.decode()
    )


def test_unknown_models_and_wrong_methods_are_answered_so(steady: ModelVersion, staff: Client) -> None:
    assert staff.get("/admin/recognizer/modelversion/00000000-0000-0000-0000-000000000000/activate/").status_code == 404
    assert staff.put(page_of(steady)).status_code == 405
    assert (
        b"There is no previous planet model"
        in staff.post("/admin/recognizer/modelversion/roll-back/planet/", follow=True).content
    )


def test_past_activations_are_read_only(worse: ModelVersion, staff: Client) -> None:
    row = Activation.objects.get()
    assert staff.get("/admin/recognizer/activation/?q=steady").status_code == 200
    assert staff.post(f"/admin/recognizer/activation/{row.pk}/change/", {"reason": "?"}).status_code == 403
    assert staff.post(f"/admin/recognizer/activation/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert staff.get("/admin/recognizer/activation/add/").status_code == 403


def test_the_command_asks_the_gate_too(worse: ModelVersion, capsys: pytest.CaptureFixture[str]) -> None:
    frozen(borderline=40)
    with pytest.raises(CommandError, match="4\\.00 points fewer"):
        call_command("models", "activate", "shifted")
    call_command("models", "activate", "shifted", "--reason", "A trial.")
    assert "The model shifted is active now. shifted is refused." in capsys.readouterr().out
    assert Activation.objects.get(decision="overridden").by is None
