"""Draws the pictures that a new person may try, under ``static/img/samples/``: written by the generator of hands that
networks are trained with, on drawn paper under a drawn lamp. Nobody's own writing is in them.

``python -m docs.sample_pictures [FOLDER]`` draws all of them anew, the same each time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.training.hands import Hand, Pen
from recognizer.training.strokes import draw_ink, number_strokes

Picture = NDArray[np.float32]
"""Colours (height, width, 3), blue, green, red, 0 to 255."""
Colour = tuple[float, float, float]
Random = np.random.Generator

FOLDER = Path(__file__).parents[1] / "static" / "img" / "samples"
SIZE = (960, 720)
MOST_BYTES = 40_000
BLUE: Colour = (120, 52, 30)
BLACK: Colour = (46, 40, 38)
GREY: Colour = (58, 56, 54)


def paper(rng: Random, colour: Colour = (232, 242, 246), size: tuple[int, int] = SIZE) -> Picture:
    """A sheet that is not quite even."""
    width, height = size
    clouds = cv2.resize(rng.normal(0, 2.2, (6, 8)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    grain = cv2.GaussianBlur(rng.normal(0, 3.5, (height, width)).astype(np.float32), (0, 0), 0.8)
    return np.asarray(np.array(colour, np.float32) + (clouds + grain)[..., None], np.float32)


def rule(sheet: Picture, apart: int, first: int) -> None:
    """Lines to write on."""
    for y in range(first, sheet.shape[0], apart):
        sheet[y : y + 2] = sheet[y : y + 2] * 0.55 + np.array((214, 176, 150), np.float32) * 0.45


def square(sheet: Picture, side: int) -> None:
    """Squared paper."""
    for lines in (sheet[::side], sheet[:, ::side]):
        lines[:] = lines * 0.7 + np.array((206, 186, 172), np.float32) * 0.3


def write(sheet: Picture, text: str, place: tuple[int, int], high: int, hand: Hand, rng: Random, ink: Colour) -> int:
    """A number whose first digit's upper left corner is about at ``place``; the x where it ends."""
    drawn, (left, top) = draw_ink(number_strokes(hand, text, rng)[0], high, hand, rng)
    x, y = place[0] - int(left), place[1] - int(top)
    part = sheet[y : y + drawn.shape[0], x : x + drawn.shape[1]]
    cover = drawn[: part.shape[0], : part.shape[1], None].astype(np.float32) / 255
    part[:] = part * (1 - 0.92 * cover) + np.array(ink, np.float32) * 0.92 * cover
    return x + int(drawn.shape[1])


def lit(sheet: Picture, rng: Random, *, dark: float = 0.25, way: tuple[float, float] = (1.0, 0.6)) -> Picture:
    """Under a lamp that stands to one side."""
    height, width = sheet.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    slope = (columns / width * way[0] + rows / height * way[1]) / (abs(way[0]) + abs(way[1]))
    return np.asarray(sheet * (1.02 - dark * slope)[..., None] + rng.normal(0, 2.0, sheet.shape), np.float32)


def shaded(sheet: Picture, edge: tuple[tuple[int, int], ...], dark: float = 0.42) -> Picture:
    """With the soft shadow of whoever holds the camera."""
    mask = np.zeros(sheet.shape[:2], np.float32)
    cv2.fillPoly(mask, [np.array(edge, np.int32)], 1.0)
    return np.asarray(sheet * (1 - dark * cv2.GaussianBlur(mask, (0, 0), 28))[..., None], np.float32)


def on_a_table(sheet: Picture, corners: tuple[tuple[int, int], ...], rng: Random) -> Picture:
    """The sheet seen at an angle, its corners at these places of the picture, on a wooden table."""
    height, width = sheet.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    rings = np.sin(rows / 17 + 2.5 * np.sin(columns / 310) + rng.normal(0, 0.12, rows.shape)) * 7
    table = np.asarray(np.array((58, 84, 118), np.float32) + rings[..., None], np.float32)
    whole = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(whole, np.array(corners, np.float32))
    seen = cv2.warpPerspective(sheet, matrix, (width, height), flags=cv2.INTER_AREA)
    cover = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, (width, height))
    cover = cv2.GaussianBlur(cover, (0, 0), 1.0)[..., None]
    return np.asarray(seen * cover + table * (1 - cover), np.float32)


def clear_hand(seed: int, pen: Pen = Pen.BALL, wide: float = 0.075) -> Hand:
    """A hand at random that writes with this pen."""
    hand = Hand.sample(np.random.default_rng(seed))
    return replace(hand, pen=pen, pen_width=wide, pressure=0.8, linking=0.0, spacing=max(hand.spacing, 0.16))


def digit(rng: Random) -> Picture:
    sheet = paper(rng)
    square(sheet, 48)
    write(sheet, "4", (390, 240), 230, clear_hand(3, Pen.FELT, 0.09), rng, BLACK)
    return lit(sheet, rng)


def telephone(rng: Random) -> Picture:
    sheet = paper(rng, (226, 240, 247))
    rule(sheet, 84, 74)
    hand = clear_hand(5)
    write(sheet, "020 7946 0958", (136, 342), 56, hand, rng, BLUE)
    return lit(sheet, rng, dark=0.2, way=(-1.0, 0.4))


def amounts(rng: Random) -> Picture:
    sheet = paper(rng)
    rule(sheet, 96, 120)
    hand = clear_hand(32, wide=0.085)
    for row, amount in enumerate(("128.50", "46.00", "309.75", "17.20", "84.60")):
        write(sheet, amount, (560 - 50 * len(amount), 140 + 96 * row), 62, hand, rng, BLUE)
    return lit(sheet, rng, dark=0.22)


def angle(rng: Random) -> Picture:
    sheet = paper(rng, (236, 243, 245))
    write(sheet, "58261", (200, 250), 150, clear_hand(25, Pen.FELT, 0.09), rng, BLACK)
    seen = on_a_table(sheet, ((-40, 30), (990, -150), (1040, 820), (-100, 740)), rng)
    return lit(shaded(seen, ((0, 720), (0, 330), (420, 300), (640, 720))), rng, dark=0.3)


def messy(rng: Random) -> Picture:
    sheet = paper(rng, (214, 224, 230))
    rule(sheet, 90, 60)
    hand = replace(
        Hand.sample(np.random.default_rng(40)),
        pen=Pen.PENCIL,
        pen_width=0.06,
        looseness=0.06,
        overshoot=0.18,
        spacing=-0.06,
        unevenness=0.12,
        pressure=0.7,
    )
    write(sheet, "7149062", (270, 290), 104, hand, rng, GREY)
    return lit(sheet, rng, dark=0.34)


PICTURES: tuple[Callable[[Random], Picture], ...] = (digit, telephone, amounts, angle, messy)
"""What each says stands in its code; a test reads them all with the shipped networks."""


def encoded(picture: Picture) -> bytes:
    """As a JPEG of at most ``MOST_BYTES``."""
    pixels = np.clip(cv2.GaussianBlur(picture, (0, 0), 0.7), 0, 255).astype(np.uint8)
    for quality in range(88, 20, -4):
        data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1])[1]
        if data.nbytes <= MOST_BYTES:
            return data.tobytes()
    raise RuntimeError("This picture has too much grain for its size.")


def main(folder: Path = FOLDER) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, draw in enumerate(PICTURES):
        data = encoded(draw(np.random.default_rng(number)))
        (folder / f"{draw.__name__}.jpg").write_bytes(data)
        print(f"{draw.__name__}.jpg: {len(data)} bytes")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
