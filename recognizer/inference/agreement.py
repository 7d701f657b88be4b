"""One text and one honest confidence from two networks: the line's, which reads a number whole, and the digits'.

The line network proposes its most probable texts, the digit network the text of the glyphs as they were cut. Each is
scored by both: the sum of its log-probabilities, weighted (a product of experts; Hinton, "Training Products of
Experts by Minimizing Contrastive Divergence", 2002). How far the best may be trusted says a logistic function of a
few features, fitted on held-out numbers (Platt, "Probabilistic Outputs for Support Vector Machines", 1999).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.domain.errors import BadModel
from recognizer.domain.types import Expect
from recognizer.inference.decoding import (
    Floats,
    Seen,
    digit_probabilities,
    log_probabilities_by_look,
)

FEATURES = ("constant", "over the others", "by the line", "by the digits", "count fits", "agreed", "length")

LEAST = 1e-4
"""No digit is held for less probable than this: one that the digit network has never seen must not decide alone."""

SUREST = 12.0
"""Log-odds are cut off here: beyond, a network only repeats itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Texts that a number may say, and what each network says of them: log-probabilities of shape (k,), ``by_look``
    those of each of the line network's looks, (looks, k).

    ``fits`` tells which texts have as many digits as glyphs were cut; for the others ``by_digits`` is 0. ``glyphs`` is
    the text of the glyphs alone. The empty text, no number at all, is always among them; where one digit is expected,
    its ``by_digits`` is what the digit network says of "no digit", if it knows such.
    """

    texts: tuple[str, ...]
    by_line: NDArray[np.float64]
    by_look: NDArray[np.float64]
    by_digits: NDArray[np.float64]
    fits: NDArray[np.bool_]
    glyphs: str


def candidates(
    looks: Sequence[Floats | Seen], table: Floats, expect: Expect, *, knows_others: bool = False
) -> Candidates:
    """What a number may say, from the line's frames, (T, 13), in each of its looks at the strip, and its glyphs'
    probabilities, (n, 10). A text is as probable as in the mean of the looks.

    For one expected digit these are the ten; for N, the texts of N digits, where there are any. ``knows_others``: what
    the rows of the table lack to 1 is the digit network's probability of "no digit".
    """
    seen = [Seen.of(look) for look in looks]
    glyphs = text_of(table)
    texts = _texts(seen, glyphs, expect)
    found = scored(seen, table, texts, glyphs)
    if expect.digits == 1 and knows_others and len(table) == 1:
        found.by_digits[texts.index("")] = math.log(max(1.0 - float(table.sum()), LEAST))
    return found


def scored(seen: Sequence[Seen], table: Floats, texts: tuple[str, ...], glyphs: str) -> Candidates:
    """What each network says of these texts; ``glyphs`` is the text of the table's rows."""
    logs = np.log(np.maximum(table.astype(np.float64), LEAST))
    fits = np.array([len(text) == len(table) > 0 for text in texts])
    by_digits = [
        logs[np.arange(len(text)), [int(digit) for digit in text]].sum() if fit else 0.0
        for text, fit in zip(texts, fits, strict=True)
    ]
    by_look = log_probabilities_by_look([look.frames for look in seen], texts)
    by_line = np.logaddexp.reduce(by_look, axis=0) - math.log(len(by_look))
    return Candidates(texts, by_line, by_look, np.array(by_digits), fits, glyphs)


def text_of(table: Floats) -> str:
    """The likeliest digit of each row, (n, 10)."""
    return "".join(map(str, table.argmax(axis=1))) if len(table) else ""


def _texts(seen: Sequence[Seen], glyphs: str, expect: Expect) -> tuple[str, ...]:
    if expect.digits == 1:
        return ("", *map(str, range(10)))
    found = dict.fromkeys([text for look in seen for text in look.texts] + [glyphs])
    if expect.digits is not None:
        found = {text: None for text in found if len(text) == expect.digits} or found
    return ("", *(text for text in found if text))


