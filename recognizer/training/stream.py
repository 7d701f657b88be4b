"""What the network is shown: an epoch's pictures and labels, the next one made while this one is learned."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.training.augment import Strength, augment
from recognizer.training.corrected import Corrected
from recognizer.training.datasets import Samples
from recognizer.training.pool import KINDS, Pool
from recognizer.training.presets import Preset

CALM_FROM = 0.75
"""From this share of the first cycle on, augmentation weakens, so that its last steps fit digits as they are."""
CALM_TO = 0.4
POOL_STRENGTH = 0.5
"""What comes from the pool has been turned, stretched and photographed once already."""

Epoch = tuple[NDArray[np.uint8], NDArray[np.int64]]


class Stream:
    """The epochs of one run: the same for the same seed, whether run in one go or resumed.

    An epoch is every training picture once, or the part of them that the preset replays, a random part of the pool, and
    people's corrections, augmented and shuffled. ``waited``: the seconds for which the last one was not ready in time.
    """

    waited = 0.0

    def __init__(
        self, train: Samples, pool: Pool, preset: Preset, seed: int, corrected: Corrected | None = None
    ) -> None:
        self._train, self._pool, self._preset, self._seed = train, pool, preset, seed
        self._corrected = corrected or Corrected.none()

    def __len__(self) -> int:
        """Pictures in an epoch."""
        return self._others + self._corrected.shown(self._others)

    def epochs(self, first: int) -> Iterator[Epoch]:
        """Pictures, uint8 (n, 28, 28, 1), and labels, 0 to 10, int64 (n,), of the epochs from ``first`` (0) on."""
        with ThreadPoolExecutor(1) as ahead:
            upcoming = ahead.submit(self._epoch, first)
            for number in range(first, self._preset.epochs):
                wanted = time.monotonic()
                ready = upcoming.result()
                self.waited = time.monotonic() - wanted
                if number + 1 < self._preset.epochs:
                    upcoming = ahead.submit(self._epoch, number + 1)
                yield ready

    @property
    def _replayed(self) -> int:
        return max(1, int(len(self._train) * self._preset.replayed))

    @property
    def _others(self) -> int:
        return self._replayed + sum(self._shown(kind) for kind in KINDS)

    def _shown(self, kind: str) -> int:
        return min(int(len(self._train) * getattr(self._preset, kind)), len(self._pool.of(kind)))

    def _epoch(self, number: int) -> Epoch:
        # One core: the others are the learner's.
        cv2.setNumThreads(1)
        rng = np.random.default_rng([self._seed, 1, number])
        strength = self._strength(number)
        own = self._own(rng)
        pictures, labels = [self._varied(own.pictures, rng, strength)], [own.labels]
        for kind in KINDS:
            if shown := self._shown(kind):
                beside = self._pool.of(kind)
                chosen = np.sort(rng.choice(len(beside), shown, replace=False))
                pictures.append(self._varied(beside.pictures[chosen], rng, strength.times(POOL_STRENGTH)))
                labels.append(beside.labels[chosen])
        if shown := self._corrected.shown(self._others):
            beside = self._corrected.choose(shown, rng)
            pictures.append(self._varied(beside.pictures, rng, strength))
            labels.append(beside.labels)
        order = rng.permutation(len(self))
        return np.concatenate(pictures)[order][..., None], np.concatenate(labels)[order]

    def _own(self, rng: np.random.Generator) -> Samples:
        """The data set's own pictures of an epoch."""
        if self._replayed == len(self._train):
            return self._train
        return self._train.take(np.sort(rng.choice(len(self._train), self._replayed, replace=False)))

    def _varied(self, pictures: NDArray[np.uint8], rng: np.random.Generator, strength: Strength) -> NDArray[np.uint8]:
        return augment(pictures, rng, strength) if self._preset.augmentation else pictures

    def _strength(self, number: int) -> Strength:
        cycle, _, end = self._preset.cycle(number)
        if cycle:
            return Strength()
        done = number / max(end - 1, 1)
        calm = max(0.0, (done - CALM_FROM) / (1 - CALM_FROM))
        return Strength().times(1 - (1 - CALM_TO) * calm)
