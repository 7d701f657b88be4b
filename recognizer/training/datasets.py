"""Data sets of digits: found, checked before they are unpacked, and split by hash."""

from __future__ import annotations

import hashlib
import io
import math
import os
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from recognizer.domain.errors import BadDataSet
from recognizer.domain.phrases import phrase

SIDE = 28
CLASSES = 10
MAX_SAMPLES = 2_000_000
"""More than this many pictures in one array is refused before memory is taken for them (1.5 GB)."""
MAX_HEADER_BYTES = 4096
UNREADABLE = (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What damaged, encrypted or unknown kinds of archives raise."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Pictures, uint8 (n, 28, 28), white ink on black, and their labels, int64 (n,)."""

    pictures: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, chosen: NDArray[Any]) -> Samples:
        return Samples(self.pictures[chosen], self.labels[chosen])


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set after checking: its file's sha256, that of its arrays' bytes, and its two parts as they were given."""

    sha256: str
    content_sha256: str
    train: Samples
    test: Samples


@dataclass(frozen=True, slots=True)
class Parts:
    """What was asked for of a data set: its file's sha256, that of the arrays' bytes, samples by the part's name."""

    sha256: str
    content_sha256: str
    samples: dict[str, Samples]


def load_data_set(path: Path) -> DataSet:
    """Read an ``.npz`` with x_train, y_train, x_test and y_test. Raises as ``load_parts``."""
    parts = load_parts(path)
    return DataSet(parts.sha256, parts.content_sha256, parts.samples["train"], parts.samples["test"])


def load_parts(
    path: Path,
    *,
    parts: Sequence[str] = ("train", "test"),
    most_bytes: int | None = None,
    side: int | None = SIDE,
) -> Parts:
    """Read these parts of an ``.npz``: for each, ``x_PART`` and ``y_PART``.

    Shapes and types are checked from the headers before anything is unpacked, and nothing in it is run (no pickles);
    what would unpack to more than ``most_bytes`` is refused. Pictures are ``side`` high and wide; None takes any size.
    Raises BadDataSet with a sentence.
    """
    keys = [f"{axis}_{part}" for part in parts for axis in "xy"]
    try:
        with zipfile.ZipFile(path) as archive:
            members = {name.removesuffix(".npy"): archive.getinfo(name) for name in archive.namelist()}
            missing = [key for key in keys if key not in members]
            if missing:
                lacking, wanted = ", ".join(missing), ", ".join(keys)
                raise BadDataSet(
                    phrase("The data set lacks {lacking}; it needs {wanted}.", lacking=lacking, wanted=wanted)
                )
            if most_bytes is not None and sum(members[key].file_size for key in keys) > most_bytes:
                raise BadDataSet(phrase("The data set would unpack to more than {most:,} MB.", most=most_bytes >> 20))
            arrays = {key: _read(archive, members[key], key, side) for key in keys}
        file_sha256 = sha256_of(path)
    except FileNotFoundError as error:
        raise BadDataSet(phrase("There is no data set at {path}.", path=path)) from error
    except UNREADABLE as error:
        raise BadDataSet(phrase("The data set is no .npz file, or is damaged.")) from error
    content = hashlib.sha256()
    for key in keys:
        content.update(np.ascontiguousarray(arrays[key]).data)
    return Parts(file_sha256, content.hexdigest(), {part: _samples(arrays, part) for part in parts})


def require_every_digit(samples: Samples, part: str, least: int) -> None:
    """Raises BadDataSet where there are fewer than ``least`` samples, or none of some digit."""
    if len(samples) < least:
        raise BadDataSet(
            phrase(
                "x_{part} holds only {count:,} samples; at least {least:,} are needed.",
                part=part,
                count=len(samples),
                least=least,
            )
        )
    if lacking := lacking_digits(samples):
        raise BadDataSet(
            phrase(
                "y_{part} has no sample of {names}; every digit from 0 to 9 is needed.",
                part=part,
                names=", ".join(lacking),
            )
        )


def lacking_digits(samples: Samples) -> list[str]:
    """The digits of which there is no sample."""
    return [str(digit) for digit, count in enumerate(counts_of(samples)) if not count]


