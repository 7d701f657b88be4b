"""The engine: the shipped model answers, the same from any thread, and an altered one is refused."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from recognizer.domain.errors import BadModel
from recognizer.inference.card import CARD_FILE, NETWORK_FILE
from recognizer.inference.engine import BATCHES, DigitEngine
from recognizer.tests.plugin import newest_shipped

SHIPPED = newest_shipped("digit")


@pytest.fixture(scope="module")
def engine() -> DigitEngine:
    return DigitEngine.load(SHIPPED)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in (CARD_FILE, NETWORK_FILE):
        shutil.copy(SHIPPED / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def recard(copy: Path) -> Callable[..., None]:
    """Changes fields of the copy's card; the network's digest is made to fit."""

    def change(**fields: Any) -> None:
        card = json.loads((copy / CARD_FILE).read_text(encoding="utf-8"))
        digest = hashlib.sha256((copy / NETWORK_FILE).read_bytes()).hexdigest()
        card.update({"files": {NETWORK_FILE: digest}, **fields})
        (copy / CARD_FILE).write_text(json.dumps(card), encoding="utf-8")

    return change


def digits() -> NDArray[np.uint8]:
    """Ten drawn digits, 0 to 9, about as MNIST's."""
    fields = np.zeros((10, 28, 28), np.uint8)
    for digit in range(10):
        cv2.putText(fields[digit], str(digit), (6, 22), cv2.FONT_HERSHEY_SIMPLEX, 0.75, 255, 2, cv2.LINE_AA)
    return fields


def test_drawn_digits_are_read(engine: DigitEngine) -> None:
    probabilities = engine.probabilities(digits())
    assert probabilities.shape == (10, 10)
    assert probabilities.dtype == np.float32
    assert (probabilities.sum(axis=1) <= 1 + 1e-5).all()
    assert (probabilities.argmax(axis=1) == np.arange(10)).sum() >= 9


def test_no_crops_give_no_answers(engine: DigitEngine) -> None:
    assert engine.probabilities(np.empty((0, 28, 28), np.uint8)).shape == (0, 10)


@pytest.mark.parametrize("count", [1, 2, *BATCHES[:-1], sum(BATCHES) + 1, 150])
def test_the_size_of_the_batch_changes_no_answer(engine: DigitEngine, count: int) -> None:
    crops = np.resize(digits(), (count, 28, 28))
    single = np.concatenate([engine.probabilities(crop[None]) for crop in digits()])
    assert np.allclose(engine.probabilities(crops), np.resize(single, (count, 10)), atol=1e-5)


def test_the_temperature_of_the_card_is_applied(copy: Path, recard: Callable[..., None]) -> None:
    recard(calibration={"temperature": 1.0})
    plain = DigitEngine.load(copy).probabilities(digits())
    recard(calibration={"temperature": 5.0})
    soft = DigitEngine.load(copy).probabilities(digits())
    assert (soft.max(axis=1) < plain.max(axis=1)).all()
    assert (soft.argmax(axis=1) == plain.argmax(axis=1)).all()


def test_eight_threads_get_the_same_answers(engine: DigitEngine) -> None:
    expected = engine.probabilities(digits())
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: engine.probabilities(digits()), range(64)))
    assert all(np.array_equal(answer, expected) for answer in answers)


@pytest.mark.parametrize(
    "crops",
    [np.zeros((28, 28), np.uint8), np.zeros((1, 27, 28), np.uint8), np.zeros((1, 28, 28), np.float32)],
    ids=["two axes", "another size", "floats"],
)
def test_crops_of_another_shape_or_type_are_our_mistake(engine: DigitEngine, crops: Any) -> None:
    with pytest.raises(ValueError, match="Crops must be"):
        engine.probabilities(crops)


def test_an_altered_network_is_refused(copy: Path) -> None:
    network = bytearray((copy / NETWORK_FILE).read_bytes())
    network[len(network) // 2] ^= 1
    (copy / NETWORK_FILE).write_bytes(network)
    with pytest.raises(BadModel, match="sha256 differs"):
        DigitEngine.load(copy)


def test_a_network_cut_short_is_refused(copy: Path, recard: Callable[..., None]) -> None:
    (copy / NETWORK_FILE).write_bytes((copy / NETWORK_FILE).read_bytes()[:1000])
    with pytest.raises(BadModel, match="sha256 differs"):
        DigitEngine.load(copy)
    recard()
    with pytest.raises(BadModel, match="cannot be loaded"):
        DigitEngine.load(copy)


def test_a_missing_network_is_refused(copy: Path) -> None:
    (copy / NETWORK_FILE).unlink()
    with pytest.raises(BadModel, match="lacks its network"):
        DigitEngine.load(copy)


def test_a_model_of_another_kind_is_refused(copy: Path, recard: Callable[..., None]) -> None:
    recard(kind="number")
    with pytest.raises(BadModel, match="reads a number, not a digit"):
        DigitEngine.load(copy)
