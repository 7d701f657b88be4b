"""How many photographed teaching sheets are found, and what comes out of them: ``python -m bench.sheets``.

Each sheet is filled in by a hand of our own generator or, with ``--mnist``, with digits of MNIST's test set, and
photographed at random: held one of four ways and askew, tilted, in shadow, bent, blurred, noisy, as a JPEG.
Nothing is stored.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.domain.errors import BadSheet
from recognizer.inference.engine import DigitEngine
from recognizer.tests.pictures import Picture
from recognizer.tests.teaching_pictures import BOX, PIXELS, Writer, filled, photographed
from recognizer.training.hands import Hand
from recognizer.training.strokes import digit_strokes, draw_ink
from recognizer.vision.normalise import normalise_ink
from recognizer.vision.teaching_sheet import read_teaching_sheet

MODELS = Path(__file__).resolve().parent.parent / "models"
ALIKE = 0.8
"""Correlation of a crop, softened, with what was drawn, from which it is the right one."""


@dataclass(slots=True)
class Tally:
    """What came of all sheets."""

    photos: int = 0
    found: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    boxes: int = 0
    right: int = 0
    cut_off: int = 0
    read: int = 0
    doubted: int = 0
    milliseconds: list[float] = field(default_factory=list)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.sheets", description=__doc__)
    parser.add_argument("--photos", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mnist", type=Path, help="an .npz with x_test and y_test to fill the sheets in with")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    newest = max(MODELS.glob("digit-*"), key=lambda folder: int(folder.name.rpartition("-")[2]))
    engine = DigitEngine.load(newest)
    digits = dict(np.load(given.mnist)) if given.mnist else None
    tally = Tally()
    for number in range(given.photos):
        rng = np.random.default_rng([given.seed, number])
        measure(tally, by_mnist(digits, rng) if digits else by_hand(Hand.sample(rng), rng), rng, engine)
    report(tally, newest.name)
    return 0


def measure(tally: Tally, write: Writer, rng: np.random.Generator, engine: DigitEngine) -> None:
    inks = [write(row, column) for row in range(10) for column in range(10)]
    photo = photograph(filled(lambda row, column: inks[10 * row + column], darkness=rng.uniform(0.6, 0.9)), rng)
    tally.photos += 1
    started = time.perf_counter()
    try:
        sheet = read_teaching_sheet(photo)
    except BadSheet as error:
        tally.refused[str(error)] = tally.refused.get(str(error), 0) + 1
        return
    tally.milliseconds.append(1000 * (time.perf_counter() - started))
    drawn = [normalise_ink(ink) for ink in inks if ink is not None]
    table, labels = engine.probabilities(sheet.crops), np.arange(100) // 10
    wrong = table.argmax(axis=1) != labels
    tally.found += 1
    tally.boxes += len(drawn)
    tally.right += sum(_alike(crop, true) > ALIKE for crop, true in zip(sheet.crops, drawn, strict=True))
    tally.cut_off += int(sheet.cut_off.sum())
    tally.read += int((~wrong).sum())
    tally.doubted += int((wrong & (table.max(axis=1) >= engine.card.threshold)).sum())


def by_hand(hand: Hand, rng: np.random.Generator) -> Writer:
    """A hand of the generator; it writes a little smaller where a digit would not fit in its box."""

    def write(row: int, column: int) -> Picture:
        height = rng.uniform(60, 95)
        while True:
            ink, _ = draw_ink(digit_strokes(hand, row, rng), height, hand, rng)
            if ink.shape[0] < BOX[1] - 16 and ink.shape[1] < BOX[0] - 16:
                return _placed(ink, rng)
            height *= 0.9

    return write


def by_mnist(digits: dict[str, NDArray[Any]], rng: np.random.Generator) -> Writer:
    """A digit of MNIST's test set, any of the row's, 10 mm high and as it is."""

    def write(row: int, column: int) -> Picture:
        chosen = rng.choice(np.flatnonzero(digits["y_test"] == row))
        picture = digits["x_test"][chosen][3:25, 3:25]
        large = cv2.resize(picture, (10 * PIXELS, 10 * PIXELS), interpolation=cv2.INTER_CUBIC)
        return _placed(np.asarray(large, np.uint8), rng)

    return write


def _placed(ink: Picture, rng: np.random.Generator) -> Picture:
    box = np.zeros(BOX[::-1], np.uint8)
    room = np.array(box.shape) - ink.shape
    y, x = (room / 2 + rng.uniform(-0.5, 0.5, 2) * np.maximum(room - 16, 0)).astype(int)
    box[y : y + ink.shape[0], x : x + ink.shape[1]] = ink
    return box


def photograph(page: Picture, rng: np.random.Generator) -> Picture:
    """The sheet as some phone or other sees it, as grey after its JPEG is decoded."""
    wide = rng.random() < 0.3
    photo = photographed(
        page,
        angle=float(rng.choice([0, 90, 180, 270]) + rng.normal(0, 6)),
        tilt=(float(rng.normal(0, 0.07)), float(rng.normal(0, 0.1))),
        size=(2309, 1732) if wide else (1732, 2309),
        fills=float(rng.uniform(0.72, 0.97)),
        bend=float(rng.normal(0, 1.5)),
        shadow=float(rng.uniform(0, 0.7)),
        blur=float(rng.uniform(0, 2.5)),
        noise=float(rng.uniform(1, 8)),
        desk=int(rng.integers(20, 240)),
        seed=int(rng.integers(1 << 30)),
    )
    jpeg = cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 95))])[1]
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE), np.uint8)


def _alike(crop: Picture, other: Picture) -> float:
    soft = [cv2.GaussianBlur(each.astype(np.float32), (0, 0), 1.0).ravel() for each in (crop, other)]
    return float(np.corrcoef(soft)[0, 1]) if crop.any() else 0.0


def report(tally: Tally, model: str) -> None:
    print(f"photos {tally.photos}, sheets found {tally.found}")
    for sentence, count in tally.refused.items():
        print(f"  {count} × {sentence}")
    if tally.found:
        print(f"boxes {tally.boxes}, crops right {tally.right}, cut off {tally.cut_off}")
        print(f"{model} reads {tally.read} of them as their row's digit and is sure of another in {tally.doubted}")
        print(f"finding and cutting: median {np.median(tally.milliseconds):.0f} ms a photo")


if __name__ == "__main__":
    raise SystemExit(main())
