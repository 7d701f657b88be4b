"""What a person types for a form's field: its point taken out, and a question asked once where it breaks the rule.

The paper is right, whatever the form says: the same typed a second time is kept.
"""

from __future__ import annotations

from recognizer.domain.errors import BreaksRule
from recognizer.models import Prediction
from recognizer.services.field_checks import typed_doubt

POINTS = (".", ",")


def field_text(*, prediction: Prediction, text: str) -> str:
    """The digits of what was typed for a field with decimals: "12.50" and "1,012.50" are 1250 and 101250. What is no
    such number, or was typed for another field, stays as it is.
    """
    field, plain = prediction.form_field, "".join(text.split())
    if field is None or not field.decimals or plain[-field.decimals - 1 : -field.decimals] not in POINTS:
        return text
    digits = plain.replace(".", "").replace(",", "")
    return digits if digits.isascii() and digits.isdigit() else text


def field_text_check(*, prediction: Prediction, text: str, insisted: str = "") -> None:
    """Ask once about digits that break their field's rule: raises BreaksRule, unless they were read so, and confirmed
    with the doubt in sight, or ``insisted`` says the same, which was asked about before.
    """
    if text in (prediction.text, insisted):
        return
    if doubt := typed_doubt(field=prediction.form_field, text=text):
        raise BreaksRule(doubt)
