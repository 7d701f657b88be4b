"""Data sets: what is taken, what is refused before memory is spent on it, and the split by hash."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recognizer.domain.errors import BadDataSet
from recognizer.training.datasets import Samples, find_mnist, hash_split, load_data_set


def arrays(**changed: Any) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    given: dict[str, Any] = {
        "x_train": rng.integers(0, 256, (30, 28, 28), np.uint8),
        "y_train": np.arange(30) % 10,
        "x_test": rng.integers(0, 256, (10, 28, 28), np.uint8),
        "y_test": np.arange(10, dtype=np.uint8),
    }
    given.update(changed)
    return {key: value for key, value in given.items() if value is not None}


def saved(folder: Path, **changed: Any) -> Path:
    path = folder / "data.npz"
    np.savez_compressed(path, **arrays(**changed))
    return path


def test_a_good_data_set_is_loaded(tmp_path: Path) -> None:
    data = load_data_set(saved(tmp_path))
    assert (len(data.train), len(data.test)) == (30, 10)
    assert data.train.pictures.dtype == np.uint8
    assert data.test.labels.dtype == np.int64


def test_the_same_arrays_packed_anew_are_known_by_their_content(tmp_path: Path) -> None:
    packed = load_data_set(saved(tmp_path))
    np.savez(tmp_path / "plain.npz", **arrays())
    plain = load_data_set(tmp_path / "plain.npz")
    assert packed.sha256 != plain.sha256
    assert packed.content_sha256 == plain.content_sha256


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"y_test": None}, "lacks y_test"),
        ({"x_train": None, "x_test": None}, "lacks x_train, x_test"),
        ({"x_train": np.zeros((30, 32, 32), np.uint8)}, r"x_train must be uint8 of shape \(N, 28, 28\)"),
        ({"x_train": np.zeros((30, 784), np.uint8)}, "x_train must be uint8"),
        ({"x_test": np.zeros((10, 28, 28), np.float32)}, "x_test must be uint8 .* is float32"),
        ({"y_train": np.zeros(30)}, "y_train must be whole numbers"),
        ({"y_train": np.zeros((30, 10), np.int64)}, "y_train must be whole numbers"),
        ({"y_train": np.arange(29) % 10}, "30 pictures, but y_train has 29 labels"),
        ({"y_train": np.arange(30) % 11}, "labels from 0 to 9, but holds 0 to 10"),
        ({"y_train": np.arange(30) % 10 - 1}, "holds -1 to 8"),
        ({"x_test": np.zeros((0, 28, 28), np.uint8), "y_test": np.zeros(0, np.uint8)}, "holds 0"),
        ({"x_train": np.array([{"a": 1}] * 30, dtype=object)}, "x_train must be uint8"),
    ],
)
def test_a_data_set_with_wrong_arrays_is_refused(tmp_path: Path, changed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadDataSet, match=sentence):
        load_data_set(saved(tmp_path, **changed))


@pytest.mark.parametrize("content", [b"", b"not a zip at all", b"PK\x03\x04 but no more"])
def test_a_file_that_is_no_npz_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "data.npz"
    path.write_bytes(content)
    with pytest.raises(BadDataSet, match=r"no \.npz file"):
        load_data_set(path)


def test_a_data_set_cut_short_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(BadDataSet):
        load_data_set(path)


def test_a_data_set_with_a_flipped_byte_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    content = bytearray(path.read_bytes())
    content[2000] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(BadDataSet):
        load_data_set(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadDataSet, match=r"no data set at .*nowhere\.npz"):
        load_data_set(tmp_path / "nowhere.npz")


def forged(tmp_path: Path, header: bytes) -> Path:
    path = tmp_path / "forged.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for key, value in arrays().items():
            stream = io.BytesIO()
            np.save(stream, value)
            archive.writestr(f"{key}.npy", header if key == "x_train" else stream.getvalue())
    return path


def npy_header(shape: str) -> bytes:
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (npy_header("(1000000000, 28, 28)"), "must hold 1 to 2,000,000 samples"),
        (npy_header("(1000000, 28, 28)"), "not as long as its header says"),
        (npy_header("(30, 28"), "no array that can be read"),
        (b"nothing like an array", "no array that can be read"),
    ],
    ids=["a billion pictures", "a million pictures", "a broken header", "no header"],
)
def test_a_header_that_lies_is_refused_before_memory_is_taken(tmp_path: Path, header: bytes, sentence: str) -> None:
    with pytest.raises(BadDataSet, match=sentence):
        load_data_set(forged(tmp_path, header))


def samples(count: int = 60) -> Samples:
    rng = np.random.default_rng(2)
    return Samples(rng.integers(0, 256, (count, 28, 28), np.uint8), np.arange(count) % 10)


def test_the_split_takes_its_share_and_leaves_the_rest() -> None:
    train, validation = hash_split(samples(), 1 / 6)
    assert (len(train), len(validation)) == (50, 10)
    assert sorted([*train, *validation]) == list(range(60))


def test_the_split_does_not_depend_on_the_order() -> None:
    given = samples()
    shuffled = np.random.default_rng(3).permutation(60)
    _, first = hash_split(given, 1 / 6)
    _, second = hash_split(given.take(shuffled), 1 / 6)
    assert set(first) == set(shuffled[second])


def test_a_larger_share_holds_out_what_a_smaller_one_does() -> None:
    _, small = hash_split(samples(), 1 / 6)
    _, large = hash_split(samples(), 0.2)
    assert set(small) < set(large)


def test_mnist_is_where_one_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_PATH", str(tmp_path / "elsewhere.npz"))
    assert find_mnist(tmp_path / "given.npz") == tmp_path / "given.npz"
    assert find_mnist() == tmp_path / "elsewhere.npz"


def test_mnist_is_downloaded_where_nobody_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNIST_PATH", raising=False)
    assert find_mnist(download=lambda: tmp_path / "mnist.npz") == tmp_path / "mnist.npz"


def test_without_a_network_the_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Path:
        raise OSError("no route to host")

    monkeypatch.delenv("MNIST_PATH", raising=False)
    with pytest.raises(BadDataSet, match="--data"):
        find_mnist(download=fail)
