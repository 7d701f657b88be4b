"""Read a form's field: both networks' opinions, weighed with what is known of the number before it is seen.

A number that keeps its field's rule is by far the likelier one, but not the only one: writers slip, and pages are given
as the wrong form. So the texts that break the rule stay in view. By Bayes' rule, with a share ``SLIP`` of writers who
write anything, each text is as probable as the networks say times how much more often the rule lets it be written than
chance. From the texts that the line network proposes, for each length that the rule allows, ``legal_texts`` makes the
best that keep the rule; all of them are then scored exactly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from recognizer.domain.check_digits import equation
from recognizer.domain.form_fields import MOST_DIGITS, FieldRule, rule_doubt
from recognizer.inference.agreement import LEAST, Agreed, Agreement, Candidates, scored, text_of
from recognizer.inference.decoding import (
    SMALLEST,
    Floats,
    Seen,
    beam_search_by_length,
    digit_probabilities,
    log_probabilities_by_look,
)
from recognizer.inference.legal_texts import legal_texts

SLIP = 0.3
"""Share of fields that are taken to hold anything, whatever the rule allows. Fewer do; but to turn a slip of the pen
into another number unseen is worse than to ask. Chosen on held-out digits: with 0.01, of the numbers that kept their
rule 4.5 % went to review, and of those that broke it 25 % were accepted as another; with 0.3, 6.2 % and 6.7 %.
"""

BY_CHANCE = 0.5
"""Share of the texts that a network takes for another number that have, by chance, a length that the rule names."""

NARROWEST = 0.02
"""A range makes its numbers at most so many times likelier, as one part: hardly anyone writes evenly over it."""

BASES = 5
"""Texts of a legal length around which legal ones are sought, and how many around each."""
AROUND = 6

OF_A_LENGTH = 2
"""Texts of each legal length that each look proposes."""


def read_field(looks: Sequence[Floats | Seen], table: Floats, rule: FieldRule, agreement: Agreement) -> Agreed:
    """What a field says, from the line's frames, (T, 13), in each of its looks, and its glyphs' table, (n, 10).

    The text may break the rule, where that is far likelier: ``rule_doubt`` tells.
    """
    seen = [Seen.of(look) for look in looks]
    texts, glyphs = _texts(seen, table, rule, agreement), text_of(table)
    return agreement.answer(seen, table, _weighed(scored(seen, table, texts, glyphs), rule))


def read_field_by_digits(table: Floats, rule: FieldRule) -> Agreed:
    """The same where there is no line network: ``table`` (n, 10) are the digit network's probabilities, n > 0."""
    logs = np.log(np.maximum(table.astype(np.float64), LEAST))
    texts = tuple(dict.fromkeys([text_of(table), *legal_texts(logs, rule, AROUND)]))
    places = np.arange(len(table))
    said = np.array([logs[places, [int(digit) for digit in text]].sum() for text in texts])
    weighed = said + _log_odds_of_rule(texts, rule)
    best = int(weighed.argmax())
    confidence = math.exp(min(0.0, weighed[best] - _log_total(said, weighed)))
    return Agreed(texts[best], confidence, table.astype(np.float64), of_glyphs=True)


def _texts(seen: Sequence[Seen], table: Floats, rule: FieldRule, agreement: Agreement) -> tuple[str, ...]:
    """What the networks propose, legal or not, no number at all, and the best legal texts near the legal ones."""
    free = dict.fromkeys([text for look in seen for text in look.texts] + [text_of(table)])
    bases = [text for text in free if text and len(text) in rule.lengths]
    if rule.says_length:
        longest = min(rule.lengths[-1], MOST_DIGITS) if len(rule.lengths) else 0
        for look in seen:
            by_length = beam_search_by_length(look.frames, longest, OF_A_LENGTH)
            bases += [text for count in rule.lengths for text in by_length.get(count, ())]
    bases = list(dict.fromkeys(bases))
    legal = []
    if bases:
        by_look = log_probabilities_by_look([look.frames for look in seen], bases)
        for index in np.logaddexp.reduce(by_look, axis=0).argsort()[::-1][:BASES].tolist():
            lattice = _lattice(seen, bases[index], by_look[:, index], table, agreement)
            legal += legal_texts(lattice, rule, AROUND)
    return ("", *(text for text in dict.fromkeys([*free, *bases, *legal]) if text))


def _lattice(
    seen: Sequence[Seen], text: str, by_look: NDArray[np.float64], table: Floats, agreement: Agreement
) -> NDArray[np.float64]:
    """What each digit is worth at each place of a text, (n, 10), were the others as they are: both networks' logs."""
    places, own = np.arange(len(text)), [int(digit) for digit in text]
    total = np.zeros((len(text), 10))
    for look, said in zip(seen, by_look, strict=True):
        rows = digit_probabilities(look.frames, text)
        total += rows / np.maximum(rows[places, own], SMALLEST)[:, None] * math.exp(said - by_look.max())
    logs = agreement.line * np.log(np.maximum(total, SMALLEST))
    if len(table) == len(text):
        logs += agreement.digits * np.log(np.maximum(table, LEAST))
    return logs


def _weighed(found: Candidates, rule: FieldRule) -> Candidates:
    """The candidates with what is known of the field before it is seen taken into what the line network says."""
    weighed = found.by_line + _log_odds_of_rule(found.texts, rule)
    return replace(found, by_line=np.minimum(weighed - _log_total(found.by_line, weighed), 0.0))


def _log_total(said: NDArray[np.float64], weighed: NDArray[np.float64]) -> float:
    """The logarithm of what all texts have together after weighing: those not among these have on average as before."""
    rest = max(0.0, 1.0 - float(np.exp(said).sum()))
    return float(np.logaddexp.reduce(np.append(weighed, math.log(max(rest, SMALLEST)))))


def _log_odds_of_rule(texts: Sequence[str], rule: FieldRule) -> NDArray[np.float64]:
    """How many times likelier than by chance each text is written into the field, as logarithms."""
    return np.array([math.log(SLIP + (0.0 if _breaks(t, rule) else (1 - SLIP) / _share(len(t), rule))) for t in texts])


def _breaks(text: str, rule: FieldRule) -> bool:
    return not text or bool(rule_doubt(text, rule))


def _share(count: int, rule: FieldRule) -> float:
    """Which part of all texts keeps the rule as those of this length do."""
    share = min(1.0, BY_CHANCE * len(rule.lengths)) if rule.says_length else 1.0
    low, high = rule.bounds(count)
    share *= min(1.0, max(NARROWEST, (high - low + 1) / float(10**count)))
    check = equation(rule.check, count, rule.weights, rule.modulus)
    return share / check.modulus if check is not None else share
