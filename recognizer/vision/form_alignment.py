"""Lay a picture on a form's sample: which of the sample's points is which of the picture's, and how alike they are.

What is tried: corners that look alike on both, in any turn (ORB; Rublee et al., ICCV 2011), of which a perspective map
keeps as many as it can (MAGSAC++; Barath et al., CVPR 2020); where that leads nowhere, the form's corner marks, the
sheet's outline, and the picture's own frame, each in four turns. Print is then followed to a fraction of a pixel
(Lucas and Kanade, IJCAI 1981). Whether it is that form decides the print alone: how much of the sample's is found in
its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from recognizer.domain.types import Gray
from recognizer.vision.form_marks import corner_marks, frame_corners, sheet_corners, turns_of
from recognizer.vision.form_sample import (
    Features,
    FormSample,
    Matrix,
    SmallCopy,
    covariance,
    prepare_sample,
    small_copy,
)
from recognizer.vision.ink import Plane, as_plane

LEAST_LIKENESS = 0.76
"""From here on a picture counts as that form, and nothing else is tried. On photos of drawn forms the right ones have
0.80 and more, others with fields in the same places and other words 0.71 and less."""

ALIKE = 0.8
"""A corner's best match differs at most so many times as much as its second best (Lowe, 2004)."""

FEWEST = 10
"""So many corners must agree on a map."""

OFF = 4.0
"""Pixels of the small copy that a corner may lie beside its place."""

WINDOWS = (31, 15)
"""Sides of the windows with which print is followed, first roughly, then finely."""

LARGEST, SMALLEST = 8.0, 0.125
"""How many times larger or smaller than on its own small copy the sample may appear on the picture's."""

SMALLEST_SIDE, LONGEST_SIDE = 64, 30_000
"""Pixels that a picture of a form has on each side at least, and at most: OpenCV maps no longer ones."""

PROMISING = 3
"""So many of the other tries, those that look best at first, are followed up."""


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """How a picture lies on a sample: ``matrix`` (3, 3) takes a point of the sample, in the pixels in which its fields
    are described, to the picture's; ``likeness``, 0 to 1, is how much of the sample's print stands where it should.
    """

    matrix: Matrix
    likeness: float

    @property
    def is_form(self) -> bool:
        """Whether the picture shows this form at all."""
        return self.likeness >= LEAST_LIKENESS


def align(sample: FormSample | Gray, page: Gray) -> Alignment | None:
    """Lay a picture, grey (height, width), on a sample; None where nothing of the sample is found on it.

    The picture may be turned, tilted, larger or smaller, with writing on it. Ask ``is_form`` whether it is that form.
    """
    prepared = sample if isinstance(sample, FormSample) else prepare_sample(sample)
    sides = (*prepared.gray.shape, *page.shape)
    if min(sides) < SMALLEST_SIDE or max(sides) > LONGEST_SIDE:
        return None
    copy = small_copy(page)
    found = _by_features(prepared, copy)
    best = None if found is None else _followed(prepared, copy, found)
    if best is None or best[1] < LEAST_LIKENESS:
        rough = [(_likeness(prepared, copy, matrix), matrix) for matrix in _other_maps(prepared, copy)]
        for _, matrix in sorted(rough, key=lambda pair: -pair[0])[:PROMISING]:
            other = _followed(prepared, copy, matrix)
            if best is None or other[1] > best[1]:
                best = other
    if best is None or best[1] <= 0.0:
        return None
    matrix = copy.matrix @ best[0] @ np.linalg.inv(prepared.matrix @ prepared.copy.matrix)
    return Alignment(matrix / matrix[2, 2], best[1])


def _by_features(sample: FormSample, copy: SmallCopy) -> Matrix | None:
    """The map from the sample's small copy to the picture's on which most corners agree, if any do."""
    own, other = _matched(sample.copy.features, copy.features)
    if len(own) < FEWEST:
        return None
    matrix, kept = cv2.findHomography(own, other, cv2.USAC_MAGSAC, OFF, maxIters=4000, confidence=0.999)
    if matrix is None or int(kept.sum()) < FEWEST or not _is_view(matrix, sample):
        return None
    return np.asarray(matrix, np.float64)


