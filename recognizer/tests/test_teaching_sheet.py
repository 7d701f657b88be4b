"""A photo of the teaching sheet gives a hundred crops with the right labels, however held, or a clear sentence."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from recognizer.domain.errors import BadSheet
from recognizer.tests.pictures import Picture, landscape, page, read_by_shape
from recognizer.tests.teaching_pictures import PIXELS, drawn, filled, photographed, printed
from recognizer.vision import teaching_layout as layout
from recognizer.vision.normalise import normalise_ink
from recognizer.vision.teaching_pdf import Paper, teaching_pdf
from recognizer.vision.teaching_sheet import crops_picture, read_teaching_sheet

ROWS = "".join(str(row) * 10 for row in range(10))
SHEET = filled(drawn())
BLANK = printed()

HELD: dict[str, dict[str, Any]] = {
    "flat": {},
    "askew": {"angle": 7, "tilt": (0.08, 0.15)},
    "upside down": {"angle": 180},
    "on its side": {"angle": 90, "size": (2260, 1700)},
    "on the other side, tilted": {"angle": 262, "tilt": (-0.15, 0.1), "size": (2260, 1700)},
    "from afar": {"fills": 0.5, "move": (0.1, -0.15)},
    "in shadow": {"shadow": 0.65},
    "noisy and dim": {"noise": 14, "shadow": 0.5, "desk": 20},
    "a little blurred": {"blur": 2.5},
    "bent": {"bend": 3},
    "bent much": {"bend": -6, "shadow": 0.4},
    "on white": {"desk": 250},
}


@pytest.fixture(scope="module")
def direct() -> NDArray[np.float32]:
    """What was drawn, normalised without any paper between."""
    write = drawn()
    inks = [write(row, column) for row in range(10) for column in range(10)]
    return np.stack([_soft(normalise_ink(ink)) for ink in inks if ink is not None])


def _soft(crop: Picture) -> NDArray[np.float32]:
    soft = cv2.GaussianBlur(crop.astype(np.float32), (0, 0), 1.0)
    soft -= soft.mean()
    return np.asarray(soft / np.linalg.norm(soft), np.float32)


def check(photo: Picture, direct: NDArray[np.float32], likeness: float = 0.85) -> None:
    """All boxes are found, in their order; each crop shows what was drawn, and its centre of mass is in the middle."""
    found = read_teaching_sheet(photo)
    assert found.written.all()
    assert not found.cut_off.any()
    assert read_by_shape(list(found.crops)) == ROWS
    alike = [float((_soft(crop) * drawn).sum()) for crop, drawn in zip(found.crops, direct, strict=True)]
    assert min(alike) > likeness
    y, x = np.mgrid[0:28, 0:28]
    mass = found.crops.astype(float).sum(axis=(1, 2))
    for axis in (x, y):
        assert abs((found.crops * axis).sum(axis=(1, 2)) / mass - 14).max() < 0.75


@pytest.mark.parametrize("held", HELD)
def test_all_hundred_come_out(held: str, direct: NDArray[np.float32]) -> None:
    check(photographed(SHEET, **HELD[held]), direct)


@given(angle=st.floats(0, 360), across=st.floats(-0.15, 0.15), down=st.floats(-0.15, 0.15), seed=st.integers(0, 99))
@settings(max_examples=8, deadline=None)
def test_at_any_angle_and_tilt_they_come_out(angle: float, across: float, down: float, seed: int) -> None:
    photo = photographed(SHEET, angle=angle, tilt=(across, down), size=(2000, 2000), fills=0.95, seed=seed)
    assert read_by_shape(list(read_teaching_sheet(photo).crops)) == ROWS


def test_a_jpeg_of_a_small_camera_will_do(direct: NDArray[np.float32]) -> None:
    photo = photographed(SHEET, angle=3, tilt=(0, 0.1), size=(1200, 1600))
    jpeg = cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
    check(np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE), np.uint8), direct, likeness=0.8)


def test_letter_paper_and_any_size_of_print_will_do(direct: NDArray[np.float32]) -> None:
    check(photographed(filled(drawn(), Paper.LETTER), size=(1800, 2300)), direct)
    small = cv2.resize(SHEET, None, fx=0.8, fy=0.8, interpolation=cv2.INTER_AREA)
    bordered = cv2.copyMakeBorder(small, 200, 200, 150, 150, cv2.BORDER_CONSTANT, value=255)
    check(photographed(np.asarray(bordered, np.uint8)), direct)


def test_pencil_counts_and_printed_lines_do_not(direct: NDArray[np.float32]) -> None:
    check(photographed(filled(drawn(), darkness=0.4)), direct, likeness=0.8)
    assert not read_teaching_sheet(photographed(BLANK)).written.any()
    assert not read_teaching_sheet(photographed(BLANK, noise=12, shadow=0.6)).written.any()
    assert not read_teaching_sheet(photographed(BLANK, bend=3)).written.any()


def test_empty_boxes_stay_empty_and_specks_are_no_digits() -> None:
    def write(row: int, column: int) -> Picture | None:
        if column == 3:
            speck = np.zeros((144, 112), np.uint8)
            cv2.circle(speck, (50, 70), 4, 255, -1)
            return speck
        return drawn()(row, column) if column < 3 else None

    found = read_teaching_sheet(photographed(filled(write), angle=2))
    assert found.written.reshape(10, 10).all(axis=0).tolist() == [True] * 3 + [False] * 7
    assert not found.crops[~found.written].any()


def test_a_fold_across_empty_boxes_is_no_digit() -> None:
    blank = photographed(BLANK, angle=2)
    rows = np.arange(blank.shape[0])[:, None]
    folded = np.clip(blank - 60 * np.exp(-(((rows - 1100) / 8) ** 2)), 0, 255).astype(np.uint8)
    assert not read_teaching_sheet(folded).written.any()


@pytest.mark.parametrize("darkest", [130, 200])
def test_black_and_white_from_a_scanner_app_will_do(darkest: int) -> None:
    scan = np.where(photographed(SHEET, angle=3, noise=0) > darkest, 255, 0).astype(np.uint8)
    found = read_teaching_sheet(scan)
    assert read_by_shape(list(found.crops)) == ROWS
    assert not found.cut_off.any()


@pytest.mark.parametrize("strength", [-0.05, 0.1])
def test_a_lens_that_bends_lines_will_do(strength: float) -> None:
    photo = photographed(SHEET, angle=3)
    height, width = photo.shape
    y, x = (np.mgrid[0:height, 0:width].astype(np.float32) - [[[height / 2]], [[width / 2]]]) / width
    further = (1 + strength * (x * x + y * y)) * width
    maps = (x * further + width / 2).astype(np.float32), (y * further + height / 2).astype(np.float32)
    bent = np.asarray(cv2.remap(photo, *maps, cv2.INTER_LINEAR, borderValue=90.0), np.uint8)
    assert read_by_shape(list(read_teaching_sheet(bent).crops)) == ROWS


def test_what_goes_on_beyond_its_box_is_said_to() -> None:
    def write(row: int, column: int) -> Picture | None:
        ink = np.zeros((144, 112), np.uint8)
        if (row, column) == (7, 4):
            cv2.line(ink, (20, 30), (111, 30), 255, 8)
            cv2.line(ink, (111, 30), (60, 143), 255, 8)
            return ink
        return drawn()(row, column)

    assert np.flatnonzero(read_teaching_sheet(photographed(filled(write))).cut_off).tolist() == [74]


@pytest.mark.parametrize("picture", [landscape(), page("123\n456"), np.full((300, 400), 255, np.uint8)])
def test_other_pictures_are_no_sheet(picture: Picture) -> None:
    with pytest.raises(BadSheet, match="No sheet was found"):
        read_teaching_sheet(picture)


@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (63, 200)])
def test_no_picture_is_too_small_to_be_refused(size: tuple[int, int]) -> None:
    with pytest.raises(BadSheet, match="No sheet was found"):
        read_teaching_sheet(np.zeros(size, np.uint8))


@pytest.mark.parametrize(
    ("move", "words"),
    [((0.15, 0), "marks at the top right and bottom right of"), ((0, -0.13), "marks at the top left and top right of")],
)
def test_a_corner_outside_of_the_picture_is_named(move: tuple[float, float], words: str) -> None:
    with pytest.raises(BadSheet, match=words):
        read_teaching_sheet(photographed(SHEET, move=move))


def test_one_covered_mark_is_named() -> None:
    covered = SHEET.copy()
    covered[-400:, :300] = 120
    with pytest.raises(BadSheet, match="The black mark at the bottom left of the sheet can't be seen"):
        read_teaching_sheet(photographed(covered))


def test_a_mirrored_sheet_is_none() -> None:
    with pytest.raises(BadSheet, match="No sheet was found"):
        read_teaching_sheet(np.ascontiguousarray(photographed(SHEET)[:, ::-1]))


def test_two_sheets_are_one_too_many() -> None:
    both = np.hstack([photographed(SHEET, size=(1000, 1330))] * 2)
    with pytest.raises(BadSheet, match="more than one sheet"):
        read_teaching_sheet(both)


def test_marks_put_together_from_pieces_are_no_sheet() -> None:
    shuffled = SHEET.copy()
    middle = SHEET.shape[1] // 2
    shuffled[:, :middle], shuffled[:, -middle:] = SHEET[:, -middle:], SHEET[:, :middle]
    with pytest.raises(BadSheet, match="No sheet was found"):
        read_teaching_sheet(photographed(shuffled))


@pytest.mark.parametrize(("how", "words"), [({"blur": 5.6}, "too blurred"), ({"fills": 0.36}, "too small")])
def test_too_blurred_and_too_small_are_said(how: dict[str, Any], words: str) -> None:
    with pytest.raises(BadSheet, match=words):
        read_teaching_sheet(photographed(SHEET, **how))


def test_marks_are_black_squares_that_name_their_corner() -> None:
    seen = [layout.mark_cells(corner) for corner in range(4)]
    assert len({cells.tobytes() for cells in seen}) == 4
    for cells in seen:
        assert cells.shape == (6, 6)
        assert cells[0].all()
        assert cells[:, -1].all()


def test_everything_lies_on_the_paper_and_apart() -> None:
    last = layout.box(9, 9)
    assert last.x + last.width <= layout.WIDTH
    assert last.y + last.height < layout.HEIGHT - layout.MARK
    for width, height in (paper.value for paper in Paper):
        assert width - layout.WIDTH > 20
        assert height - layout.HEIGHT > 20


@pytest.mark.parametrize("paper", Paper)
def test_the_pdf_is_whole(paper: Paper) -> None:
    """Each entry of its table of contents leads to its object, and its stream is as long as it says."""
    data = teaching_pdf(paper)
    start = int(data.rsplit(b"startxref\n", 1)[1].split()[0])
    assert data[start:].startswith(b"xref\n0 8\n")
    entries = data[start:].splitlines()[3:10]
    for number, entry in enumerate(entries, start=1):
        assert data[int(entry.split()[0]) :].startswith(b"%d 0 obj\n" % number)
    stream = data.split(b"stream\n", 1)[1].split(b"\nendstream")[0]
    assert b"/Length %d " % len(stream) in data
    assert stream.count(b" re S") == 100
    assert b"(Write one digit in each box" in stream
    assert teaching_pdf(paper) == data, "the same each time"


def test_the_printed_sheet_has_its_boxes_where_the_layout_says() -> None:
    area, (left, top) = layout.box(3, 5), ((210 - layout.WIDTH) / 2, (297 - layout.HEIGHT) / 2)
    y = round((top + area.y) * PIXELS)
    x = round((left + area.x + area.width / 2) * PIXELS)
    assert BLANK[y - 2 : y + 3, x].min() < 200
    assert BLANK[y + 10, x] == 255


def test_all_crops_make_one_picture() -> None:
    crops = np.zeros((100, 28, 28), np.uint8)
    crops[23, 5, 6] = 255
    picture = crops_picture(crops)
    assert picture.shape == (280, 280)
    assert np.argwhere(picture == 0).tolist() == [[2 * 28 + 5, 3 * 28 + 6]]


def test_a_sheet_reads_the_same_whoever_asks(direct: NDArray[np.float32]) -> None:
    photo = photographed(SHEET, angle=5)
    first, second = read_teaching_sheet(photo), read_teaching_sheet(photo)
    assert (first.crops == second.crops).all()
