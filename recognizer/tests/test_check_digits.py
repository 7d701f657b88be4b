"""Check digits: published examples, and what every such scheme promises."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from recognizer.domain.check_digits import CheckKind, Equation, equation, letter_values

STEADY = settings(deadline=None, derandomize=True, max_examples=100)
EAN = (*(1, 3) * 6, 1)

PUBLISHED = [
    (CheckKind.LUHN, "79927398713", (), None),  # the usual example of Luhn's formula
    (CheckKind.LUHN, "4111111111111111", (), None),  # a card number made for tests
    (CheckKind.MOD11, "0306406152", (), None),  # ISBN-10
    (CheckKind.MOD97, "3214282912345698765432161182", (), None),  # GB82 WEST 1234 5698 7654 32, letters as numbers
    (CheckKind.MOD97, "89370400440532013000", letter_values("DE"), None),  # the German example of ISO 13616
    (CheckKind.WEIGHTS, "4006381333931", EAN, 10),  # EAN-13
    (CheckKind.WEIGHTS, "73513537", (3, 1, 3, 1, 3, 1, 3, 1), 10),  # EAN-8
]


def check(kind: CheckKind, count: int, weights: tuple[int, ...] = (), modulus: int | None = None) -> Equation:
    found = equation(kind, count, weights, modulus)
    assert found is not None
    return found


@pytest.mark.parametrize(("kind", "text", "weights", "modulus"), PUBLISHED)
def test_published_numbers_hold(kind: CheckKind, text: str, weights: tuple[int, ...], modulus: int | None) -> None:
    assert check(kind, len(text), weights, modulus).holds(text)


@STEADY
@given(st.data())
@pytest.mark.parametrize(("kind", "text", "weights", "modulus"), PUBLISHED)
def test_no_published_scheme_lets_a_wrong_digit_pass(
    kind: CheckKind, text: str, weights: tuple[int, ...], modulus: int | None, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(text) - 1))
    digit = data.draw(st.sampled_from("0123456789").filter(lambda other: other != text[place]))
    assert not check(kind, len(text), weights, modulus).holds(text[:place] + digit + text[place + 1 :])


@STEADY
@given(st.text("0123456789", min_size=3, max_size=20), st.data())
@pytest.mark.parametrize("kind", [CheckKind.MOD11, CheckKind.MOD97])
def test_two_neighbours_that_were_exchanged_are_noticed(kind: CheckKind, text: str, data: st.DataObject) -> None:
    text = text[:10]  # modulus 11 promises no more
    place = data.draw(st.integers(0, len(text) - 2))
    assume(text[place] != text[place + 1])
    exchanged = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    holds = check(kind, len(text)).holds
    assert not (holds(text) and holds(exchanged))


@STEADY
@given(st.text("0123456789", min_size=1, max_size=19))
def test_every_number_has_its_luhn_digit_and_only_one(text: str) -> None:
    assert sum(check(CheckKind.LUHN, len(text) + 1).holds(text + digit) for digit in "0123456789") == 1


@STEADY
@given(st.text("0123456789", min_size=2, max_size=30))
def test_modulus_97_is_division(text: str) -> None:
    assert check(CheckKind.MOD97, len(text)).holds(text) == (int(text) % 97 == 1)


@STEADY
@given(st.text("0123456789", min_size=3, max_size=30))
def test_the_letters_before_an_iban_go_to_its_end_with_the_check_digits(text: str) -> None:
    rearranged = int(text[2:] + "1314" + text[:2])
    assert check(CheckKind.MOD97, len(text), letter_values("DE")).holds(text) == (rearranged % 97 == 1)


def test_without_a_kind_or_a_modulus_there_is_nothing_to_check() -> None:
    assert equation(CheckKind.NONE, 4) is None
    assert equation(CheckKind.WEIGHTS, 4, (1, 2, 3, 4)) is None


def test_digits_behind_the_last_weight_do_not_count() -> None:
    assert check(CheckKind.WEIGHTS, 4, (1, 2), 10).holds("4399")
    assert check(CheckKind.WEIGHTS, 1, (1, 2), 10).holds("0")


def test_letters_count_from_ten() -> None:
    assert letter_values("AZ") == (10, 35)
    with pytest.raises(ValueError, match="“e” is not a letter"):
        letter_values("De")
