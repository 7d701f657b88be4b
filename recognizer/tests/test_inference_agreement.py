"""Two networks agree, or don't: the text, the confidence, and each digit's share in the doubt."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from recognizer.domain.types import Expect
from recognizer.inference.agreement import FEATURES, Agreed, Agreement, candidates
from recognizer.tests.test_inference_decoding import Frames, written

ANY = Expect()


def glyphs(text: str, sure: float = 0.99) -> NDArray[np.float64]:
    """What the digit network says of these glyphs, shape (n, 10)."""
    table = np.full((len(text), 10), (1 - sure) / 9)
    table[np.arange(len(text)), [int(digit) for digit in text]] = sure
    return table


def agree(frames: Frames, table: NDArray[np.float64], expect: Expect = ANY) -> Agreed:
    return Agreement().agree([frames], table, expect)


def test_what_both_say_is_surer_than_what_one_says() -> None:
    frames = written("407", sure=0.98)
    both, line_alone = agree(frames, glyphs("407")), agree(frames, glyphs("40"))
    assert both.text == line_alone.text == "407"
    assert both.of_glyphs
    assert not line_alone.of_glyphs
    assert both.confidence > 0.95 > line_alone.confidence


def test_where_they_differ_the_surer_one_is_believed_with_doubt() -> None:
    by_line = agree(written("407", sure=0.99), glyphs("401", sure=0.6))
    by_digits = agree(written("407", sure=0.4), glyphs("401", sure=0.999))
    assert (by_line.text, by_digits.text) == ("407", "401")
    assert max(by_line.confidence, by_digits.confidence) < agree(written("407"), glyphs("407")).confidence


def test_wrongly_cut_glyphs_do_not_outvote_the_line() -> None:
    assert agree(written("1000"), glyphs("18")).text == "1000"


def test_a_line_without_a_number_is_none() -> None:
    nothing = np.zeros((16, 13))
    nothing[:, 0] = 1.0
    said = agree(nothing, glyphs("17", sure=0.5))
    assert said.text == ""
    assert said.probabilities.shape == (0, 10)


def test_doubt_whether_there_is_a_number_lowers_the_confidence() -> None:
    sure = agree(written("7", sure=0.95), glyphs("7"))
    doubtful = agree(written("7", sure=0.55), glyphs("7") * 0.5)
    assert doubtful.text == "7"
    assert doubtful.confidence < sure.confidence - 0.1


def test_one_expected_digit_is_one_digit() -> None:
    found = candidates([written("17")], glyphs("7"), Expect(1))
    assert found.texts == ("", *"0123456789")
    assert agree(written("17"), glyphs("7"), Expect(1)).text == "7"


def test_a_lone_digit_that_the_line_doubts_is_read_where_the_digit_network_is_sure_that_it_is_one() -> None:
    hardly, alike = np.full((1, 13), 0.06 / 11), Agreement(line=1.0, digits=1.0, miscount=2.0)
    hardly[0, 0], hardly[0, 8] = 0.9, 0.04  # nothing, most probably; else a 7

    def read(sure: float, knows_others: bool) -> str:
        return alike.agree([hardly], glyphs("7") * sure, Expect(1), knows_others=knows_others).text

    assert read(0.999, knows_others=False) == ""
    assert read(0.999, knows_others=True) == "7"
    assert read(0.2, knows_others=True) == ""


def test_without_an_answer_for_what_is_no_digit_nothing_is_made_of_what_lacks_to_one() -> None:
    half = glyphs("7") * 0.5  # of which as much again is doubt
    plain, known = (candidates([written("7")], half, Expect(1), knows_others=knows) for knows in (False, True))
    assert plain.by_digits[plain.texts.index("")] == 0.0
    assert known.by_digits[known.texts.index("")] == pytest.approx(np.log(0.5))
    assert candidates([written("17")], glyphs("17"), ANY, knows_others=True).by_digits[0] == 0.0


def test_n_expected_digits_are_preferred_where_anything_has_so_many() -> None:
    frames = written("407", sure=0.7)
    assert agree(frames, glyphs("40"), Expect(2)).text == "40"
    assert len(agree(frames, glyphs("407"), Expect(3)).text) == 3
    assert agree(written("407", sure=0.999), glyphs("407"), Expect(9)).text == "407"


def test_without_any_glyph_the_line_decides_alone() -> None:
    said = agree(written("407"), np.empty((0, 10)))
    assert (said.text, said.of_glyphs) == ("407", False)


@pytest.mark.parametrize("second", ["7", "1"])
def test_the_digits_share_the_doubt_about_the_number(second: str) -> None:
    said = agree(written("47", sure=0.8), glyphs(f"4{second}", sure=0.9))
    own = said.probabilities[np.arange(2), [int(digit) for digit in said.text]]
    assert own.prod() == pytest.approx(said.confidence, abs=1e-3)
    assert (said.probabilities >= 0).all()
    assert (said.probabilities.sum(axis=1) <= 1 + 1e-6).all()
    if second == "1":
        assert own[1] < own[0]


def test_the_features_are_finite_whatever_is_read() -> None:
    rng = np.random.default_rng(3)
    for count in range(6):
        found = candidates([rng.dirichlet(np.full(13, 0.1), 20)], rng.dirichlet(np.full(10, 0.1), count), ANY)
        features = Agreement().features(found)
        assert features.shape == (len(FEATURES),)
        assert np.isfinite(features).all()
        assert 0 < Agreement().confidence(found) < 1


def test_a_text_is_as_probable_as_in_the_mean_of_the_looks() -> None:
    one, other = written("407", sure=0.99), written("401", sure=0.99)
    found = candidates([one, other], glyphs("407"), ANY)
    alone = candidates([one], glyphs("407"), ANY)
    at, before = found.texts.index("407"), alone.texts.index("407")
    assert np.exp(found.by_line[at]) == pytest.approx(np.exp(alone.by_line[before]) / 2, rel=0.05)


def test_the_look_that_saw_the_text_best_is_named() -> None:
    said = Agreement().agree([written("401", sure=0.6), written("407", sure=0.99)], glyphs("407"), ANY)
    assert said.text == "407"
    assert said.look == 1


def test_certainty_itself_stays_a_number() -> None:
    frames = np.eye(13)[[0, 8, 0, 2, 0]]
    said = agree(frames, np.eye(10)[[7, 1]])
    assert said.text == "71"
    assert np.isfinite(said.probabilities).all()
    assert 0.99 < said.confidence < 1
