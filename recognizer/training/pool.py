"""Pictures beside the data set's own, rendered once into a file that training maps: the processor then trains.

Four kinds: the data set's digits rewritten and photographed, digits of other countries (UCI), of drawn hands, and
pictures of no digit. Rendering costs a millisecond or two a picture, augmenting a twentieth of that; so each is
rendered once and shown several times, augmented anew.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.training.datasets import Samples
from recognizer.training.evaluation_data import TestPictures
from recognizer.training.files import reserve
from recognizer.training.foreign import render_foreign
from recognizer.training.negatives import negatives
from recognizer.training.paper import degrade, lived_in, photographed, true_to
from recognizer.training.strokes import Hand, digit_picture
from recognizer.vision.normalise import normalise_ink

KINDS = ("degraded", "foreign", "hands", "negatives")
NO_DIGIT = 10
"""The label, and the network's column, of "no digit"."""

CHUNK = 1000
"""Pictures rendered from one random stream: what comes later doesn't depend on how much came before."""
PHOTOGRAPHED = 0.5
"""Share of the hands' and the foreign digits that are photographed; the others are normalised as they are."""
DIGITS_A_HAND = 4
STEEP = 0.1
"""Share of hands that lean by up to 45°, as the pointed pens of old registers made them."""
FIELD = 112
RECIPE = 2
"""To be raised when the same counts and seed shall give other pictures."""

Generator = np.random.Generator


@dataclass(frozen=True, slots=True)
class Sources:
    """What a pool is made of: the data set's digits, and the sets of other countries' digits."""

    digits: Samples
    foreign: Sequence[TestPictures]


@dataclass(frozen=True, slots=True)
class Pool:
    """Rendered pictures, uint8 (n, 28, 28), with labels 0 to 10, each kind's rows, and what all was made from."""

    samples: Samples
    rows: Mapping[str, slice]
    fingerprint: str

    @classmethod
    def empty(cls) -> Pool:
        """What a classic network is shown beside its data set."""
        nothing = Samples(np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.int64))
        return cls(nothing, dict.fromkeys(KINDS, slice(0, 0)), "")

    def of(self, kind: str) -> Samples:
        """The pictures of one kind."""
        rows = self.rows[kind]
        return Samples(self.samples.pictures[rows], self.samples.labels[rows])


def open_pool(directory: Path, sources: Sources, counts: Mapping[str, int], seed: int) -> Pool:
    """Map the pool in ``directory``, rendered first where it isn't there or was made otherwise.

    ``counts`` says how many pictures of each kind. Without foreign digits there are none of that kind.
    """
    counts = {kind: counts.get(kind, 0) for kind in KINDS}
    if not sources.foreign:
        counts["foreign"] = 0
    if not any(counts.values()):
        return Pool.empty()
    recipe = {"recipe": RECIPE, "counts": counts, "seed": seed, "sources": _fingerprint(sources)}
    if not _is_there(directory, recipe):
        _render(directory, sources, counts, seed, recipe)
    pictures = np.load(directory / "pictures.npy", mmap_mode="r")
    labels = np.load(directory / "labels.npy").astype(np.int64)
    ends = np.cumsum(list(counts.values())).tolist()
    rows = {kind: slice(end - counts[kind], end) for kind, end in zip(KINDS, ends, strict=True)}
    digest = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()
    return Pool(Samples(pictures, labels), rows, digest)


def _fingerprint(sources: Sources) -> str:
    digest = hashlib.sha256(sources.digits.pictures.tobytes())
    for each in sources.foreign:
        digest.update(each.pictures.tobytes())
    return digest.hexdigest()


def _is_there(directory: Path, recipe: dict[str, Any]) -> bool:
    told = directory / "recipe.json"
    return told.is_file() and json.loads(told.read_text(encoding="utf-8")) == recipe


def _render(directory: Path, sources: Sources, counts: Mapping[str, int], seed: int, recipe: dict[str, Any]) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    # One core: the others may be training already.
    cv2.setNumThreads(1)
    total = sum(counts.values())
    pictures = np.lib.format.open_memmap(directory / "pictures.npy", "w+", np.uint8, (total, 28, 28))
    reserve(directory / "pictures.npy", pictures.offset + pictures.nbytes)
    labels = np.zeros(total, np.uint8)
    at = 0
    for number, (kind, count) in enumerate(counts.items()):
        for chunk, start in enumerate(range(0, count, CHUNK)):
            size = min(CHUNK, count - start)
            made = render(kind, sources, size, np.random.default_rng([seed, number, chunk]))
            pictures[at : at + size], labels[at : at + size] = made.pictures, made.labels
            at += size
    pictures.flush()
    np.save(directory / "labels.npy", labels)
    # Last: it vouches for the rest.
    (directory / "recipe.json").write_text(json.dumps(recipe), encoding="utf-8")


def render(kind: str, sources: Sources, count: int, rng: Generator) -> Samples:
    """So many pictures of one kind."""
    digits = sources.digits
    if kind == "negatives":
        other = negatives(count, digits.pictures, digits.labels, rng)
        return Samples(other, np.full(count, NO_DIGIT, np.int64))
    if kind == "hands":
        return _hands(count, rng)
    if kind == "foreign":
        given = render_foreign(sources.foreign, count, rng)
        return Samples(_half_degraded(given, rng), given.labels)
    chosen = digits.take(rng.integers(0, len(digits), count))
    return Samples(degrade(chosen.pictures, chosen.labels, rng), chosen.labels)


def _half_degraded(given: Samples, rng: Generator) -> NDArray[np.uint8]:
    pictures, chosen = given.pictures.copy(), rng.random(len(given)) < PHOTOGRAPHED
    pictures[chosen] = degrade(pictures[chosen], given.labels[chosen], rng)
    return pictures


def _hands(count: int, rng: Generator) -> Samples:
    pictures, labels = np.zeros((count, 28, 28), np.uint8), rng.integers(0, 10, count)
    inks: list[NDArray[np.uint8]] = []
    for index, label in enumerate(labels):
        if index % DIGITS_A_HAND == 0:
            hand = Hand.sample(rng)
            if rng.random() < STEEP:
                hand = replace(hand, slant=float(rng.uniform(25, 45)))
        inks.append(digit_picture(hand, int(label), rng, FIELD))
        if rng.random() < PHOTOGRAPHED:
            ink, shown = lived_in(inks[-1], lambda: inks[int(rng.integers(len(inks)))], rng)
            pictures[index] = true_to(ink, photographed(shown, rng))
        else:
            pictures[index] = normalise_ink(inks[-1])
    return Samples(pictures, labels.astype(np.int64))
