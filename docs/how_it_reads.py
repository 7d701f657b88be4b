"""Draw the pictures of ``how-it-reads.md``, by the functions that read: ``python -m docs.how_it_reads``.

The sample is ours: two numbers by a hand of ``recognizer.training.strokes``, on ruled paper, photographed.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from docs.drawing import Picture, below, beside, enlarged, frame, in_colour, write
from recognizer.domain.types import Expect, GlyphCrop, NumberCrop, NumberReading, ReadingState
from recognizer.inference.agreement import candidates
from recognizer.inference.alignment import digit_columns
from recognizer.inference.engine import DigitEngine
from recognizer.inference.number_engine import NumberEngine
from recognizer.services.number_reading import number_by_both
from recognizer.tests.pictures import as_jpeg, coloured
from recognizer.tests.sample_pages import clear_hand, lay, on_paper, photo, ruled, written
from recognizer.vision.components import label_pieces
from recognizer.vision.decode import decode
from recognizer.vision.decode_limits import DecodeLimits
from recognizer.vision.ink import PAPER_SIDE, Ink, estimate_paper, find_ink, shrink
from recognizer.vision.layout import find_numbers
from recognizer.vision.rules import remove_rules
from recognizer.vision.strip_digits import strip_digits

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "how-it-reads"
MODELS = ROOT / "models"

SIDEWAYS = 6
"""EXIF orientation of a picture that a phone, held upright, stores lying on its side."""

CREAM, BLUE = (255, 247, 228), (16, 20, 74)

COLOURS = 64
"""Few enough that the photographs stay small files."""

SYMBOLS = ("none", *"0123456789", ".", ",")
RED, GREEN, INK = (200, 40, 40), (20, 130, 60), (30, 30, 30)
PIECES = ((31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40), (148, 103, 189), (140, 86, 75), (23, 190, 207))


def sample_photo() -> bytes:
    """4027 and 813,50 on ruled paper, in blue, as a JPEG from a phone that was held upright."""
    ink = np.zeros((360, 560), np.uint8)
    lay(ink, written("4027", 60, clear_hand({7: "crossed"}, slant=8.0), seed=1), (130, 74))
    lay(ink, written("813,50", 60, clear_hand({1: "flagged"}, slant=8.0, spacing=0.0), seed=5), (180, 178))
    sheet = ruled(on_paper(ink), step=80, first=60, level=96)
    seen = photo(sheet, 1.5, depth=0.02, darkest=0.65)[60:-60, 60:-20]
    return as_jpeg(np.ascontiguousarray(np.rot90(coloured(seen, CREAM, BLUE))), orientation=SIDEWAYS)


@dataclass(frozen=True)
class Walk:
    """A picture on its way through the reader; what two steps need is made once."""

    data: bytes
    digits: DigitEngine
    lines: NumberEngine

    @cached_property
    def gray(self) -> Picture:
        decoded = decode(self.data, DecodeLimits())
        return np.frombuffer(decoded.grey, np.uint8).reshape(decoded.grey_height, decoded.grey_width)

    @cached_property
    def ink(self) -> Ink:
        return find_ink(self.gray)

    @cached_property
    def numbers(self) -> list[NumberCrop]:
        return find_numbers(self.gray, Expect())

    @cached_property
    def readings(self) -> list[NumberReading | None]:
        return [
            number_by_both(number, self.table(number.glyphs), Expect(), self.digits, self.lines)
            for number in self.numbers
        ]

    def table(self, glyphs: Sequence[GlyphCrop]) -> NDArray[np.float32]:
        """What the digit network says of glyphs, (n, 10)."""
        return self.digits.probabilities(np.stack([glyph.crop for glyph in glyphs]))

    def glyphs_seen(self, number: NumberCrop) -> Sequence[GlyphCrop]:
        """A number's glyphs, or what the line network sees where that is another count."""
        looks = self.lines.looks(number.strip.pixels)
        columns = digit_columns([look.probabilities for look in looks], [look.stride for look in looks])
        return number.glyphs if len(columns) == len(number.glyphs) else strip_digits(number, columns)


def decoded(walk: Walk) -> Picture:
    stored = np.asarray(Image.open(io.BytesIO(walk.data)))
    return beside(stored, walk.gray)


def paper(walk: Walk) -> Picture:
    small = estimate_paper(shrink(walk.gray, PAPER_SIDE))
    return beside(walk.gray, np.asarray(cv2.resize(small, walk.gray.shape[::-1]), np.uint8))


def strength(walk: Walk) -> Picture:
    return 255 - walk.ink.strength


def mask(walk: Walk) -> Picture:
    return 255 - walk.ink.mask


def pieces(walk: Walk) -> Picture:
    """The rules, light red, and what is left: each connected piece in a colour of its own."""
    without = remove_rules(walk.ink.mask)
    labels, found = label_pieces(without)
    shown = np.full((*without.shape, 3), 255, np.uint8)
    shown[(walk.ink.mask > 0) & (without == 0)] = (255, 190, 190)
    for index, piece in enumerate(found):
        shown[np.isin(labels, piece.labels)] = PIECES[index % len(PIECES)]
    return shown


