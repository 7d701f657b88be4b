"""The samples that decide an activation: digits frozen at the first training, and the held-out share of people's."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from accounts.models import User
from recognizer.domain.errors import BadDataSet
from recognizer.domain.phrases import phrase, phrases
from recognizer.inference.calibration import confidence_and_correct
from recognizer.inference.engine import DigitEngine
from recognizer.models import DataSet
from recognizer.selectors import samples_usable
from recognizer.services.datasets import MOST_UPLOADED_BYTES, dataset_add_upload, dataset_load
from recognizer.services.sample_selection import samples_within_cap
from recognizer.services.serving import Engine
from recognizer.training.datasets import SIDE, Samples, find_mnist, hash_split, load_data_set, require_every_digit

FROZEN = "gate-digit"
"""The name of the set that is frozen at the first training."""
SHARE = 1 / 6
"""Of the training pictures, those with the smallest sha256: what every training holds out, 10,000 of MNIST's."""
LEAST_FROZEN = 1000
"""Fewer samples could not tell models apart that differ by less than two points."""
PEOPLE = "people"
BATCH = 512
BLANK = np.zeros((1, SIDE, SIDE), np.uint8)


Answers = tuple[NDArray[np.floating], NDArray[np.bool_]]
"""How sure a model is of each sample, and whether it reads it right, both of shape (n,)."""


@dataclass(frozen=True, slots=True)
class GateSamples:
    """Samples to compare models on. ``key`` stays the same while ``sha256``, of all that decides, may change.

    ``labels``, of shape (n,), where each sample is one digit. ``judges_calibration``: whether there are enough, drawn
    alike, to hold a model's confidence against. ``ask`` gives the answers of a model's engine.
    """

    key: str
    name: str
    sha256: str
    count: int
    ask: Callable[[Engine], Answers]
    labels: NDArray[np.int64] | None = None
    judges_calibration: bool = False


@dataclass(frozen=True, slots=True)
class Gate:
    """What there is to compare on, what is timed (``unit`` says of what), and sentences about what is missing."""

    samples: list[GateSamples]
    missing: list[str]
    timed: Callable[[Engine], object]
    unit: str


def gate_freeze(*, source: DataSet | None = None, path: Path | None = None, added_by: User | None = None) -> DataSet:
    """Keep the held-out share of a set's training pictures as ``gate-digit``, for good.

    The set is a registered one, or an ``.npz``; without either, MNIST. Raises BadDataSet where there is a frozen set
    already, the given one is not for training, gone or changed, or its share is too small to decide anything.
    """
    if DataSet.objects.filter(name=FROZEN).exists():
        raise BadDataSet(phrase("The gate's samples are frozen already; they are never replaced."))
    if source is not None:
        if source.role != DataSet.Role.TRAIN:
            raise BadDataSet(
                phrase("{name} is not registered to train; the gate holds out training pictures.", name=source.name)
            )
        name, train = source.name, dataset_load(source, most_bytes=MOST_UPLOADED_BYTES).samples["train"]
    else:
        place = find_mnist(path)
        name, train = place.stem, load_data_set(place).train
    _, held = hash_split(train, SHARE)
    frozen = train.take(held)
    if len(frozen) < LEAST_FROZEN:
        raise BadDataSet(
            phrase(
                "{name} would give the gate {count:,} samples; to tell models apart, it needs {least_frozen:,}.",
                name=name,
                count=len(frozen),
                least_frozen=LEAST_FROZEN,
            )
        )
    require_every_digit(frozen, "test", LEAST_FROZEN)
    return dataset_add_upload(
        data=_packed(frozen),
        role=DataSet.Role.GATE,
        name=FROZEN,
        source=f"the sixth of {name}'s training pictures with the smallest sha256"[:200],
        licence=source.licence if source else "",
        added_by=added_by,
    )


def gate_digits() -> Gate:
    """Every ``.npz`` with the role ``gate``, and people's held-out samples where there are enough of them."""
    found, missing = sets_of(DataSet.Format.NPZ, _of_set)
    people, count = _of_people()
    if people is not None:
        found.append(people)
    elif count:
        missing.append(
            phrases(
                "People gave {n} held-out sample; from {least} on they decide as well.",
                "People gave {n} held-out samples; from {least} on they decide as well.",
                count,
                least=settings.GATE_LEAST_CORRECTIONS,
            )
        )
    return Gate(found, missing, lambda engine: _digits_of(engine, BLANK), "digit")


def sets_of(form: str, load: Callable[[DataSet], GateSamples]) -> tuple[list[GateSamples], list[str]]:
    """The sets of this form with the role ``gate`` that can be used, and why others cannot."""
    found: list[GateSamples] = []
    missing: list[str] = []
    for row in DataSet.objects.filter(role=DataSet.Role.GATE, format=form):
        try:
            found.append(load(row))
        except BadDataSet as error:
            missing.append(phrase("The set {name} cannot be used: {error}", name=row.name, error=error))
    if not found and not missing:
        missing.append(phrase("No samples are frozen yet."))
    return found, missing


def _of_set(row: DataSet) -> GateSamples:
    """Raises BadDataSet where the file is gone or changed."""
    samples = dataset_load(row, most_bytes=MOST_UPLOADED_BYTES).samples["test"]
    return _of_samples(samples, set_key(row), row.name, judges_calibration=len(samples) >= LEAST_FROZEN)


def set_key(row: DataSet) -> str:
    return f"set {row.id}"


def _of_people() -> tuple[GateSamples | None, int]:
    """Those in use, of people who agree to it now, nobody's too many, in the order of their hashes; and how many."""
    rows = samples_usable().filter(held_out=True)
    # A tenth is held out, so a tenth of what may be trained on of one person.
    ids = samples_within_cap(rows=rows, allowed=settings.CORRECTIONS_PER_PERSON // 10)
    if len(ids) < settings.GATE_LEAST_CORRECTIONS:
        return None, len(ids)
    chosen = list(rows.filter(id__in=ids).order_by("sha256", "label", "id").values_list("label", "crop"))
    pictures = np.frombuffer(b"".join(bytes(crop) for _, crop in chosen), np.uint8).reshape(-1, SIDE, SIDE)
    samples = Samples(pictures, np.array([label for label, _ in chosen], np.int64))
    return _of_samples(samples, PEOPLE, phrase("people's held-out digits")), len(chosen)


def _of_samples(samples: Samples, key: str, name: str, *, judges_calibration: bool = False) -> GateSamples:
    def ask(engine: Engine) -> Answers:
        starts = range(0, len(samples), BATCH)
        table = np.concatenate([_digits_of(engine, samples.pictures[at : at + BATCH]) for at in starts])
        return confidence_and_correct(table, samples.labels)

    digest = hashlib.sha256(samples.pictures.tobytes() + samples.labels.tobytes()).hexdigest()
    return GateSamples(key, name, digest, len(samples), ask, samples.labels, judges_calibration)


def _digits_of(engine: Engine, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    assert isinstance(engine, DigitEngine)
    return engine.probabilities(pictures)


def _packed(samples: Samples) -> bytes:
    """An ``.npz`` as a registered set to test on has it; the same samples give the same bytes."""
    stream = io.BytesIO()
    labels: NDArray[np.uint8] = samples.labels.astype(np.uint8)
    np.savez(stream, x_test=samples.pictures, y_test=labels)
    return stream.getvalue()
