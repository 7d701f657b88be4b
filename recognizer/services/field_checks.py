"""What a form's field says against a number that a person typed for it."""

from __future__ import annotations

from recognizer.domain.check_digits import CheckKind
from recognizer.domain.form_fields import Doubt, FieldRule, rule_doubt
from recognizer.models import FormField


def typed_doubt(*, field: FormField | None, text: str) -> Doubt:
    """What typed digits break of their field's rule; empty where they keep it, and where there is no field."""
    return "" if field is None else rule_doubt(text, field_rule(field=field))


def field_rule(*, field: FormField) -> FieldRule:
    """A field's row as the rule that it describes."""
    return FieldRule(
        digits_least=field.digits_least,
        digits_most=field.digits_most,
        least=field.least,
        greatest=field.greatest,
        decimals=field.decimals,
        check=CheckKind(field.check_kind),
        weights=tuple(field.check_weights),
        modulus=field.check_modulus,
        optional=field.optional,
    )
