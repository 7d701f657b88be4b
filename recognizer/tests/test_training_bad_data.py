"""Data that cannot be trained or measured on: refused with a sentence, before anything is spent on it."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recognizer.domain.errors import BadDataSet
from recognizer.tests.training_material import drawn
from recognizer.training.datasets import Samples
from recognizer.training.evaluation_data import TestPictures, load_evaluation_set
from recognizer.training.foreign import load_foreign
from recognizer.training.lines.material import load_line_material
from recognizer.training.material import load_material
from recognizer.training.parameters import TrainingParameters


def saved(folder: Path, train: Samples, test: Samples) -> str:
    path = folder / "data.npz"
    np.savez(path, x_train=train.pictures, y_train=train.labels, x_test=test.pictures, y_test=test.labels)
    return str(path)


def without(digit: int, samples: Samples) -> Samples:
    return samples.take(samples.labels != digit)


@pytest.mark.parametrize(
    ("train", "test", "sentence"),
    [
        (drawn(3), drawn(20), "x_train holds only 3 samples; at least 100 are needed"),
        (drawn(120), drawn(3), "x_test holds only 3 samples; at least 10 are needed"),
        (without(7, drawn(200)), drawn(20), "y_train has no sample of 7; every digit"),
        (drawn(200), without(0, drawn(20)), "y_test has no sample of 0; every digit"),
    ],
    ids=["three samples", "three to test", "no seven", "no zero to test"],
)
def test_a_set_that_is_too_small_or_lacks_a_digit_is_not_trained_on(
    tmp_path: Path, train: Samples, test: Samples, sentence: str
) -> None:
    parameters = TrainingParameters(architecture="mlp", data=saved(tmp_path, train, test))
    with pytest.raises(BadDataSet, match=sentence):
        load_material(parameters, tmp_path / "checkpoints")
    assert not (tmp_path / "checkpoints").exists()


def test_strips_are_not_written_with_a_set_that_lacks_a_digit(tmp_path: Path) -> None:
    data = saved(tmp_path, without(7, drawn(200)), drawn(20))
    with pytest.raises(BadDataSet, match="no sample of 7"):
        load_line_material(TrainingParameters(architecture="numeral-lines", data=data), tmp_path / "checkpoints")


def test_a_limit_that_leaves_out_a_digit_says_so(tmp_path: Path) -> None:
    ordered = drawn(400).take(np.argsort(drawn(400).labels, kind="stable"))
    data = saved(tmp_path, ordered, drawn(20))
    with pytest.raises(BadDataSet, match=r"Of .*5, 6, 7, 8, 9 no picture is left to learn from.* larger --limit"):
        load_material(TrainingParameters(architecture="mlp", data=data, limit=100), tmp_path / "checkpoints")


def measured(folder: Path, **changed: Any) -> Path:
    """An ``.npz`` of twenty bitmaps of 16 by 16, changed."""
    arrays: dict[str, Any] = {"x_test": np.zeros((20, 16, 16), np.uint8), "y_test": np.arange(20) % 10, **changed}
    path = folder / "bitmaps.npz"
    np.savez(path, **{key: value for key, value in arrays.items() if value is not None})
    return path


def test_pictures_of_any_size_are_measured_on(tmp_path: Path) -> None:
    loaded = load_evaluation_set(measured(tmp_path))
    assert isinstance(loaded, TestPictures)
    assert (loaded.name, loaded.pictures.shape, str(loaded.labels.dtype)) == ("bitmaps", (20, 16, 16), "int64")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"x_test": None}, "lacks x_test"),
        ({"x_test": np.full((20, 16, 16), np.nan)}, r"uint8 of shape \(N, height, width\), but is float64"),
        ({"x_test": np.zeros((20, 256), np.uint8)}, "must be uint8 of shape"),
        ({"x_test": np.zeros((20, 0, 16), np.uint8)}, "must be uint8 of shape"),
        ({"y_test": np.full(20, np.nan)}, "y_test must be whole numbers"),
        ({"y_test": np.arange(20)}, "labels from 0 to 9, but holds 0 to 19"),
        ({"y_test": np.arange(19) % 10}, "20 pictures, but y_test has 19 labels"),
        ({"y_test": np.array([{}] * 20, object)}, "y_test must be whole numbers"),
    ],
)
def test_a_set_to_measure_on_with_wrong_arrays_is_refused(
    tmp_path: Path, changed: dict[str, Any], sentence: str
) -> None:
    path = measured(tmp_path, **changed)
    with pytest.raises(BadDataSet, match=f"bitmaps.npz: .*{sentence}"):
        load_evaluation_set(path)
    with pytest.raises(BadDataSet, match=sentence):
        load_foreign([path])


def bomb(folder: Path, header: bytes, zeros: int) -> Path:
    """A few kilobytes whose x_test claims, or unpacks to, gigabytes."""
    labels = io.BytesIO()
    np.save(labels, np.arange(20) % 10)
    path = folder / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("y_test.npy", labels.getvalue())
        with archive.open("x_test.npy", "w", force_zip64=True) as member:
            member.write(header)
            for _ in range(zeros):
                member.write(bytes(2**20))
    return path


def npy_header(shape: tuple[int, ...]) -> bytes:
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


LONG_HEADER = b"\x93NUMPY\x02\x00" + (2**28).to_bytes(4, "little")


@pytest.mark.parametrize(
    ("header", "zeros", "sentence"),
    [
        (LONG_HEADER, 256, "no array that can be read"),
        (npy_header((2_000_000, 1000, 1000)), 1, "not as long as its header says"),
        (npy_header((10**12, 1, 1)), 1, "must hold 1 to 2,000,000 samples"),
    ],
    ids=["a header of 256 MB", "two terabytes", "a million million pictures"],
)
def test_a_bomb_is_refused_before_memory_is_spent_on_it(
    tmp_path: Path, header: bytes, zeros: int, sentence: str
) -> None:
    path = bomb(tmp_path, header, zeros)
    tracemalloc.start()
    try:
        with pytest.raises(BadDataSet, match=sentence):
            load_evaluation_set(path)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


def test_what_would_unpack_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recognizer.training.evaluation_data.MAX_UNPACKED_BYTES", 2**20)
    with pytest.raises(BadDataSet, match="unpack to more than 1 MB"):
        load_evaluation_set(measured(tmp_path, x_test=np.zeros((20, 400, 400), np.uint8)))
