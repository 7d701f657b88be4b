"""The page of a model's report: whole, in part, broken or absent, and its files, each for whom it is meant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from recognizer.models import ModelVersion
from recognizer.services.model_files import model_directory
from recognizer.tests.report_files import tiny_digit_model, write_report

SignIn = Callable[[User], Client]
SPRITE: dict[str, Any] = {"on": "x", "across": 10, "width": 28, "height": 28, "items": [], "file": "x"}


@pytest.fixture
def tiny(model: ModelVersion, tmp_path: Path) -> ModelVersion:
    return tiny_digit_model(tmp_path)


@pytest.fixture
def staff(charlie: User, signed_in: SignIn) -> Client:
    return signed_in(charlie)


def page_of(model: ModelVersion) -> str:
    return f"/admin/recognizer/modelversion/{model.id}/report/"


def file_of(model: ModelVersion, name: str, source: str = "training") -> str:
    return f"{page_of(model)}{source}/{name}"


def shown(client: Client, model: ModelVersion, query: str = "") -> str:
    answer = client.get(page_of(model) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def refused(client: Client, address: str) -> None:
    """No such address; where its form makes the admin look elsewhere first, nothing is given there either."""
    assert client.get(address).status_code != 200
    assert "Content-Disposition" not in client.get(address, follow=True).headers


def test_a_whole_report_shows_every_part_and_on_what_data(staff: Client, tiny: ModelVersion) -> None:
    write_report(tiny)
    page = shown(staff, tiny)
    for title in (
        "Learning curves: loss",
        "Learning curves: accuracy",
        "Cross-validation",
        "What is taken for what",
        "Digit by digit",
        "Pairs that are confused",
        "Is the confidence honest?",
        "Risk against coverage",
        "The worst mistakes",
        "Samples",
        "Layers",
    ):
        assert title in page
    assert page.count("drawn digits: its 200 test pictures") >= 10
    assert "3 folds: 93.00 % right on average, standard deviation 3.60 %" in page
    assert "written 0, read 1, 99.0 %" in page
    assert page.count('viewBox="0 0 28 28"') == 2
    assert "(any, 10)" in page
    assert "Not known here" not in page
    assert "style=" not in page
    assert "<script>" not in page


def test_the_page_is_linked_from_the_models_own(staff: Client, tiny: ModelVersion) -> None:
    page = staff.get(f"/admin/recognizer/modelversion/{tiny.id}/change/").content.decode()
    assert page_of(tiny) in page


def test_the_files_beside_the_model_can_be_downloaded(staff: Client, tiny: ModelVersion) -> None:
    write_report(tiny)
    page = shown(staff, tiny)
    for name, kind in (("worst-mistakes.png", "image/png"), ("report.json", "application/json")):
        assert file_of(tiny, name) in page
        answer = staff.get(file_of(tiny, name))
        assert answer.headers["Content-Type"] == kind
        assert answer.content == (model_directory("tiny") / name).read_bytes()
    assert "attachment" in staff.get(file_of(tiny, "report.json")).headers["Content-Disposition"]


@pytest.mark.parametrize("name", ["model.tflite", "card.json", "..%2Fcard.json", "%2Fetc%2Fpasswd", "none.png", "a b"])
def test_no_other_file_can_be_had(staff: Client, tiny: ModelVersion, name: str) -> None:
    write_report(tiny)
    refused(staff, file_of(tiny, name))


def test_a_report_that_names_files_elsewhere_or_links_gives_none_of_them(staff: Client, tiny: ModelVersion) -> None:
    folder = model_directory("tiny")
    (folder / "link.png").symlink_to("/etc/hostname")
    (folder.parent / "outside.png").write_bytes(b"secret")
    names = ["../outside.png", "link.png", "/etc/hostname", "model.tflite", 7, None, ["x"]]
    write_report(tiny, files=names)
    page = shown(staff, tiny)
    assert "outside.png" not in page
    for name in ("..%2Foutside.png", "../outside.png", "link.png", "model.tflite"):
        refused(staff, file_of(tiny, name))


def test_a_model_without_a_report_shows_what_its_card_knows(staff: Client, model: ModelVersion) -> None:
    page = shown(staff, model)
    assert "There is no report of this model on this machine." in page
    assert "To measure it, register a data set first" in page
    assert "99.63 %" in page
    assert model.sha256 in page
    assert 'id="confusion"' in page
    assert "4 and 9" in page
    assert "The least confidence from which at most 0.5%" in page
    assert page.count("by its own training") == 4
    missing = "learning curves: loss, learning curves: accuracy, is the confidence honest?, the worst mistakes, samples"
    assert f"Not known here: {missing}, layers." in page
    assert staff.get(file_of(model, "report.json")).status_code == 404


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'{"format": 1, "sha2', "is not valid JSON"),
        (b"", "is not valid JSON"),
        (b"[]", "must hold one JSON object"),
        (b'{"format": NaN}', "is not valid JSON"),
        (b'{"format": 2}', "has the format 2"),
        (b'{"format": 1, "sha256": "0"}', "about another network"),
    ],
)
def test_a_broken_report_is_named_as_such(staff: Client, tiny: ModelVersion, content: bytes, sentence: str) -> None:
    (model_directory("tiny") / "report.json").write_bytes(content)
    page = shown(staff, tiny)
    assert sentence in page
    assert tiny.sha256 in page


@pytest.mark.parametrize(
    "card",
    [
        {"metrics": {"test": []}},
        {"metrics": {"test": {"n": "ten", "confusion": [[1]]}}},
        {"metrics": {"validation": {"n": 1, "confusion": [["a"] * 10] * 10}}, "data": {"source": 3}},
        {"risk_coverage": {"points": 1}},
        {"risk_coverage": [{"threshold": "high"}]},
        {"data": "all", "preset": 7, "seeds": {"a": 1}, "libraries": [1], "code": []},
    ],
)
def test_a_strange_card_breaks_nothing(
    staff: Client, model: ModelVersion, tmp_path: Path, card: dict[str, Any]
) -> None:
    tiny = tiny_digit_model(tmp_path, **card)
    assert tiny.sha256 in shown(staff, tiny)


@pytest.mark.parametrize(
    "part",
    [
        {"curves": {"on": "x", "seeds": [{"seed": 1, "history": [{"loss": "much"}]}]}},
        {"curves": []},
        {"curves": {"on": "x", "seeds": [{"seed": 1, "history": [{"accuracy": 1e308}, {"accuracy": -1e308}]}]}},
        {"measured": {"confusion": [[1]]}},
        {"measured": "half"},
        {"folds": {"on": "x", "quartiles": [1], "folds": []}},
        {"reliability": [{"name": "x"}]},
        {"risk_coverage": {"on": "x", "points": [], "threshold": {}}},
        {
            "mistakes": {
                "on": "x",
                "across": 0,
                "width": 28,
                "height": 28,
                "items": [{"written": 1, "read": 2, "confidence": 0.5}],
                "file": "x",
            }
        },
        {"samples": {**SPRITE, "file": "../../x.png"}},
        {"samples": {"on": "x", "across": 10, "items": []}},
        {"summary": [{"layer": 1}]},
    ],
)
def test_a_part_that_is_not_as_it_should_be_leaves_the_others_whole(
    staff: Client, tiny: ModelVersion, part: dict[str, Any]
) -> None:
    write_report(tiny, **part)
    page = shown(staff, tiny)
    assert "can’t be shown" in page or "not beside the report" in page
    assert page.count("report-plot") + page.count("<table") > 3


def test_parts_that_were_not_measured_are_named(staff: Client, tiny: ModelVersion) -> None:
    write_report(tiny, curves=None, summary=None, folds=None)
    assert "Not known here: learning curves: loss, learning curves: accuracy, layers." in shown(staff, tiny)


def test_hostile_words_are_shown_as_words(staff: Client, model: ModelVersion, tmp_path: Path) -> None:
    bad = "<script>alert(1)</script>"
    tiny = tiny_digit_model(tmp_path, data={"source": bad}, preset={bad: bad}, libraries=bad, seeds={"a": [bad]})
    write_report(tiny, summary=[{"layer": bad, "type": bad, "shape": [1], "parameters": 1}], code=bad)
    page = shown(staff, tiny)
    assert bad not in page
    assert "&lt;script&gt;" in page


def test_the_claim_of_a_classic_network_stands_beside_what_was_measured(
    staff: Client, model: ModelVersion, tmp_path: Path
) -> None:
    metrics = {"test": {"accuracy": 0.9306}}
    card = {"architecture": "report-cnn", "metrics": metrics, "preset": {"epochs": 2}, "data": {"train": 8333}}
    classic = tiny_digit_model(tmp_path, **card)
    page = shown(staff, classic)
    assert "98.6 % (98.51 % measured anew)" in page
    assert "93.06 % (2 epochs, 8,333 pictures to train on)" in page
    assert "Claimed" not in shown(staff, model)


def test_who_may_see_a_report(
    tiny: ModelVersion, alice: User, make_user: Callable[..., User], signed_in: SignIn, client: Client
) -> None:
    write_report(tiny)
    addresses = (page_of(tiny), file_of(tiny, "samples.png"))
    for address in addresses:
        assert client.get(address).status_code == 302
        assert signed_in(alice).get(address, follow=True).status_code == 403
    looker = make_user("looker", is_staff=True)
    assert all(signed_in(looker).get(address).status_code == 403 for address in addresses)
    looker.user_permissions.add(Permission.objects.get(codename="view_modelversion"))
    looking = signed_in(looker)
    assert all(looking.get(address).status_code == 200 for address in addresses)
    assert all(looking.post(address).status_code == 405 for address in addresses)
    gone = page_of(tiny).replace(str(tiny.id), "00000000-0000-4000-8000-000000000000")
    assert looking.get(gone).status_code == 404
    assert looking.get(file_of(tiny, "samples.png", source="elsewhere")).status_code == 404
