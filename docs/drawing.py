"""Lay pictures out, frame and label them, for the pages under docs/."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.domain.types import Box

Picture = NDArray[np.uint8]
"""Grey (height, width) or colour (height, width, 3)."""

Colour = tuple[int, int, int]

GAP = 8
"""White pixels between pictures side by side or one below the other."""


def in_colour(picture: Picture) -> Picture:
    """A copy with three channels."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB) if picture.ndim == 2 else picture.copy(), np.uint8)


def enlarged(picture: Picture, times: int) -> Picture:
    """Each pixel as a square."""
    return picture.repeat(times, axis=0).repeat(times, axis=1)


def beside(first: Picture, second: Picture) -> Picture:
    """Two pictures side by side at the second's height."""
    width = round(first.shape[1] * second.shape[0] / first.shape[0])
    left = cv2.resize(first, (width, second.shape[0]), interpolation=cv2.INTER_AREA)
    gap = np.full((second.shape[0], GAP, 3), 255, np.uint8)
    return np.hstack([in_colour(np.asarray(left, np.uint8)), gap, in_colour(second)])


def below(*pictures: Picture) -> Picture:
    """Pictures one below the other, at their left edges, on white."""
    width = max(picture.shape[1] for picture in pictures)
    rows = [
        cv2.copyMakeBorder(
            in_colour(picture), 0, GAP, 0, width - picture.shape[1], cv2.BORDER_CONSTANT, value=(255, 255, 255)
        )
        for picture in pictures
    ]
    return np.asarray(np.vstack(rows)[:-GAP], np.uint8)


def frame(picture: Picture, box: Box, colour: Colour, width: int) -> None:
    cv2.rectangle(picture, (box.x, box.y), (box.right - 1, box.bottom - 1), colour, width)


def write(picture: Picture, text: str, place: tuple[int, int], colour: Colour, size: float = 0.5) -> None:
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)
