"""Digits that people corrected or confirmed: how a run takes them in, and how gently it learns them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from recognizer.domain.errors import BadDataSet
from recognizer.domain.phrases import phrase
from recognizer.training.datasets import UNREADABLE, Samples, load_parts
from recognizer.training.presets import Preset

CORRECTIONS_FILE = "corrections.npz"
"""In the folder of a run's checkpoints, with which it goes."""

SHARE = 0.2
"""Of the pictures that an epoch shows otherwise, so many corrected ones are shown beside them: few enough that the
others' hands are not unlearned."""
MOST_SHOWN = 40
"""No corrected digit is shown more often in an epoch: a handful of them must not become the rule."""
GENTLE_EPOCHS = 4
GENTLE = {"degraded": 0.1, "foreign": 0.1, "hands": 0.2, "negatives": 0.1}
"""Shares of the pool's kinds, of the whole data set, that are shown beside: rendering more would take longer than
learning."""
REPLAYED, SPARE = 0.3, 1.5


@dataclass(frozen=True, slots=True)
class Corrected:
    """Corrected digits, and how many people they are from."""

    samples: Samples
    people: int

    @classmethod
    def none(cls) -> Corrected:
        return cls(Samples(np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.int64)), 0)

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def fingerprint(self) -> str:
        """The same for the same pictures and labels."""
        return hashlib.sha256(self.samples.pictures.tobytes() + self.samples.labels.tobytes()).hexdigest()

    def without(self, *parts: Samples) -> Corrected:
        """Those whose pictures are in none of these parts: what is judged on must not be learned from."""
        known = {picture.tobytes() for part in parts for picture in part.pictures}
        fresh = np.array([picture.tobytes() not in known for picture in self.samples.pictures], bool)
        return Corrected(self.samples.take(np.flatnonzero(fresh)), self.people)

    def shown(self, beside: int) -> int:
        """How many an epoch shows that shows so many other pictures: each about as often as any other of them."""
        return min(int(SHARE * beside), MOST_SHOWN * len(self))

    def choose(self, count: int, rng: np.random.Generator) -> Samples:
        """``count`` of them, in rounds: none comes twice more often than another."""
        rounds = [rng.permutation(len(self)) for _ in range(-(-count // max(len(self), 1)))]
        return self.samples.take(np.concatenate(rounds)[:count])


def load_corrected(path: Path, *unseen: Samples) -> Corrected:
    """Read an ``.npz`` with ``x_train``, ``y_train`` and ``people``, a number; pictures that are among those that must
    stay ``unseen`` are left out. Raises BadDataSet.
    """
    samples = load_parts(path, parts=("train",)).samples["train"]
    try:
        with np.load(path, allow_pickle=False) as arrays:
            people = int(arrays["people"])
    except (*UNREADABLE, KeyError, TypeError) as error:
        raise BadDataSet(phrase("The corrections do not say from how many people they are.")) from error
    given = Corrected(samples, people).without(*unseen)
    if not len(given):
        raise BadDataSet(
            phrase("The corrections are pictures that the data set keeps to judge by: nothing can be learned.")
        )
    return given


def gently(preset: Preset) -> Preset:
    """A preset to learn corrections from weights that know the rest: a few epochs of a part of what made them."""
    shares: dict[str, Any] = {kind: min(share, getattr(preset, kind)) for kind, share in GENTLE.items()}
    return replace(
        preset, epochs=min(GENTLE_EPOCHS, preset.epochs), replayed=REPLAYED, spare=SPARE, restarts=(), **shares
    )