@dataclass(frozen=True, slots=True, eq=False)
class Agreed:
    """What both networks together say: a text (empty: no number), the probability that all of it is right, ten
    probabilities for each digit, (len(text), 10), whether its digits are the glyphs that were cut, and which of the
    line network's looks saw it best.
    """

    text: str
    confidence: float
    probabilities: NDArray[np.float64]
    of_glyphs: bool
    look: int = 0


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two networks are weighed against each other, and what their agreement is worth.

    ``line`` and ``digits`` weigh the log-probabilities; a text with another count of digits than there are glyphs
    loses ``miscount`` nats. ``trust`` has a weight for each of ``FEATURES``. The defaults trust both alike; a model's
    card has those fitted for it.
    """

    line: float = 1.0
    digits: float = 0.5
    miscount: float = 4.0
    trust: tuple[float, ...] = (0.0, 0.5, 0.3, 0.2, 0.0, 0.5, 0.0)

    @classmethod
    def from_json(cls, raw: Any) -> Agreement:
        """The weights of a model's card; None gives the defaults. Raises BadModel where they are garbled."""
        if raw is None:
            return cls()
        try:
            trust = tuple(float(weight) for weight in raw["trust"])
            weights = cls(float(raw["line"]), float(raw["digits"]), float(raw["miscount"]), trust)
        except (KeyError, TypeError, ValueError) as error:
            raise BadModel("The model card's “agreement” lacks a usable weight.") from error
        finite = all(map(math.isfinite, (weights.line, weights.digits, weights.miscount, *trust)))
        if len(trust) != len(FEATURES) or not finite:
            raise BadModel(f"The model card's “agreement” must have {len(FEATURES)} finite weights of trust.")
        return weights

    def as_json(self) -> Mapping[str, Any]:
        """What ``from_json`` reads."""
        return {**asdict(self), "trust": list(self.trust), "features": list(FEATURES)}

    def scores(self, found: Candidates) -> NDArray[np.float64]:
        """One combined score, in nats, for each candidate, shape (k,)."""
        by_digits = self.digits * found.by_digits - np.where(found.fits, 0.0, self.miscount)
        scores: NDArray[np.float64] = self.line * found.by_line + by_digits
        return scores

    def best(self, found: Candidates) -> int:
        """The candidate with the highest score."""
        return int(self.scores(found).argmax())

    def confidence(self, found: Candidates) -> float:
        """The probability that the best candidate is right."""
        odds = float(np.dot(self.trust, self.features(found)))
        return 1.0 / (1.0 + math.exp(-min(max(odds, -2 * SUREST), 2 * SUREST)))

    def features(self, found: Candidates) -> NDArray[np.float64]:
        """What speaks for the best candidate, shape (7,), as named in ``FEATURES``; probabilities as log-odds."""
        scores = self.scores(found)
        best = int(scores.argmax())
        text, fits = found.texts[best], bool(found.fits[best])
        others = np.delete(scores, best)
        lead = scores[best] - np.logaddexp.reduce(others) if len(others) else SUREST
        return np.array(
            [
                1.0,
                min(max(lead, -SUREST), SUREST),
                _log_odds(found.by_line[best]),
                _log_odds(found.by_digits[best]) if fits else 0.0,
                float(fits),
                float(text == found.glyphs),
                float(len(text)),
            ]
        )

    def agree(
        self, looks: Sequence[Floats | Seen], table: Floats, expect: Expect, *, knows_others: bool = False
    ) -> Agreed:
        """Read a number from the line's frames, (T, 13), in each of its looks, and its glyphs' table, (n, 10)."""
        seen = [Seen.of(look) for look in looks]
        return self.answer(seen, table, candidates(seen, table, expect, knows_others=knows_others))

    def answer(self, seen: Sequence[Seen], table: Floats, found: Candidates) -> Agreed:
        """The best of these candidates, found in these looks and this table of glyphs."""
        best = self.best(found)
        text, fits, confidence = found.texts[best], bool(found.fits[best]), self.confidence(found)
        if not text:
            return Agreed("", confidence, np.empty((0, 10)), of_glyphs=False)
        look = int(found.by_look[:, best].argmax())
        logs = self.line * np.log(np.maximum(digit_probabilities(seen[look].frames, text), LEAST))
        if fits:
            logs += self.digits * np.log(np.maximum(table, LEAST))
        powers = np.exp(logs - logs.max(axis=1, keepdims=True))
        shares = powers / powers.sum(axis=1, keepdims=True)
        return Agreed(text, confidence, _bent(shares, text, confidence), fits, look)


def _log_odds(log_probability: float) -> float:
    """log(p / (1 - p)), between plus and minus ``SUREST``."""
    rest = -math.expm1(min(float(log_probability), 0.0))
    return min(max(float(log_probability) - math.log(max(rest, 1e-12)), -SUREST), SUREST)


def _bent(shares: NDArray[np.float64], text: str, confidence: float) -> NDArray[np.float64]:
    """The digits' probabilities, (n, 10), with the doubt about the number shared out, most to those that were in doubt
    already: the product of the digits' own is the number's confidence. What a digit loses is doubt whether it is one.
    """
    own = np.arange(len(text)), [int(digit) for digit in text]
    sure = np.clip(shares[own], LEAST, 1.0 - LEAST)
    bent = sure ** (math.log(max(confidence, LEAST)) / np.log(sure).sum())
    others: NDArray[np.float64] = shares * np.minimum(1.0, (1.0 - bent) / (1.0 - sure))[:, None]
    others[own] = bent
    return others
