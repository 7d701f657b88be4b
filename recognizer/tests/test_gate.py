"""The gate decides: better and as good pass, worse beyond doubt, uncalibrated and slow don't."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from recognizer.domain.errors import BadRequest, CannotActivate, GateRefuses
from recognizer.models import Activation, GateMeasurement, ModelVersion
from recognizer.services import gate
from recognizer.services.dataset_files import dataset_path
from recognizer.services.gate import gate_compare, gate_compare_known, gate_measure_missing
from recognizer.services.model_files import model_directory
from recognizer.services.registry import activated_sentence, model_activate, model_rollback
from recognizer.services.serving import engines_forget
from recognizer.tests.gate_material import frozen, serving, tiny

pytestmark = pytest.mark.django_db


@pytest.fixture
def steady(settings: Any, tmp_path: Path) -> ModelVersion:
    settings.SHIPPED_MODELS_DIR = tmp_path / "none"
    return serving(tmp_path / "made")


@pytest.fixture
def worse(steady: ModelVersion, tmp_path: Path) -> ModelVersion:
    """Misreads what is borderline."""
    return tiny(tmp_path / "made", "shifted", 2, shift=-2.0)


@pytest.fixture
def alike(steady: ModelVersion, tmp_path: Path) -> ModelVersion:
    """Other weights, the same answers."""
    return tiny(tmp_path / "made", "alike", 3, shift=0.5)


def newest() -> Activation:
    row = Activation.objects.first()
    assert row is not None
    return row


def serves() -> str:
    return ModelVersion.objects.get(state="active").name


def test_a_model_that_reads_as_well_is_activated_and_the_figures_are_kept(alike: ModelVersion, alice: User) -> None:
    frozen(borderline=5)
    model_activate(model=alike, by=alice)
    assert serves() == "alike"
    row = newest()
    assert (row.decision, row.by, row.model_name, row.previous_name, row.reason) == (
        ("allowed", alice, "alike", "steady", "")
    )
    (on,) = row.outcome["samples"]
    assert (on["name"], on["n"], on["candidate"], on["serving"]) == ("gate-digit", 1000, 1.0, 1.0)
    assert len(on["digits"]) == 10
    assert row.outcome["ms"]["candidate"] > 0
    assert activated_sentence(alike) == "The model alike is active now."


def test_a_model_worse_beyond_doubt_is_refused_with_the_figures(worse: ModelVersion) -> None:
    frozen(borderline=40)
    with pytest.raises(GateRefuses, match=r"reads 96\.00 % right, steady 100\.00 %: 4\.00 points fewer") as caught:
        model_activate(model=worse)
    assert caught.value.status == 409
    assert "say why" in str(caught.value)
    assert serves() == "steady"
    assert not Activation.objects.filter(model_name="shifted").exists()


def test_a_few_more_mistakes_are_no_reason_to_refuse(worse: ModelVersion) -> None:
    frozen(borderline=3)
    model_activate(model=worse)
    assert newest().decision == "allowed"
    assert newest().outcome["samples"][0]["lost"] == 3


def test_the_digits_that_got_worse_are_told(worse: ModelVersion) -> None:
    frozen(borderline=400)
    (on,) = gate_compare(model=worse).figures["samples"]
    assert [digit["digit"] for digit in on["digits"] if digit["worse"]] == list(range(9))


def test_a_refused_model_is_activated_with_a_reason_that_is_kept(worse: ModelVersion, alice: User) -> None:
    frozen(borderline=40)
    model_activate(model=worse, by=alice, reason="  We  need its speed. ")
    assert serves() == "shifted"
    assert (newest().decision, newest().reason) == ("overridden", "We need its speed.")
    assert newest().outcome["decision"] == "refused"
    assert "is refused" in activated_sentence(worse)


@pytest.mark.parametrize(("reason", "error"), [("   ", GateRefuses), ("x" * 501, BadRequest)])
def test_an_empty_or_endless_reason_is_none(worse: ModelVersion, reason: str, error: type[Exception]) -> None:
    frozen(borderline=40)
    with pytest.raises(error):
        model_activate(model=worse, reason=reason)
    assert serves() == "steady"


def test_a_model_whose_confidence_means_nothing_is_refused(steady: ModelVersion, tmp_path: Path) -> None:
    frozen()
    modest = tiny(tmp_path / "made", "modest", 2, calibration={"temperature": 9.0})
    with pytest.raises(GateRefuses, match="does not mean what it says: the expected calibration error is"):
        model_activate(model=modest)


def test_a_model_slower_than_the_limit_is_refused(
    alike: ModelVersion, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    frozen()
    monkeypatch.setattr(gate, "speeds", lambda calls: [3.0, 0.5])
    with pytest.raises(GateRefuses, match=r"takes 3\.00 ms a digit, steady 0\.50; the limit is 2\.00"):
        model_activate(model=alike)
    settings.GATE_QUICK_MS = 3.0
    model_activate(model=alike)


def test_without_samples_it_says_so_and_activates(worse: ModelVersion) -> None:
    model_activate(model=worse)
    assert newest().decision == "not_compared"
    assert activated_sentence(worse).endswith("The two can’t be compared. No samples are frozen yet.")


def test_frozen_samples_that_changed_or_vanished_compare_nothing(worse: ModelVersion) -> None:
    row = frozen(borderline=40)
    dataset_path(row).write_bytes(b"half")
    verdict = gate_compare(model=worse)
    assert verdict.decision == "not_compared"
    assert "The set gate-digit cannot be used: The data set is no .npz file, or is damaged." in verdict.sentence
    dataset_path(row).unlink()
    assert "There is no data set at" in gate_compare(model=worse).sentence


def test_the_first_model_has_nothing_to_be_compared_with(steady: ModelVersion) -> None:
    assert newest().decision == "not_compared"
    assert "No digit model serves" in newest().outcome["sentences"][1]
    assert newest().previous is None


def test_a_serving_model_without_files_does_not_keep_another_from_serving(
    steady: ModelVersion, alike: ModelVersion
) -> None:
    frozen()
    (model_directory("steady") / "model.tflite").unlink()
    model_activate(model=alike)
    assert newest().decision == "not_compared"
    assert "What serves cannot be measured. The model steady lacks its network" in newest().outcome["sentences"][1]


def test_what_was_measured_is_not_measured_again(alike: ModelVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    from recognizer.services import gate_samples

    frozen()
    assert gate_compare_known(model=alike) is None
    assert gate_measure_missing() == 2
    assert gate_measure_missing() == 0
    asked: list[int] = []
    own = gate_samples._digits_of

    def listening(engine: Any, pictures: Any) -> Any:
        asked.append(len(pictures))
        return own(engine, pictures)

    monkeypatch.setattr(gate_samples, "_digits_of", listening)
    known = gate_compare_known(model=alike)
    assert known is not None
    assert set(asked) == {1}  # the timing's
    assert known.figures["samples"] == gate_compare(model=alike).figures["samples"]
    assert GateMeasurement.objects.count() == 2


def test_other_samples_are_measured_anew(alike: ModelVersion) -> None:
    row = frozen()
    gate_measure_missing()
    row.delete()
    frozen(borderline=7)
    assert gate_compare_known(model=alike) is None


def test_rolling_back_never_asks_the_gate(
    worse: ModelVersion, alice: User, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    model_activate(model=worse)
    frozen(borderline=40)
    monkeypatch.setattr("recognizer.services.registry.gate_compare", lambda **_: pytest.fail("the gate was asked"))
    model_rollback(kind="digit", by=alice)
    model_rollback(kind="digit", by=alice)
    assert serves() == "shifted"
    assert (newest().decision, newest().by, newest().previous_name) == ("rolled_back", alice, "steady")
    assert Activation.objects.filter(decision="rolled_back").count() == 2


def test_what_served_when_comparing_must_still_serve(
    alike: ModelVersion, worse: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = gate.gate_compare

    def meanwhile(*, model: ModelVersion) -> gate.Verdict:
        verdict = own(model=model)
        monkeypatch.undo()
        model_activate(model=worse)
        return verdict

    monkeypatch.setattr("recognizer.services.registry.gate_compare", meanwhile)
    with pytest.raises(CannotActivate, match="Somebody else changed"):
        model_activate(model=alike)
    assert serves() == "shifted"


def test_the_record_outlives_models_and_people(alike: ModelVersion, steady: ModelVersion, make_user: Any) -> None:
    somebody = make_user("somebody")
    model_activate(model=alike, by=somebody)
    somebody.delete()
    ModelVersion.objects.all().delete()
    engines_forget()
    assert (newest().model_name, newest().previous_name, newest().by, newest().model) == ("alike", "steady", None, None)
