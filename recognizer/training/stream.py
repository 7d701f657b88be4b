"""What the network is shown: an epoch's pictures and targets, the next one made while this one is learned."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.training.augment import Strength, augment
from recognizer.training.datasets import CLASSES, Samples, one_hot
from recognizer.training.negatives import negatives
from recognizer.training.paper import degrade
from recognizer.training.presets import Preset

CALM_FROM = 0.75
"""From this share of the first cycle on, augmentation weakens, so that its last steps fit digits as they are."""
CALM_TO = 0.4
SPARE_NEGATIVES = 4
"""Negatives drawn, as a multiple of those shown in an epoch: enough that few are seen often."""

Epoch = tuple[NDArray[np.uint8], NDArray[np.float32]]


class Stream:
    """The epochs of one run: the same for the same seed, whether run in one go or resumed.

    An epoch is every training picture once, shuffled: augmented, a share of them rewritten and photographed, and
    pictures of no digit added, whose target is the uniform distribution; all as the preset says.
    """

    def __init__(self, train: Samples, preset: Preset, seed: int) -> None:
        self._train, self._preset, self._seed = train, preset, seed
        rng = np.random.default_rng([seed, 0])
        # Pools are made once: photographing costs as much time as learning from what is photographed.
        self._degraded = degrade(train.pictures, train.labels, rng) if preset.degraded else None
        self._negatives_shown = int(len(train) * preset.negatives)
        self._negatives = negatives(self._negatives_shown * SPARE_NEGATIVES, train.pictures, train.labels, rng)

    def __len__(self) -> int:
        """Pictures in an epoch."""
        return len(self._train) + self._negatives_shown

    def epochs(self, first: int) -> Iterator[Epoch]:
        """Pictures, uint8 (n, 28, 28, 1), and targets, float32 (n, 10), of the epochs from ``first`` (0) on."""
        with ThreadPoolExecutor(1) as ahead:
            upcoming = ahead.submit(self._epoch, first)
            for number in range(first, self._preset.epochs):
                ready = upcoming.result()
                if number + 1 < self._preset.epochs:
                    upcoming = ahead.submit(self._epoch, number + 1)
                yield ready

    def _epoch(self, number: int) -> Epoch:
        # One core: the others are the learner's.
        cv2.setNumThreads(1)
        rng = np.random.default_rng([self._seed, 1, number])
        pictures, targets = self._digits(number, rng), one_hot(self._train.labels)
        if self._negatives_shown:
            chosen = rng.choice(len(self._negatives), self._negatives_shown, replace=False)
            other = augment(self._negatives[chosen], rng, self._strength(number))
            pictures = np.concatenate([pictures, other])
            doubt = np.full((self._negatives_shown, CLASSES), 1 / CLASSES, np.float32)
            targets = np.concatenate([targets, doubt])
        order = rng.permutation(len(pictures))
        return pictures[order][..., None], targets[order]

    def _digits(self, number: int, rng: np.random.Generator) -> NDArray[np.uint8]:
        if not self._preset.augmentation:
            return self._train.pictures
        pictures = augment(self._train.pictures, rng, self._strength(number))
        if self._degraded is not None:
            chosen = rng.random(len(pictures)) < self._preset.degraded
            # Half as strong: these have been turned and stretched once already.
            pictures[chosen] = augment(self._degraded[chosen], rng, self._strength(number).times(0.5))
        return pictures

    def _strength(self, number: int) -> Strength:
        cycle, _, end = self._preset.cycle(number)
        if cycle:
            return Strength()
        done = number / max(end - 1, 1)
        calm = max(0.0, (done - CALM_FROM) / (1 - CALM_FROM))
        return Strength().times(1 - (1 - CALM_TO) * calm)
