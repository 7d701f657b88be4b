"""The line network's engine: stripes of grey stand for what the tiny network reads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recognizer.domain.errors import BadModel
from recognizer.domain.types import Expect
from recognizer.inference.agreement import Agreement
from recognizer.inference.decoding import beam_search, collapse_marks
from recognizer.inference.engine import DigitEngine
from recognizer.inference.number_engine import SCALES, WIDTHS, Frames, NumberEngine
from recognizer.tests.tiny_networks import STEP, digit_network, number_network, save_model, stripes

Load = Callable[..., NumberEngine]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads the tiny line network with a card of these fields."""
    return lambda **fields: NumberEngine.load(save_model(tmp_path / "number-9", "number", number_network(), **fields))


def text_of(frames: Frames) -> str:
    return beam_search(collapse_marks(frames.probabilities))[0]


def test_a_strip_is_read(load: Load) -> None:
    frames = load().frames(stripes("40213"))
    assert frames.probabilities.shape == (20, 13)
    assert frames.stride == 4
    assert np.allclose(frames.probabilities.sum(axis=1), 1, atol=1e-5)
    assert text_of(frames) == "40213"


@pytest.mark.parametrize("width", [1, 3, 8, *WIDTHS, WIDTHS[0] + 1, 1000])
def test_black_on_the_right_changes_no_frame(load: Load, width: int) -> None:
    strip = np.resize(stripes("0123456789" * 8), (32, width))
    frames = load().frames(strip).probabilities
    assert len(frames) == -(-width // 4)
    padded = np.pad(strip[:, : width // 4 * 4], ((0, 0), (0, 4)))
    if padded.shape[1] <= WIDTHS[-1]:
        assert np.allclose(load().frames(padded).probabilities[: width // 4], frames[: width // 4], atol=1e-5)


def test_a_strip_wider_than_any_bucket_is_narrowed_and_its_frames_are_wider(load: Load) -> None:
    text = "01234567" * 8
    frames = load().frames(stripes(text, width=16))
    assert (len(frames.probabilities), frames.stride) == (256, 8)
    assert text_of(frames) == text


def test_the_temperature_of_the_card_is_applied(load: Load) -> None:
    plain = load().frames(stripes("7")).probabilities
    soft = load(calibration={"temperature": 4.0}).frames(stripes("7")).probabilities
    assert (soft.max(axis=1) < plain.max(axis=1)).all()


def test_the_agreement_comes_from_the_card(load: Load) -> None:
    assert load().agreement == Agreement()
    fitted = Agreement(line=1.0, digits=0.25, miscount=2.0, trust=(0.5, 1, 1, 1, 1, 1, -0.1))
    engine = load(agreement=fitted.as_json())
    assert engine.agreement_for(Expect()) == engine.agreement_for(Expect(5)) == fitted
    assert engine.agreement_for(Expect(1)) == Agreement()
    assert load(agreement_one=fitted.as_json()).agreement_for(Expect(1)) == fitted


@pytest.mark.parametrize(
    "weights",
    [[], {"line": 1}, {"line": "x", "digits": 1, "miscount": 1, "trust": []}, {**Agreement().as_json(), "trust": [1]}],
)
def test_a_garbled_agreement_is_refused(load: Load, weights: Any) -> None:
    with pytest.raises(BadModel, match="agreement"):
        load(agreement=weights)


def test_eight_threads_get_the_same_answers_at_any_width(load: Load) -> None:
    engine = load()
    texts = ["1", "40213", "0123456789", "7" * 20] * 8
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda text: text_of(engine.frames(stripes(text))), texts)) == texts


@pytest.mark.parametrize(
    "strip",
    [np.zeros((31, 64), np.uint8), np.zeros((32, 0), np.uint8), np.zeros((1, 32, 64), np.uint8), np.zeros((32, 64))],
    ids=["another height", "no width", "three axes", "floats"],
)
def test_strips_of_another_shape_or_type_are_our_mistake(load: Load, strip: Any) -> None:
    with pytest.raises(ValueError, match="A strip must be"):
        load().frames(strip)


def test_a_network_that_reads_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="reads a digit, not a number"):
        NumberEngine.load(save_model(tmp_path / "a", "digit", digit_network()))
    with pytest.raises(BadModel, match="doesn't take pictures of 32 by 64"):
        NumberEngine.load(save_model(tmp_path / "b", "number", digit_network()))
    with pytest.raises(BadModel, match="doesn't take pictures of 28 by 28"):
        DigitEngine.load(save_model(tmp_path / "c", "digit", number_network()))


def test_a_digit_network_may_have_an_eleventh_answer(tmp_path: Path) -> None:
    """None of the ten: the doubt is taken off them."""
    engine = DigitEngine.load(save_model(tmp_path / "digit-9", "digit", digit_network(11)))
    crops = np.stack([np.full((28, 28), symbol * STEP, np.uint8) for symbol in (0, 7, 10)])
    probabilities = engine.probabilities(crops)
    assert probabilities.shape == (3, 10)
    assert probabilities.argmax(axis=1)[:2].tolist() == [0, 7]
    assert probabilities.sum(axis=1) == pytest.approx([1, 1, 0], abs=0.01)


@pytest.mark.parametrize("outputs", [9, 12])
def test_a_digit_network_has_no_other_number_of_answers(tmp_path: Path, outputs: int) -> None:
    with pytest.raises(BadModel, match="neither ten probabilities nor eleven"):
        DigitEngine.load(save_model(tmp_path / "digit-9", "digit", digit_network(outputs)))


def test_a_strip_is_looked_at_in_several_sizes(load: Load) -> None:
    strip = stripes("40213", width=16)
    looks = load().looks(strip)
    assert len(looks) == len(SCALES)
    for look, scale in zip(looks, SCALES, strict=True):
        assert look.stride == pytest.approx(4 / scale, rel=0.02)
        assert len(look.probabilities) * look.stride == pytest.approx(strip.shape[1], abs=8)
    assert text_of(looks[0]) == "40213"
