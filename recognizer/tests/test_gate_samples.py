"""What decides: digits frozen at the first training, numbers written with them, and the held-out share of people's."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from recognizer.domain.errors import BadDataSet, GateRefuses
from recognizer.inference.number_engine import NumberEngine
from recognizer.models import Activation, DataSet, ModelVersion, Sample
from recognizer.services import gate_numbers, gate_samples
from recognizer.services.dataset_files import dataset_path
from recognizer.services.datasets import dataset_add_upload, dataset_load, dataset_register, datasets_verify
from recognizer.services.gate import gate_compare
from recognizer.services.gate_numbers import gate_freeze_after_training, gate_freeze_all, gate_numbers_freeze
from recognizer.services.gate_samples import gate_freeze
from recognizer.services.registry import model_activate, model_register
from recognizer.tests.gate_material import frozen, greys, serving, tiny
from recognizer.tests.tiny_networks import frames_that_say, number_network, save_model
from recognizer.tests.training_material import drawn
from recognizer.training.datasets import Samples, hash_split

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(gate_samples, "LEAST_FROZEN", 100)
    monkeypatch.setattr(gate_numbers, "COUNT", 6)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("MNIST_PATH", raising=False)


def digits(count: int) -> Samples:
    """Drawn digits, no two alike."""
    samples = drawn(count)
    samples.pictures[:, 0, 0], samples.pictures[:, 0, 1] = np.arange(count) % 256, np.arange(count) // 256
    return samples


def to_train_on(folder: Path, count: int = 900, name: str = "mnist.npz") -> Path:
    samples, few = digits(count), digits(10)
    x, y = samples.pictures, samples.labels
    np.savez(folder / name, x_train=x, y_train=y, x_test=few.pictures, y_test=few.labels)
    return folder / name


def registered(folder: Path, **more: Any) -> DataSet:
    return dataset_register(path=to_train_on(folder, **more), role="train", licence="free")


def test_the_sixth_that_training_holds_out_is_frozen(tmp_path: Path, charlie: User) -> None:
    row = gate_freeze(source=registered(tmp_path), added_by=charlie)
    assert (row.name, row.role, row.count, row.licence, row.added_by) == ("gate-digit", "gate", 150, "free", charlie)
    assert row.source == "the sixth of mnist's training pictures with the smallest sha256"
    whole = digits(900)
    kept = dataset_load(row).samples["test"]
    _, held = hash_split(whole, 1 / 6)
    assert np.array_equal(kept.pictures, whole.pictures[held])
    assert np.array_equal(kept.labels, whole.labels[held])


def test_frozen_samples_are_never_replaced(tmp_path: Path) -> None:
    gate_freeze(path=to_train_on(tmp_path))
    with pytest.raises(BadDataSet, match="never replaced"):
        gate_freeze(path=to_train_on(tmp_path, 1200))
    dataset_path(DataSet.objects.get()).unlink()
    gate_freeze_after_training(path=str(to_train_on(tmp_path, 1200)))
    assert DataSet.objects.get(name="gate-digit").count == 150


def test_a_set_too_small_to_tell_models_apart_freezes_nothing(tmp_path: Path) -> None:
    with pytest.raises(BadDataSet, match="would give the gate 50 samples; to tell models apart, it needs 100"):
        gate_freeze(path=to_train_on(tmp_path, 300))
    assert not DataSet.objects.exists()


def test_only_what_is_for_training_is_frozen() -> None:
    with pytest.raises(BadDataSet, match="not registered to train"):
        gate_freeze(source=frozen(name="other"))


def test_the_first_training_freezes_digits_and_numbers(tmp_path: Path) -> None:
    row = registered(tmp_path)
    gate_freeze_after_training(source=row)
    digits, numbers = DataSet.objects.filter(role="gate")
    assert (digits.name, digits.licence, numbers.name, numbers.licence) == ("gate-digit", "free", "gate-number", "free")
    gate_freeze_after_training(path=row.path)
    assert DataSet.objects.filter(role="gate").count() == 2


def test_a_training_on_something_else_goes_on_without(tmp_path: Path) -> None:
    gate_freeze_after_training(path=str(to_train_on(tmp_path, 300)))
    gate_freeze_after_training(path=str(tmp_path / "gone.npz"))
    gate_freeze_after_training()
    assert not DataSet.objects.exists()


def test_the_command_freezes_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    registered(tmp_path)
    call_command("datasets", "freeze", "mnist")
    assert "gate-digit is frozen: 150 samples" in capsys.readouterr().out
    with pytest.raises(CommandError, match="never replaced"):
        call_command("datasets", "freeze", "mnist")
    with pytest.raises(CommandError, match="no data set named nowhere"):
        call_command("datasets", "freeze", "nowhere")


def test_numbers_are_written_with_the_frozen_digits_and_verified() -> None:
    few = drawn(200)
    with pytest.raises(BadDataSet, match="Freeze the gate's digits first"):
        gate_numbers_freeze()
    frozen_drawn(few)
    row = gate_numbers_freeze()
    with (Path(row.path) / "labels.csv").open(newline="") as stream:
        texts = [line["text"] for line in csv.DictReader(stream)]
    assert len(texts) == row.count == 6
    assert sum(map(len, texts)) >= 6
    assert [each.problem for each in datasets_verify()] == [None, None]
    assert not list(Path(row.path).parent.glob(".half*"))


def frozen_drawn(samples: Samples) -> DataSet:
    stream = io.BytesIO()
    np.savez(stream, x_test=samples.pictures, y_test=samples.labels)
    return dataset_add_upload(data=stream.getvalue(), role="gate", name="gate-digit")


def test_a_renderer_that_fails_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    frozen_drawn(drawn(200))
    monkeypatch.setattr(gate_numbers, "RENDERER", "recognizer.nowhere")
    with pytest.raises(BadDataSet, match=r"cannot be written: .*No module named"):
        gate_freeze_all()
    assert DataSet.objects.count() == 1
    assert not list((tmp_path / "gate").iterdir())


@pytest.fixture
def people(make_user: Callable[..., User], settings: Any) -> Callable[..., None]:
    """Gives held-out samples, half of them borderline."""
    settings.GATE_LEAST_CORRECTIONS = 100
    settings.CORRECTIONS_PER_PERSON = 10_000  # nobody's are too many, but where a test says so

    def give(count: int, name: str, *, consent: bool = True, state: str = "used", held_out: bool = True) -> None:
        contributor = make_user(name, training_consent=consent)
        samples = greys(count, count // 2)
        Sample.objects.bulk_create(
            Sample(
                contributor=contributor,
                source="correction",
                label=int(label),
                crop=picture.tobytes(),
                sha256=f"{number:064}",
                held_out=held_out,
                state=state,
            )
            for number, (picture, label) in enumerate(zip(samples.pictures, samples.labels, strict=True))
        )

    return give


@pytest.fixture
def shifted(settings: Any, tmp_path: Path) -> ModelVersion:
    """Beside a steady model that serves, one that misreads what is borderline."""
    settings.SHIPPED_MODELS_DIR = tmp_path / "none"
    serving(tmp_path / "made")
    return tiny(tmp_path / "made", "shifted", 2, shift=-2.0)


def test_peoples_held_out_digits_decide_as_well(shifted: ModelVersion, people: Callable[..., None]) -> None:
    frozen()
    people(60, "alice")
    people(60, "bob")
    with pytest.raises(GateRefuses, match=r"Of 120 samples \(people's held-out digits\) it reads 50\.00 % right"):
        model_activate(model=shifted)
    on = gate_compare(model=shifted).figures["samples"]
    assert [each["name"] for each in on] == ["gate-digit", "people's held-out digits"]


def test_too_few_of_peoples_decide_nothing_and_it_says_so(shifted: ModelVersion, people: Callable[..., None]) -> None:
    frozen()
    people(60, "alice")
    verdict = gate_compare(model=shifted)
    assert verdict.decision == "allowed"
    assert verdict.figures["missing"] == ["People gave 60 held-out samples; from 100 on they decide as well."]


def test_one_person_cannot_decide_alone(shifted: ModelVersion, people: Callable[..., None], settings: Any) -> None:
    settings.CORRECTIONS_PER_PERSON = 500
    frozen()
    people(1000, "alice")
    verdict = gate_compare(model=shifted)
    assert verdict.decision == "allowed"
    assert verdict.figures["missing"] == ["People gave 50 held-out samples; from 100 on they decide as well."]


@pytest.mark.parametrize("but", [{"consent": False}, {"state": "dropped"}, {"state": "set_aside"}, {"held_out": False}])
def test_only_what_people_agree_to_and_nobody_doubts_decides(
    shifted: ModelVersion, people: Callable[..., None], but: dict[str, Any]
) -> None:
    frozen()
    people(120, "alice", **but)
    assert gate_compare(model=shifted).figures["missing"] == []
    assert gate_compare(model=shifted).decision == "allowed"


def test_who_withdraws_takes_part_no_more(shifted: ModelVersion, people: Callable[..., None]) -> None:
    frozen()
    people(120, "alice")
    assert gate_compare(model=shifted).decision == "refused"
    User.objects.update(training_consent=False)
    assert gate_compare(model=shifted).decision == "allowed"


def test_people_alone_cannot_let_a_model_through(shifted: ModelVersion, people: Callable[..., None]) -> None:
    people(120, "alice")
    assert gate_compare(model=shifted).decision == "refused"
    Sample.objects.filter(label__lt=9).delete()
    people(1000, "bob")
    Sample.objects.exclude(label=9).delete()
    verdict = gate_compare(model=shifted)
    assert verdict.decision == "not_compared"
    assert "No samples are frozen yet." in verdict.sentence


@pytest.fixture
def number_folder(tmp_path: Path, number_png: Callable[[str], bytes]) -> DataSet:
    """Forty pictures of the number 12."""
    folder = tmp_path / "twelves"
    folder.mkdir()
    lines = ["file,text"]
    for each in range(40):
        (folder / f"{each}.png").write_bytes(number_png("12"))
        lines.append(f"{each}.png,12")
    (folder / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    return dataset_register(path=folder, role="gate", name="gate-number")


def says(monkeypatch: pytest.MonkeyPatch, texts: dict[str, str]) -> None:
    """Which text each line network sees, by its name."""
    monkeypatch.setattr(
        NumberEngine, "frames", lambda engine, strip: frames_that_say(texts[engine.card.name], strip.shape[1], 0.99)
    )


@pytest.mark.parametrize(("sees", "decision"), [("12", "allowed"), ("512", "refused")])
def test_line_networks_are_compared_on_whole_numbers(
    sees: str,
    decision: str,
    number_model: ModelVersion,
    number_folder: DataSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    candidate = model_register(directory=save_model(tmp_path / "number-10", "number", number_network(), version=10))
    says(monkeypatch, {"number-9": "12", "number-10": sees})
    verdict = gate_compare(model=candidate)
    assert verdict.decision == decision
    (on,) = verdict.figures["samples"]
    assert (on["n"], on["serving"], on["candidate"], on["digits"]) == (40, 1.0, float(decision == "allowed"), [])
    assert verdict.figures["ms"]["unit"] == "number"


def test_numbers_that_changed_compare_nothing(
    number_model: ModelVersion, number_folder: DataSet, tmp_path: Path
) -> None:
    (Path(number_folder.path) / "7.png").write_bytes(b"?")
    candidate = model_register(directory=save_model(tmp_path / "number-10", "number", number_network(), version=10))
    model_activate(model=candidate)
    newest = Activation.objects.first()
    assert newest is not None
    assert newest.decision == "not_compared"
    assert "It has changed since it was registered." in newest.outcome["sentences"][1]