def counts_of(samples: Samples) -> list[int]:
    """How many samples there are of each digit, ten numbers."""
    return [int(count) for count in np.bincount(samples.labels, minlength=CLASSES)]


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, key: str, side: int | None) -> NDArray[Any]:
    """One array, its header checked first: a small file can promise to unpack into anything."""
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadDataSet(phrase("{key} is packed in a way that NumPy doesn't use.", key=key))
    shape, dtype, header_bytes = _header(archive, member, key)
    pictures = key.startswith("x_")
    if pictures and (dtype != np.uint8 or not _fits(shape, side)):
        wanted = f"{side}, {side}" if side else "height, width"
        raise BadDataSet(
            phrase(
                "{key} must be uint8 of shape (N, {wanted}), but is {dtype} of {shape}.",
                key=key,
                wanted=wanted,
                dtype=dtype,
                shape=shape,
            )
        )
    if not pictures and (len(shape) != 1 or not np.issubdtype(dtype, np.integer)):
        raise BadDataSet(
            phrase(
                "{key} must be whole numbers of shape (N,), but is {dtype} of {shape}.",
                key=key,
                dtype=dtype,
                shape=shape,
            )
        )
    if not 0 < shape[0] <= MAX_SAMPLES:
        raise BadDataSet(
            phrase(
                "{key} must hold 1 to {max_samples:,} samples, but holds {count:,}.",
                key=key,
                max_samples=MAX_SAMPLES,
                count=shape[0],
            )
        )
    if member.file_size != header_bytes + math.prod(shape) * dtype.itemsize:
        raise BadDataSet(phrase("{key} is not as long as its header says.", key=key))
    with archive.open(member) as stream:
        return np.asarray(npy.read_array(stream, allow_pickle=False))


def _fits(shape: tuple[int, ...], side: int | None) -> bool:
    return len(shape) == 3 and (shape[1:] == (side, side) if side else all(shape[1:]))


def _header(archive: zipfile.ZipFile, member: zipfile.ZipInfo, key: str) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    try:
        with archive.open(member) as packed:
            # A header may claim gigabytes, which numpy would read before it looks at its limit.
            stream = io.BytesIO(packed.read(MAX_HEADER_BYTES))
            version = npy.read_magic(stream)
            reader = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[version]
            shape, _, dtype = reader(stream, max_header_size=MAX_HEADER_BYTES)
            return shape, dtype, stream.tell()
    except Exception as error:  # numpy evaluates the header as Python, so any error of its parser may come
        raise BadDataSet(phrase("{key} in the data set is no array that can be read.", key=key)) from error


def _samples(arrays: dict[str, NDArray[Any]], part: str) -> Samples:
    pictures, labels = arrays[f"x_{part}"], arrays[f"y_{part}"]
    if len(pictures) != len(labels):
        raise BadDataSet(
            phrase(
                "x_{part} has {pictures:,} pictures, but y_{part} has {labels:,} labels.",
                part=part,
                pictures=len(pictures),
                labels=len(labels),
            )
        )
    least, most = int(labels.min()), int(labels.max())
    if least < 0 or most >= CLASSES:
        raise BadDataSet(
            phrase(
                "y_{part} must hold labels from 0 to 9, but holds {least} to {most}.", part=part, least=least, most=most
            )
        )
    return Samples(pictures, labels.astype(np.int64))


def sha256_of(path: Path) -> str:
    """The file's sha256, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def find_mnist(path: Path | None = None, download: Callable[[], Path] | None = None) -> Path:
    """Where MNIST is: the path given, else ``MNIST_PATH``, else Keras's cache, filled by its own download.

    Raises BadDataSet where none of these works.
    """
    if path is not None:
        return path
    if named := os.environ.get("MNIST_PATH"):
        return Path(named)
    try:
        return (download or _keras_download)()
    except Exception as error:  # the network can fail in more ways than Keras documents
        raise BadDataSet(
            phrase("MNIST is neither at MNIST_PATH nor could it be downloaded. Give its mnist.npz with --data.")
        ) from error


def _keras_download() -> Path:
    import keras

    keras.datasets.mnist.load_data("mnist.npz")
    return keras_copy()


def keras_copy() -> Path:
    """Where Keras keeps the MNIST that it downloaded, or will."""
    home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    return home / "datasets" / "mnist.npz"


def hash_split(samples: Samples, share: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices (train, validation): validation is the ``share`` of pictures with the smallest sha256.

    The same pictures whatever their order, so what once decided between models stays out of all later training.
    """
    digests = [hashlib.sha256(picture.tobytes()).digest() for picture in samples.pictures]
    order = np.array(sorted(range(len(digests)), key=digests.__getitem__), np.intp)
    held = int(len(order) * share + 0.5)
    return np.sort(order[held:]), np.sort(order[:held])


def one_hot(labels: NDArray[np.integer], columns: int = CLASSES) -> NDArray[np.float32]:
    """Labels as rows, float32 (n, columns)."""
    rows: NDArray[np.float32] = np.eye(columns, dtype=np.float32)[labels]
    return rows