def _matched(own: Features, other: Features) -> tuple[np.ndarray, np.ndarray]:
    """The points of corners that look alike on both, each (n, 2)."""
    if len(own.points) < FEWEST or len(other.points) < FEWEST:
        return np.empty((0, 2)), np.empty((0, 2))
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(own.descriptors, other.descriptors, k=2)
    good = [first for first, second in pairs if first.distance < ALIKE * second.distance]
    return own.points[[pair.queryIdx for pair in good]], other.points[[pair.trainIdx for pair in good]]


def _other_maps(sample: FormSample, copy: SmallCopy) -> Iterator[Matrix]:
    """Maps by what lies in corners, whatever else is printed: marks, the sheet, the picture itself; in four turns."""
    for own, others in (
        (corner_marks(sample.copy.mask), (corner_marks(copy.mask),)),
        (frame_corners(sample.copy.mask), (sheet_corners(copy.gray), frame_corners(copy.mask))),
    ):
        for other in others:
            if own is None or other is None:
                continue
            for turned in turns_of(other):
                matrix = np.asarray(cv2.getPerspectiveTransform(own, turned), np.float64)
                if _is_view(matrix, sample):
                    yield matrix


def _is_view(matrix: Matrix, sample: FormSample) -> bool:
    """Whether a map shows the sample as a camera may: convex, not mirrored, of some like size."""
    corners = frame_corners(sample.copy.mask).astype(np.float64)
    depth = corners @ matrix[2, :2] + matrix[2, 2]
    if not (depth > 1e-6).all():
        return False
    seen = (corners @ matrix[:2, :2].T + matrix[:2, 2]) / depth[:, None]
    sides = np.roll(seen, -1, axis=0) - seen
    after = np.roll(sides, -1, axis=0)
    if not (sides[:, 0] * after[:, 1] - sides[:, 1] * after[:, 0] > 0).all():
        return False
    growth = np.linalg.norm(sides, axis=1) / np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    return bool(growth.min() > SMALLEST and growth.max() < LARGEST)


def _followed(sample: FormSample, copy: SmallCopy, matrix: Matrix) -> tuple[Matrix, float]:
    """The map after its print was followed, and the likeness that it then has; as it was where that is no better."""
    best = matrix, _likeness(sample, copy, matrix)
    for window in WINDOWS:
        finer = _follow(sample, copy, best[0], window)
        if finer is None:
            continue
        likeness = _likeness(sample, copy, finer)
        if likeness >= best[1]:
            best = finer, likeness
    return best


def _follow(sample: FormSample, copy: SmallCopy, matrix: Matrix, window: int) -> Matrix | None:
    if len(sample.corners) < FEWEST:
        return None
    laid = _laid(copy.soft, matrix, sample.copy.soft)
    found, status, _ = cv2.calcOpticalFlowPyrLK(
        sample.copy.soft, laid, sample.corners, None, winSize=(window, window), maxLevel=2 if window > 20 else 0
    )
    kept = status.ravel() > 0
    if int(kept.sum()) < FEWEST:
        return None
    step, inside = cv2.findHomography(sample.corners[kept] + 0.5, found[kept] + 0.5, cv2.USAC_MAGSAC, 1.5)
    if step is None or int(inside.sum()) < FEWEST:
        return None
    finer = matrix @ step
    return finer / finer[2, 2] if _is_view(finer, sample) else None


def _laid(plane: Plane, matrix: Matrix, like: Plane) -> Plane:
    """A plane of the picture as the sample's small copy shows it; nothing where the picture ends."""
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])  # OpenCV counts from the middle of a pixel
    inner = np.linalg.inv(half) @ matrix @ half
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return as_plane(cv2.warpPerspective(plane, inner, like.shape[::-1], flags=flags))


def _likeness(sample: FormSample, copy: SmallCopy, matrix: Matrix) -> float:
    """How well the sample's print and what is found in its place go together: their correlation within a window
    around each point, averaged over the print.

    Text is like other text only as a grey; within a window of a few letters it is not. What is written
    counts only right beside print.
    """
    halving = np.diag([0.5, 0.5, 1.0])
    own, print_ = sample.copy.half, sample.print_
    laid = _laid(copy.half, halving @ matrix @ np.linalg.inv(halving), own)
    near = np.where(print_.near > 0, laid, 0).astype(np.float32)
    total = float(print_.weight.sum())
    if not total:
        return 0.0
    common = covariance(own.astype(np.float32), near)
    alike = np.clip(common / np.sqrt(np.maximum(print_.spread * covariance(near, near), 1.0)), 0.0, 1.0)
    return float((alike * print_.weight).sum()) / total
