"""The sheet that teaches a hand, as a PDF of one page: lines, squares and words, so it prints sharply at any size.

Written by hand after ISO 32000-1: what it takes of the format is small, and the fonts are those every reader has.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from enum import Enum

import numpy as np

from recognizer.domain.phrases import phrase
from recognizer.vision import teaching_layout as layout
from recognizer.vision.teaching_layout import Area

POINTS = 72 / 25.4
"""Points in a millimetre."""

LINE_GREY, LINE_WIDTH = 0.72, 0.35
"""Light enough that no pen is as light, dark enough to be found on a photo; the width in millimetres."""

LABEL_GREY = 0.5
TEXT_LEFT = layout.MARK + 5
TITLE = phrase("A sheet to teach Numeral your hand")
INSTRUCTIONS = phrase(
    "Write one digit in each box, with a pen, the way you always write: noughts in the first row, then ones, and so on"
    " down to nines. Stay inside the boxes; any that you leave empty are left out."
)
AFTERWARDS = phrase(
    "Then lay the sheet flat in even light, photograph all of it from above, with the four black marks in view, and"
    " upload the photo on the page where you got this sheet."
)
FOOT = phrase("Numeral sheet {version}. Any size of print will do.", version=layout.VERSION)
ENCODING = "cp1252"
"""What the fonts that every reader of PDF has can write."""

Say = Callable[[str], str]


class Paper(Enum):
    """Sizes of paper, in millimetres."""

    A4 = (210.0, 297.0)
    LETTER = (215.9, 279.4)


def teaching_pdf(paper: Paper = Paper.A4, *, say: Say = str, language: str = "en-GB") -> bytes:
    """The sheet as a PDF file, its drawing in the middle of the paper.

    ``say`` puts its sentences into ``language``; what cannot be written in Western letters is left in English.
    """
    if not _can_be_written(say):
        say, language = str, "en-GB"
    width, height = paper.value
    left, top = (width - layout.WIDTH) / 2, (height - layout.HEIGHT) / 2
    # Millimetres from the drawing's upper left corner; text and rectangles turn y over by themselves.
    frame = f"{POINTS:.6f} 0 0 {POINTS:.6f} {left * POINTS:.4f} {(height - top) * POINTS:.4f} cm"
    stream = "\n".join([frame, *_squares(), *_boxes(), *_words(say)]).encode(ENCODING)
    size = f"[0 0 {width * POINTS:.3f} {height * POINTS:.3f}]"
    title = ("\ufeff" + _written(say(TITLE))).encode("utf-16-be").hex()
    fonts = "<< /F1 4 0 R /F2 5 0 R >>"
    return _file(
        f"<< /Type /Catalog /Pages 2 0 R /Lang ({language}) /ViewerPreferences << /DisplayDocTitle true >> >>",
        f"<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox {size} /Resources << /Font {fonts} >> >>",
        "<< /Type /Page /Parent 2 0 R /Contents 6 0 R >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        f"<< /Title <{title}> /Producer (Numeral) >>",
    )


def _squares() -> Iterator[str]:
    """The corner marks: black squares, and on them each run of white cells as one rectangle."""
    cell = layout.MARK / layout.MARK_CELLS
    for corner, ((left, top), *_) in enumerate(layout.mark_corners()):
        yield f"0 g {_rectangle(Area(left, top, layout.MARK, layout.MARK))} f 1 g"
        for row, black in enumerate(layout.mark_cells(corner)):
            edges = np.flatnonzero(np.diff(np.concatenate([[True], black, [True]])))
            for first, end in edges.reshape(-1, 2):
                yield f"{_rectangle(Area(left + first * cell, top + row * cell, (end - first) * cell, cell))} f"


def _boxes() -> Iterator[str]:
    yield f"{LINE_GREY} G {LINE_WIDTH} w"
    for row in range(layout.ROWS):
        for column in range(layout.COLUMNS):
            yield f"{_rectangle(layout.box(row, column))} S"


def _rectangle(area: Area) -> str:
    return f"{area.x:.3f} {-area.y - area.height:.3f} {area.width:.3f} {area.height:.3f} re"


def _written(words: str) -> str:
    """With the fixed spaces that the fonts have."""
    return words.replace("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}")


def _can_be_written(say: Say) -> bool:
    try:
        _written(" ".join(map(say, (TITLE, INSTRUCTIONS, AFTERWARDS, FOOT)))).encode(ENCODING)
    except UnicodeEncodeError:
        return False
    return True


def _two_lines(words: str) -> list[str]:
    """As even as they can be."""
    # Not at fixed spaces, which the standard library would break as well.
    held = _written(words).replace("\N{NO-BREAK SPACE}", "_")
    widths = range(len(held) // 2, len(held) + 1)
    lines = next(lines for width in widths if len(lines := textwrap.wrap(held, width, break_on_hyphens=False)) <= 2)
    return [line.replace("_", "\N{NO-BREAK SPACE}") for line in lines]


def _words(say: Say) -> Iterator[str]:
    yield "0 g"
    yield _text(_written(say(TITLE)), TEXT_LEFT, 4.2, 5.2, bold=True)
    for line, words in enumerate(_two_lines(say(INSTRUCTIONS))):
        yield _text(words, TEXT_LEFT, 8.7 + 3.7 * line, 3.1)
    bottom = layout.HEIGHT - layout.MARK
    for line, words in enumerate(_two_lines(say(AFTERWARDS))):
        yield _text(words, TEXT_LEFT, bottom + 3.2 + 3.7 * line, 3.1)
    yield f"{LABEL_GREY} g"
    yield _text(_written(say(FOOT)), TEXT_LEFT, layout.HEIGHT - 0.6, 2.7)
    for row in range(layout.ROWS):
        area = layout.box(row, 0)
        yield _text(str(row), area.x - 9, area.y + area.height / 2 + 2.3, 6.4, bold=True)


def _text(words: str, x: float, y: float, size: float, *, bold: bool = False) -> str:
    """Words with their baseline at y, their size in millimetres."""
    escaped = words.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return f"BT /F{2 if bold else 1} {size:g} Tf {x:.3f} {-y:.3f} Td ({escaped}) Tj ET"


def _file(*objects: str | bytes) -> bytes:
    """A file of these objects, numbered from 1: the first the catalogue, the last the document's information."""
    parts, offsets = [b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"], []
    for number, each in enumerate(objects, start=1):
        offsets.append(sum(map(len, parts)))
        body = each if isinstance(each, bytes) else each.encode("ascii")
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start, count = sum(map(len, parts)), len(objects) + 1
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n" % count)
    parts += [b"%010d 00000 n \n" % offset for offset in offsets]
    parts.append(
        b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, count - 1, start)
    )
    return b"".join(parts)
