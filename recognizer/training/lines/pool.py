"""Strips rendered once into files that training maps, so that the processor trains and does not draw.

A pool is a folder with, for each width, ``strips-<width>.npy``, uint8 (n, 32, width), and ``labels-<width>.npy``, uint8
(n, 16): classes of the label, 0 after its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.training.lines.compose import Mixture, sample
from recognizer.training.lines.texts import encode

WIDTHS = (64, 96, 128, 160, 224, 384)
"""A strip is padded on its right to the first of these that it fits."""
LONGEST = 16
CHUNK = 2_000

Chunk = tuple[Mixture, int, list[int]]
Batch = tuple[NDArray[np.uint8], NDArray[np.uint8]]


@dataclass(frozen=True, slots=True)
class LinePool:
    """Strips and labels by width."""

    parts: dict[int, Batch]

    def __len__(self) -> int:
        return sum(len(labels) for _, labels in self.parts.values())

    def count_batches(self, size: int) -> int:
        """How many batches one pass has."""
        return sum(len(labels) // _batch_of(width, size) for width, (_, labels) in self.parts.items())

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[Batch]:
        """All of it once, in batches of one width each, shuffled; batches of wide strips hold fewer.

        What is left over for each width is too little for a batch, and comes another time.
        """
        plan: list[tuple[int, NDArray[np.intp]]] = []
        for width, (strips, _) in self.parts.items():
            order = rng.permutation(len(strips))
            count = _batch_of(width, size)
            plan += [(width, np.sort(order[at : at + count])) for at in range(0, len(order) - count + 1, count)]
        for index in rng.permutation(len(plan)):
            width, chosen = plan[index]
            strips, labels = self.parts[width]
            yield strips[chosen], labels[chosen]


def _batch_of(width: int, size: int) -> int:
    """Strips in a batch: as many pixels whatever their width."""
    return max(1, min(2 * size, size * 128 // width))


def render(mixture: Mixture, count: int, seed: int, folder: Path, jobs: int = 1) -> LinePool:
    """Render ``count`` strips into ``folder`` and open them; the same ``seed`` and ``jobs`` render the same."""
    folder.mkdir(parents=True, exist_ok=True)
    chunks = [(mixture, min(CHUNK, count - at), [seed, at]) for at in range(0, count, CHUNK)]
    rendered = list(map(_render_chunk, chunks)) if jobs == 1 else _render_side_by_side(chunks, jobs)
    for width in WIDTHS:
        strips = np.concatenate([chunk[width][0] for chunk in rendered])
        labels = np.concatenate([chunk[width][1] for chunk in rendered])
        np.save(folder / f"strips-{width}.npy", strips)
        np.save(folder / f"labels-{width}.npy", labels)
    return open_pool(folder)


def open_pool(*folders: Path) -> LinePool:
    """Map the strips of one pool, or of several as one. Raises FileNotFoundError."""
    parts: dict[int, Batch] = {}
    for width in WIDTHS:
        strips = [np.load(folder / f"strips-{width}.npy", mmap_mode="r") for folder in folders]
        labels = [np.load(folder / f"labels-{width}.npy") for folder in folders]
        parts[width] = (strips[0] if len(strips) == 1 else np.concatenate(strips), np.concatenate(labels))
    return LinePool(parts)


def _render_side_by_side(chunks: list[Chunk], jobs: int) -> list[dict[int, Batch]]:
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as workers:
        return list(workers.map(_render_chunk, chunks))


def _render_chunk(work: Chunk) -> dict[int, Batch]:
    mixture, count, seed = work
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    found: dict[int, list[tuple[NDArray[np.uint8], list[int]]]] = {width: [] for width in WIDTHS}
    for _ in range(count):
        strip, label = sample(mixture, rng)
        width = next(width for width in WIDTHS if strip.shape[1] <= width)
        found[width].append((strip, encode(label)))
    return {width: _packed(width, strips) for width, strips in found.items()}


def _packed(width: int, strips: list[tuple[NDArray[np.uint8], list[int]]]) -> Batch:
    pixels = np.zeros((len(strips), 32, width), np.uint8)
    labels = np.zeros((len(strips), LONGEST), np.uint8)
    for index, (strip, label) in enumerate(strips):
        pixels[index, :, : strip.shape[1]] = strip
        labels[index, : len(label)] = label[:LONGEST]
    return pixels, labels
