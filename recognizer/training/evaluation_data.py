"""Sets to measure on: an ``.npz`` of pictures, or a folder with ``labels.csv``."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recognizer.domain.errors import BadDataSet
from recognizer.domain.phrases import phrase
from recognizer.training.datasets import load_parts

LABELS_FILE = "labels.csv"
MAX_UNPACKED_BYTES = 2 * 2**30


@dataclass(frozen=True, slots=True)
class TestPictures:
    """Pictures from an ``.npz``: uint8 (n, height, width), white ink on black, and the digit on each."""

    name: str
    pictures: NDArray[np.uint8]
    labels: NDArray[np.int64]

    __test__ = False  # pytest would take the class for tests

    @property
    def fits_the_network(self) -> bool:
        return self.pictures.shape[1:] == (28, 28)


@dataclass(frozen=True, slots=True)
class LabelledFiles:
    """Image files and the text on each; an empty text: there is no number on it.

    ``more`` has each file's other columns of ``labels.csv``, such as its source or medium.
    """

    name: str
    files: tuple[Path, ...]
    texts: tuple[str, ...]
    more: tuple[Mapping[str, str], ...]


def load_evaluation_set(path: Path) -> TestPictures | LabelledFiles:
    """Load ``x_test, y_test`` of an ``.npz``, or a folder whose ``labels.csv`` has the columns ``file,text``.

    Raises BadDataSet with a sentence where it is neither, or broken.
    """
    if path.is_dir():
        return _load_folder(path)
    if path.is_file():
        return _load_npz(path)
    raise BadDataSet(phrase("There is no data set at {path}.", path=path))


def _load_npz(path: Path) -> TestPictures:
    try:
        samples = load_parts(path, parts=("test",), most_bytes=MAX_UNPACKED_BYTES, side=None).samples["test"]
    except BadDataSet as error:
        raise BadDataSet(phrase("{name}: {error}", name=path.name, error=error)) from error
    return TestPictures(path.stem, samples.pictures, samples.labels)


def _load_folder(path: Path) -> LabelledFiles:
    try:
        with (path / LABELS_FILE).open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream))
    except FileNotFoundError as error:
        raise BadDataSet(
            phrase("The folder {path} has no {labels_file}.", path=path, labels_file=LABELS_FILE)
        ) from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadDataSet(phrase("{path} cannot be read as a table.", path=path / LABELS_FILE)) from error
    if not rows or not {"file", "text"} <= rows[0].keys():
        raise BadDataSet(
            phrase("{path} must begin with the header file,text and have rows under it.", path=path / LABELS_FILE)
        )
    root = path.resolve()
    files = tuple((path / (row["file"] or "")) for row in rows)
    for file in files:
        if not file.resolve().is_relative_to(root) or not file.is_file():
            raise BadDataSet(
                phrase("{path} names {name}, which is not in the folder.", path=path / LABELS_FILE, name=file.name)
            )
    more = tuple({key: row[key] or "" for key in row if key not in ("file", "text", None)} for row in rows)
    return LabelledFiles(path.name, files, tuple((row["text"] or "").strip() for row in rows), more)
