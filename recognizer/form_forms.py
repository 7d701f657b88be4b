"""The forms in which a person describes a form of theirs: its name, its sample, and each field of it.

Several fields at once are a formset, so that the page works without JavaScript as well. What is wrong with the fields
together (names, places, rules) is ``services.form_checks``' matter; here it is put beside the field that it is about.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recognizer.domain.check_digits import CheckKind
from recognizer.domain.form_fields import MOST_DIGITS, MOST_MODULUS, FieldRule
from recognizer.domain.types import Box
from recognizer.models import FormField
from recognizer.services.form_checks import MOST_FIELDS, FieldDraft, fields_problems
from recognizer.services.forms import LONGEST_NAME
from recognizer.wording import said

LARGEST = 1_000_000
PLACE = ("x", "y", "width", "height")
ABOUT = {"name": "name", "box": "x", "rule": None}
LONGEST_WEIGHTS = 300
NO_BOX = gettext_lazy("Draw the box on the sample, or type its four numbers.")


def _pixels(label: Any, least: int) -> forms.IntegerField:
    errors = {"required": NO_BOX, "min_value": gettext_lazy("This is less than %(limit_value)s.")}
    return forms.IntegerField(label=label, min_value=least, max_value=LARGEST, error_messages=errors)


class NewFormForm(forms.Form):
    """A new form. The file itself is checked where it is opened, as for every other way in."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=LONGEST_NAME)
    image = forms.FileField(
        label=gettext_lazy("Sample"),
        required=False,
        allow_empty_file=True,
        help_text=gettext_lazy("A scan or a sharp photo of the form, best an empty one."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/*,.tif,.tiff,.bmp,.pdf,.heic,.heif,.avif"}),
    )


class FormNameForm(forms.Form):
    """The name of a form that is there."""

    name = forms.CharField(label=gettext_lazy("Name of the form"), max_length=LONGEST_NAME)


class FieldForm(forms.Form):
    """One field: where it is on the sample, and what is known of what people write into it."""

    id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=LONGEST_NAME,
        error_messages={"required": gettext_lazy("Give the field a name.")},
    )
    x = _pixels(gettext_lazy("From the left"), 0)
    y = _pixels(gettext_lazy("From the top"), 0)
    width = _pixels(gettext_lazy("Width"), 1)
    height = _pixels(gettext_lazy("Height"), 1)
    digits_least = forms.IntegerField(label=gettext_lazy("Digits"), required=False, min_value=1, max_value=MOST_DIGITS)
    digits_most = forms.IntegerField(label=gettext_lazy("up to"), required=False, min_value=1, max_value=MOST_DIGITS)
    least = forms.DecimalField(label=gettext_lazy("Values from"), required=False, max_digits=30, decimal_places=6)
    greatest = forms.DecimalField(label=gettext_lazy("to"), required=False, max_digits=30, decimal_places=6)
    decimals = forms.IntegerField(label=gettext_lazy("Decimals"), required=False, min_value=0, max_value=MOST_DIGITS)
    check_kind = forms.ChoiceField(
        label=gettext_lazy("Check digit"),
        required=False,
        choices=FormField.Check.choices,
    )
    check_weights = forms.CharField(label=gettext_lazy("Weights"), required=False, max_length=LONGEST_WEIGHTS)
    check_modulus = forms.IntegerField(
        label=gettext_lazy("Modulus"), required=False, min_value=2, max_value=MOST_MODULUS
    )
    optional = forms.BooleanField(label=gettext_lazy("May be left empty"), required=False)

    def clean_name(self) -> str:
        return " ".join(str(self.cleaned_data["name"]).split())

    def clean_check_weights(self) -> tuple[int, ...]:
        """Whole numbers; a letter counts as in an IBAN, A 10 and Z 35."""
        words = str(self.cleaned_data["check_weights"]).replace(",", " ").replace(";", " ").split()
        try:
            return tuple(weight for word in words for weight in _weights(word))
        except ValueError as error:
            raise ValidationError(_("Weights are whole numbers with spaces between them, such as 3 1 3 1.")) from error

    def draft(self) -> FieldDraft:
        """What was typed, once it is valid: a count of digits alone is an exact one."""
        data = self.cleaned_data
        least, most = data["digits_least"], data["digits_most"]
        rule = FieldRule(
            digits_least=least,
            digits_most=least if most is None else most,
            least=data["least"],
            greatest=data["greatest"],
            decimals=data["decimals"] or 0,
            check=CheckKind(data["check_kind"]),
            weights=data["check_weights"],
            modulus=data["check_modulus"] if data["check_kind"] == CheckKind.WEIGHTS else None,
            optional=data["optional"],
        )
        return FieldDraft(data["id"], data["name"], Box(*(data[side] for side in PLACE)), rule)

    @property
    def place(self) -> Box | None:
        """Where its box is drawn: what was typed, right or wrong, as long as it is a box."""
        try:
            box = Box(*(int(self[side].value() or 0) for side in PLACE))
        except (ValueError, TypeError):
            return None
        return box if 0 < box.width <= LARGEST and 0 < box.height <= LARGEST else None

    @property
    def has_more(self) -> bool:
        """Whether something stands in what is folded away, or is wrong there."""
        names = ("least", "greatest", "decimals", "optional")
        return any(self[name].value() or self[name].errors for name in names)


class FieldFormSet(forms.BaseFormSet[FieldForm]):
    """All fields of a form whose sample has this size."""

    def __init__(
        self, data: Any = None, *, size: tuple[int, int], initial: list[dict[str, object]] | None = None
    ) -> None:
        super().__init__(data, prefix="fields", initial=initial)
        self.size = size

    def clean(self) -> None:
        """Say beside each field what is wrong with it among the others."""
        if (self.management_form.cleaned_data["TOTAL_FORMS"] or 0) < 0:
            raise ValidationError(_("The fields could not be understood. Load the page anew and try again."))
        held = self._held()
        if any(form.errors for form in held) or len(held) > MOST_FIELDS:
            return
        for problem in fields_problems([form.draft() for form in held], width=self.size[0], height=self.size[1]):
            held[problem.at].add_error(ABOUT[problem.about], said(problem.sentence))

    def drafts(self) -> list[FieldDraft]:
        """The fields as they were typed, once all are valid."""
        return [form.draft() for form in self._held()]

    def _held(self) -> list[FieldForm]:
        """Those that hold a field: not the empty ones, nor those to be taken away."""
        return [form for form in self.forms if form.has_changed() and not form.cleaned_data.get("DELETE")]


FieldForms = cast(
    type[FieldFormSet],
    forms.formset_factory(
        FieldForm,
        formset=FieldFormSet,
        extra=0,
        can_delete=True,
        max_num=MOST_FIELDS,
        absolute_max=MOST_FIELDS + 10,
        validate_max=True,
    ),
)


def field_initial(row: FormField) -> dict[str, object]:
    """A stored field as the form shows it."""
    return {
        "id": row.id,
        "name": row.name,
        **{side: getattr(row, f"box_{side}") for side in PLACE},
        "digits_least": row.digits_least,
        "digits_most": row.digits_most,
        "least": _plain(row.least),
        "greatest": _plain(row.greatest),
        "decimals": row.decimals or None,
        "check_kind": row.check_kind,
        "check_weights": " ".join(map(str, row.check_weights)),
        "check_modulus": row.check_modulus,
        "optional": row.optional,
    }


def _plain(value: Any) -> str | None:
    """A bound without the noughts that the column adds."""
    return None if value is None else f"{value.normalize():f}"


def _weights(word: str) -> Iterable[int]:
    if word.isascii() and word.isalpha():
        return [ord(letter) - ord("A") + 10 for letter in word.upper()]
    return [int(word)]
