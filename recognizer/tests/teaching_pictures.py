"""Teaching sheets for tests: the PDF as it comes out of the printer, filled in by a pen, and photographed."""

from __future__ import annotations

import re
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.tests.pictures import Picture, draw_digit
from recognizer.vision import teaching_layout as layout
from recognizer.vision.teaching_pdf import Paper, teaching_pdf

PIXELS = 8
"""Pixels per millimetre of paper."""

Writer = Callable[[int, int], Picture | None]
"""What stands in the box of a row and a column: ink, white on black, at most as large as a box; or nothing."""

BOX = (round(layout.BOX_WIDTH * PIXELS), round(layout.BOX_HEIGHT * PIXELS))


def printed(paper: Paper = Paper.A4) -> Picture:
    """The sheet on paper, grey: what the PDF says of rectangles is drawn, its words are not."""
    data = teaching_pdf(paper)
    width, height = (round(side * PIXELS) for side in paper.value)
    page = np.full((height, width), 255, np.uint8)
    content = data.split(b"stream\n", 1)[1].split(b"\nendstream")[0].decode("cp1252")
    scale, _, _, _, left, bottom = (float(value) for value in content.split(" cm")[0].split())
    fill = stroke = 0.0
    for line in content.splitlines()[1:]:
        if found := re.search(r"(\S+) G (\S+) w", line):
            stroke = float(found[1])
        if found := re.search(r"^(\S+) g", line):
            fill = float(found[1])
        if found := re.search(r"(\S+) (\S+) (\S+) (\S+) re (\w)", line):
            x, y, across, down = (float(value) for value in found.groups()[:4])
            corner = (x + left / scale, paper.value[1] - (y + down + bottom / scale))
            _rectangle(page, *corner, across, down, fill if found[5] == "f" else stroke, solid=found[5] == "f")
        if line.endswith(" f 1 g"):
            fill = 1.0
    return page


def _rectangle(page: Picture, x: float, y: float, across: float, down: float, grey: float, *, solid: bool) -> None:
    first = (round(x * PIXELS * 16) - 8, round(y * PIXELS * 16) - 8)
    last = (round((x + across) * PIXELS * 16) - 8, round((y + down) * PIXELS * 16) - 8)
    cv2.rectangle(page, first, last, round(255 * grey), -1 if solid else 3, cv2.LINE_AA, 4)


def drawn(label_of: Callable[[int, int], int | None] = lambda row, column: row, pen: float = 7) -> Writer:
    """Writes digits as strokes, each a little different in place and size; by default the digit of the row."""
    rng = np.random.default_rng(7)
    offsets = rng.uniform(-1, 1, (10, 10, 3))

    def write(row: int, column: int) -> Picture | None:
        label = label_of(row, column)
        if label is None:
            return None
        x, y, size = offsets[row, column]
        ink = np.zeros(BOX[::-1], np.uint8)
        height = 80 + 10 * size
        draw_digit(ink, str(label), (BOX[0] - 0.6 * height) / 2 + 8 * x, (BOX[1] - height) / 2 + 10 * y, height, pen)
        return ink

    return write


def filled(write: Writer, paper: Paper = Paper.A4, darkness: float = 0.85) -> Picture:
    """The printed sheet, and ink in its boxes."""
    page = printed(paper).astype(np.float32)
    left, top = ((whole - own) / 2 for whole, own in zip(paper.value, (layout.WIDTH, layout.HEIGHT), strict=True))
    for row in range(layout.ROWS):
        for column in range(layout.COLUMNS):
            ink = write(row, column)
            if ink is not None:
                area = layout.box(row, column)
                x, y = round((left + area.x) * PIXELS), round((top + area.y) * PIXELS)
                page[y : y + ink.shape[0], x : x + ink.shape[1]] *= 1 - darkness * ink / 255.0
    return np.asarray(page.round(), np.uint8)


def photographed(
    page: Picture,
    *,
    angle: float = 0.0,
    tilt: tuple[float, float] = (0.0, 0.0),
    size: tuple[int, int] = (1700, 2260),
    fills: float = 0.94,
    move: tuple[float, float] = (0.0, 0.0),
    bend: float = 0.0,
    shadow: float = 0.0,
    blur: float = 0.0,
    noise: float = 2.0,
    desk: int = 90,
    seed: int = 0,
) -> Picture:
    """The page on a desk, photographed: turned by degrees, tilted (shares by which a far side shrinks), moved (shares
    of the picture), bent (millimetres by which its middle lies aside), in shadow (the share of light lost in it).
    """
    if bend:
        page = _bent(page, bend)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float64) * (page.shape[1] / 2, page.shape[0] / 2)
    turn = np.deg2rad(angle)
    corners @= np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    depth = 1 + corners[:, :1] / np.abs(corners).max() * tilt[0] + corners[:, 1:] / np.abs(corners).max() * tilt[1]
    corners = corners / depth
    extent = corners.max(axis=0) - corners.min(axis=0)
    corners = (corners - corners.min(axis=0) - extent / 2) * fills * min(np.array(size) / extent)
    corners += np.array(size) * (0.5 + np.array(move))
    outline = np.array([[0, 0], [page.shape[1], 0], [page.shape[1], page.shape[0]], [0, page.shape[0]]], np.float32)
    matrix = cv2.getPerspectiveTransform(outline, corners.astype(np.float32))
    photo = cv2.warpPerspective(page, matrix, size, flags=cv2.INTER_AREA, borderValue=float(desk)).astype(np.float32)
    photo *= _light(size, shadow)
    if blur:
        photo = cv2.GaussianBlur(photo, (0, 0), blur)
    photo += np.random.default_rng(seed).normal(0, noise, photo.shape)
    return np.asarray(np.clip(photo, 0, 255), np.uint8)


def _light(size: tuple[int, int], shadow: float) -> NDArray[np.float32]:
    x, y = np.meshgrid(np.linspace(0, 1, size[0]), np.linspace(0, 1, size[1]))
    light = (1 - 0.2 * x) * (1 - shadow / (1 + np.exp(-(x + 0.5 * y - 0.75) * 30)))
    return np.asarray(light, np.float32)


def _bent(page: Picture, bend: float) -> Picture:
    height, width = page.shape
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    aside = bend * PIXELS * np.sin(np.pi * y / height)
    return np.asarray(cv2.remap(page, x + aside, y + 0.5 * aside, cv2.INTER_LINEAR, borderValue=255.0), np.uint8)
