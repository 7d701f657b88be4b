"""What a data set looks like: samples of each digit, the mean picture, what it shares with sets of other roles."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from django.core.cache import cache
from numpy.typing import NDArray

from recognizer.domain.errors import BadDataSet
from recognizer.domain.phrases import phrase
from recognizer.models import DataSet
from recognizer.services.datasets import dataset_load
from recognizer.services.serving import models_serving
from recognizer.training.datasets import CLASSES, SIDE, Samples

ACROSS, DOWN = 20, 5
"""A hundred samples of a digit are shown, in one picture."""
MOST_BYTES = 256 * 2**20
"""Sets that unpack to more than this aren't looked at: it happens in the process that serves pages."""
MOST_OTHERS = 10
MOST_ASKED = 2000
"""As many samples are shown to the serving model, about half a second of it."""
MOST_SUSPECTS = 30
KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Shared:
    """How many of a set's samples another set, of another role, has as well; None: that could not be found out."""

    name: str
    role: str
    count: int | None


@dataclass(frozen=True, slots=True)
class Suspect:
    """A sample that the serving model is sure is something else; its picture as PNG."""

    png: bytes
    label: int
    read_as: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Suspects:
    """The surest of them, how many there are, and how many samples were asked about."""

    shown: list[Suspect]
    found: int
    asked: int


def dataset_sprite(row: DataSet, which: str) -> bytes:
    """A PNG: a hundred samples of a digit ("0" to "9"), or the mean of all ("mean").

    Raises BadDataSet where the set is gone, has changed or is too large, KeyError for another word.
    """
    return _sprites(row)[which]


def _sprites(row: DataSet) -> dict[str, bytes]:
    key = f"dataset-sprites-{row.sha256}-{row.role}"
    kept: dict[str, bytes] | None = cache.get(key)
    if kept is None:
        samples = _samples(row)
        kept = {str(digit): _png(_sheet(samples, digit)) for digit in range(CLASSES)}
        kept["mean"] = _png(samples.pictures.mean(axis=0).round().astype(np.uint8))
        cache.set(key, kept, KEPT_SECONDS)
    return kept


def dataset_shared(row: DataSet) -> list[Shared]:
    """For each ``.npz`` of another role, at most ten of them, how many of this set's samples it has as well.

    Raises BadDataSet where this set is gone, has changed or is too large.
    """
    others = list(DataSet.objects.filter(format=DataSet.Format.NPZ).exclude(role=row.role)[:MOST_OTHERS])
    if not others:
        return []
    own = _hashes(row)
    return [Shared(other.name, other.get_role_display(), _count_shared(own, other)) for other in others]


def dataset_suspects(row: DataSet) -> Suspects:
    """Of samples picked by chance, the same ones each time, those that the serving model is sure are something else.

    Sure: its confidence reaches its threshold. Raises BadDataSet, and ModelUnavailable where no model serves.
    """
    engine = models_serving().readers.digit
    samples = _samples(row)
    asked = min(MOST_ASKED, len(samples))
    samples = samples.take(np.random.default_rng(1).choice(len(samples), asked, replace=False))
    table = engine.probabilities(samples.pictures)
    read, sure = table.argmax(axis=1), table.max(axis=1)
    wrong = np.flatnonzero((read != samples.labels) & (sure >= engine.card.threshold))
    shown = wrong[np.argsort(-sure[wrong], kind="stable")][:MOST_SUSPECTS]
    suspects = [
        Suspect(_png(samples.pictures[at]), int(samples.labels[at]), int(read[at]), float(sure[at])) for at in shown
    ]
    return Suspects(suspects, len(wrong), asked)


def _samples(row: DataSet) -> Samples:
    """All parts as one."""
    if row.format != DataSet.Format.NPZ:
        raise BadDataSet(phrase("Only .npz sets can be looked at; this one is a folder of pictures."))
    parts = list(dataset_load(row, most_bytes=MOST_BYTES).samples.values())
    return Samples(np.concatenate([part.pictures for part in parts]), np.concatenate([part.labels for part in parts]))


def _hashes(row: DataSet) -> frozenset[bytes]:
    """Of each sample's picture, 16 bytes; kept, since they take a second for 70,000."""
    key = f"dataset-hashes-{row.sha256}-{row.role}"
    packed: bytes | None = cache.get(key)
    if packed is None:
        pictures = _samples(row).pictures
        packed = b"".join(hashlib.blake2b(picture.tobytes(), digest_size=16).digest() for picture in pictures)
        cache.set(key, packed, KEPT_SECONDS)
    return frozenset(packed[at : at + 16] for at in range(0, len(packed), 16))


def _count_shared(own: frozenset[bytes], other: DataSet) -> int | None:
    try:
        return len(own & _hashes(other))
    except BadDataSet:
        return None


def _sheet(samples: Samples, digit: int) -> NDArray[np.uint8]:
    """A hundred samples of the digit, spread over the set, uint8 (5 · 28, 20 · 28)."""
    places = np.flatnonzero(samples.labels == digit)
    chosen = places[np.linspace(0, len(places) - 1, min(len(places), ACROSS * DOWN)).astype(int)]
    fields = np.zeros((ACROSS * DOWN, SIDE, SIDE), np.uint8)
    fields[: len(chosen)] = samples.pictures[chosen]
    rows = fields.reshape(DOWN, ACROSS, SIDE, SIDE).swapaxes(1, 2)
    sheet: NDArray[np.uint8] = rows.reshape(DOWN * SIDE, ACROSS * SIDE)
    return sheet


def _png(picture: NDArray[Any]) -> bytes:
    """Dark ink on white, as on paper."""
    return bytes(cv2.imencode(".png", 255 - picture)[1])