def layout(walk: Walk) -> Picture:
    """A box around each glyph, and one around each number with the index of its line."""
    shown = in_colour(walk.gray)
    for number in walk.numbers:
        for glyph in number.glyphs:
            frame(shown, glyph.box, PIECES[0], 1)
        frame(shown, number.box, RED, 2)
        write(shown, f"line {number.line}", (number.box.right + 8, number.box.bottom - 8), RED)
    return shown


def strips(walk: Walk) -> Picture:
    return below(*(enlarged(number.strip.pixels, 4) for number in walk.numbers))


def frames(walk: Walk) -> Picture:
    """The last number's strip, and below each four columns of it how probable each symbol is there, dark for sure."""
    strip, cell, label = walk.numbers[-1].strip.pixels, 16, 52
    [look, *_] = walk.lines.looks(strip)
    shown = in_colour(enlarged(255 - np.rint(255 * look.probabilities.T).astype(np.uint8), cell))
    shown[::cell] = (225, 225, 225)
    legend = np.full((len(shown), label, 3), 255, np.uint8)
    for row, symbol in enumerate(SYMBOLS):
        write(legend, symbol, (4, cell * row + 13), INK, 0.42)
    seen = in_colour(enlarged(strip, cell // 4))
    blank = np.full((len(seen), label, 3), 255, np.uint8)
    return below(np.hstack([blank, seen]), np.hstack([legend, shown]))


def crops(walk: Walk) -> Picture:
    """The glyphs' crops with the digit network's best guesses; below, those that the line network parts."""
    last = walk.numbers[-1]
    return below(*(tiles(walk, glyphs) for glyphs in (*(n.glyphs for n in walk.numbers), walk.glyphs_seen(last))))


def tiles(walk: Walk, glyphs: Sequence[GlyphCrop]) -> Picture:
    row = []
    for glyph, probabilities in zip(glyphs, walk.table(glyphs), strict=True):
        tile = np.full((112, 88, 3), 255, np.uint8)
        tile[:84, 2:86] = in_colour(enlarged(glyph.crop, 3))
        write(tile, f"{probabilities.argmax()}: {probabilities.max():.3f}", (4, 104), INK, 0.45)
        row.append(tile)
    return np.hstack(row)


def agreement(walk: Walk) -> Picture:
    """The likeliest texts of the last number, with the scores of both networks in nats and the weighted sum."""
    number, rules = walk.numbers[-1], walk.lines.agreement_for(Expect())
    looks = [look.probabilities for look in walk.lines.looks(number.strip.pixels)]
    found = candidates(looks, walk.table(walk.glyphs_seen(number)), Expect())
    scores = rules.scores(found)
    shown = np.full((24 * 6 + 12, 520, 3), 255, np.uint8)
    columns = (8, 150, 270, 400)
    for x, title in zip(columns, ("text", "by the line", "by the digits", "together"), strict=True):
        write(shown, title, (x, 20), RED)
    for row, index in enumerate(scores.argsort()[::-1][:5], start=2):
        digits = f"{found.by_digits[index]:.2f}" if found.fits[index] else "other count"
        texts = (found.texts[index] or "(none)", f"{found.by_line[index]:.2f}", digits, f"{scores[index]:.2f}")
        for x, text in zip(columns, texts, strict=True):
            write(shown, text, (x, 24 * row - 4), INK)
    return shown


def answer(walk: Walk) -> Picture:
    """Each number with its text and confidence, green where it is accepted and red where a person should look."""
    shown = in_colour(walk.gray)
    for number in walk.readings:
        if number is not None:
            colour = GREEN if number.state is ReadingState.ACCEPTED else RED
            frame(shown, number.box, colour, 2)
            place = (number.box.right + 8, number.box.y + number.box.height // 2)
            write(shown, f"{number.formatted}  {100 * number.confidence:.1f} %", place, colour, 0.6)
    return shown


STEPS: dict[str, Callable[[Walk], Picture]] = {
    "1-decode": decoded,
    "2-paper": paper,
    "3-strength": strength,
    "4-mask": mask,
    "5-pieces": pieces,
    "6-layout": layout,
    "7-strips": strips,
    "8-frames": frames,
    "9-crops": crops,
    "10-agreement": agreement,
    "11-answer": answer,
}


def newest(kind: str) -> Path:
    """The folder of the newest shipped model of a kind."""
    return max(MODELS.glob(f"{kind}-*"), key=lambda folder: int(folder.name.rpartition("-")[2]))


def draw_all(folder: Path) -> list[Path]:
    """Draw every step's picture into a folder; the paths of the files."""
    walk = Walk(sample_photo(), DigitEngine.load(newest("digit")), NumberEngine.load(newest("number")))
    folder.mkdir(parents=True, exist_ok=True)
    written_to = []
    for name, step in STEPS.items():
        path = folder / f"{name}.png"
        Image.fromarray(step(walk)).quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
        written_to.append(path)
    return written_to


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m docs.how_it_reads", description=__doc__)
    parser.add_argument("--output", type=Path, default=FOLDER, help="folder for the pictures")
    for path in draw_all(parser.parse_args(arguments).output):
        print(f"{path} ({path.stat().st_size / 1000:.1f} kB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
