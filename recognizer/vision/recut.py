"""A second look at a picture of one digit that the first could not make out: other ways to cut the digit out of it.

What belongs to the digit and what to a line, a neighbour or a stain beside it, the ink alone does not tell; whether
the outcome looks like a digit does. So each plausible cut is offered, and the network decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import Box, Expect, GlyphCrop, Gray
from recognizer.vision.components import Labels, Piece, drop_small, keep_writing, label_pieces, runs_through
from recognizer.vision.crops import crop_glyph
from recognizer.vision.expectation import meet_expectation
from recognizer.vision.fragments import gap_between, join_fragments
from recognizer.vision.ink import RELATIVE_THRESHOLD, Ink, Plane, find_ink, mask_ink, shrink
from recognizer.vision.rules import remove_rules
from recognizer.vision.seams import cut_neighbours
from recognizer.vision.shadows import is_corner_shadow
from recognizer.vision.sheet import find_sheet
from recognizer.vision.strokes import looks_written
from recognizer.vision.through import remove_levels, remove_uprights
from recognizer.vision.views import View

SIDE = 256
"""Longer side, in pixels, of the copy that is looked at: enough for one digit, and quick."""

THRESHOLDS = (RELATIVE_THRESHOLD, 0.25, 0.55)
"""Shares of the strongest ink nearby that make ink: the usual one, one for hairlines, one that parts what touches."""

ANOTHER = 0.15
"""A stroke that may belong to the digit is at least this long, as a share of the digit."""

NEAR = 0.4
"""... and at most this far from it."""

MOST_OTHERS = 2
"""So many pieces are tried as the digit's second stroke."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One way to cut the digit out, and the ``share`` of the picture's ink that it takes; see ``Recut.share``."""

    glyph: GlyphCrop
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class Recut:
    """A picture of one digit, looked at a second time."""

    view: View
    ink: Ink
    central_ink: NDArray[np.float32]

    @classmethod
    def of(cls, gray: Gray, *, scale: float = 1.0) -> Recut:
        """Look at a grey picture (height, width), ``scale`` pixels of the upright original to each of its own."""
        view = _reduced_sheet(View.of(gray, scale)).enlarged_if_tiny()
        ink = find_ink(view.gray)
        return cls(view, ink, np.where(remove_uprights(ink.mask) > 0, _centrality(ink.mask), np.float32(0)))

    def share(self, box: Box) -> float:
        """How much of the ink a box of the original takes, from 0 to 1.

        Ink counts fully in the middle of the picture and hardly at its edges, lines that run through not at all: a low
        share says that part of the digit was left out.
        """
        back = np.asarray(cv2.invertAffineTransform(self.view.matrix), dtype=np.float64)
        inside = View(self.view.gray, back).place(box)
        return self._share(self.central_ink[inside.y : inside.bottom, inside.x : inside.right])

    def cuts(self) -> list[Cut]:
        """Different ways to cut the digit out, the likeliest first; none where there is no ink like writing."""
        central, cuts = _centrality(self.ink.mask), dict[bytes, Cut]()
        for mask in _masks(self.ink):
            for glyph, labels in _glyphs(mask, self.ink):
                crop, box = crop_glyph(glyph, self.ink, labels), glyph.box
                taken = central[box.y : box.bottom, box.x : box.right][glyph.mask(labels)]
                cuts.setdefault(crop.tobytes(), Cut(GlyphCrop(self.view.place(box), crop), self._share(taken)))
        return list(cuts.values())

    def _share(self, taken: NDArray[np.float32]) -> float:
        return min(1.0, float(taken.sum()) / max(1e-6, float(self.central_ink.sum())))


def _reduced_sheet(view: View) -> View:
    """The sheet or card that the digit stands on, where one is seen, else all; with at most ``SIDE`` pixels a side."""
    reduced = _reduced(view)
    if find_sheet(reduced.gray) is None:  # it is looked for on a copy of this size in any case
        return reduced
    found = find_sheet(view.gray)
    if found is None:
        return reduced
    gray, box = found
    return _reduced(view.seen_as(gray, np.array([[1.0, 0.0, box.x], [0.0, 1.0, box.y]])))


def _reduced(view: View) -> View:
    """With at most ``SIDE`` pixels along its longer side."""
    small = shrink(view.gray, SIDE)
    across, down = (old / new for old, new in zip(view.gray.shape[::-1], small.shape[::-1], strict=True))
    return view.seen_as(small, np.array([[across, 0.0, 0.0], [0.0, down, 0.0]]))


def _centrality(mask: Plane) -> NDArray[np.float32]:
    """1 in the middle of the picture, 0 at its edges."""
    rows, columns = (1 - np.abs(2 * (np.arange(side, dtype=np.float32) + 0.5) / side - 1) for side in mask.shape)
    return np.outer(rows, columns)


def _masks(ink: Ink) -> Iterable[Plane]:
    """What may be the ink of the digit, without more and more of its surroundings; each different mask once."""
    masks: dict[bytes, Plane] = {}
    for share in THRESHOLDS:
        mask = mask_ink(ink.strength, share)
        upright = remove_uprights(mask)
        plain = {each.tobytes(): each for each in (mask, upright, remove_levels(upright))}
        cut = [cut_neighbours(each) for each in plain.values()]
        masks |= plain | {each.tobytes(): each for each in cut}
    return masks.values()


def _glyphs(mask: Plane, ink: Ink) -> Iterator[tuple[Piece, Labels]]:
    """The most central glyph of a mask, as it is, with less and with more, and the labels of the mask's pieces."""
    labels, pieces = label_pieces(mask)
    frame = Box(0, 0, mask.shape[1], mask.shape[0])
    if any(runs_through(piece, frame) for piece in pieces):
        labels, pieces = label_pieces(remove_rules(mask))
    writing = [piece for piece in keep_writing(labels, pieces) if not is_corner_shadow(piece, ink, labels, frame)]
    glyphs = [
        glyph
        for glyph in drop_small(join_fragments(writing, labels))
        if looks_written(glyph.mask(labels), at_edge=glyph.sides_cut(frame) > 0)
    ]
    for glyph in meet_expectation(glyphs, Expect(1), frame):
        for other in (glyph, *_with_less(glyph, writing), *_with_more(glyph, pieces, labels)):
            yield other, labels


def _with_less(glyph: Piece, writing: list[Piece]) -> Iterator[Piece]:
    """The glyph's largest piece alone, and with one of the next largest."""
    parts = sorted((piece for piece in writing if piece.labels[0] in glyph.labels), key=lambda piece: -piece.area)
    if len(parts) > 1:
        yield parts[0]
    if len(parts) > 2:
        yield from (Piece.union(parts[0], part) for part in parts[1 : 1 + MOST_OTHERS])


def _with_more(glyph: Piece, pieces: list[Piece], labels: Labels) -> Iterator[Piece]:
    """The glyph with one of the pieces near it; a long foot or bar counts, though alone it would be a line."""
    frame = Box(0, 0, labels.shape[1], labels.shape[0])
    gaps = {
        piece: gap_between(glyph, piece, labels)
        for piece in pieces
        if piece.labels[0] not in glyph.labels and piece.size >= ANOTHER * glyph.size and not piece.sides_cut(frame)
    }
    near = sorted((piece for piece, gap in gaps.items() if gap <= NEAR * glyph.size), key=gaps.__getitem__)
    yield from (Piece.union(glyph, piece) for piece in near[:MOST_OTHERS])
