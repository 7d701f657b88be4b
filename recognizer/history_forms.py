"""The filters of the history as a form: what stands in the address, checked, and shown as chips to take away."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

from recognizer.domain.history import HistoryQuery, Sort, search_parse
from recognizer.models import Upload
from recognizer.selectors_history_choices import Choice, HistoryChoices
from recognizer.wording import figures, said, say

Choices = list[tuple[str, StrOrPromise]]

SORTS: Choices = [
    (Sort.NEWEST, _("Newest first")),
    (Sort.OLDEST, _("Oldest first")),
    (Sort.LEAST_SURE, _("Least sure first")),
    (Sort.SMALLEST, _("Smallest number first")),
    (Sort.LARGEST, _("Largest number first")),
]
STATES: Choices = [
    (Upload.State.READ, _("Read")),
    (Upload.State.NEEDS_REVIEW, _("Not sure")),
    (Upload.State.REJECTED, _("No digit found")),
    (Upload.State.FAILED, _("Could not be read")),
    (Upload.State.QUEUED, _("Waiting")),
    (Upload.State.READING, _("Being read")),
]
SOURCES: Choices = [
    ("file", _("File")),
    ("canvas", _("Drawing")),
    ("paste", _("Pasted")),
    ("camera", _("Camera")),
    ("api", "API"),
    ("cli", _("Command line")),
]
ANY: Choices = [("", pgettext_lazy("filter", "Any"))]
MOST_DIGITS = 9999
FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(2199, 12, 31)


def _day(label: StrOrPromise) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": _("Write a day as 2026-05-03.")},
        validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


def _percentage(label: StrOrPromise) -> forms.FloatField:
    return forms.FloatField(
        label=label,
        required=False,
        min_value=0,
        max_value=100,
        widget=forms.NumberInput(attrs={"min": 0, "max": 100, "step": "any", "inputmode": "decimal"}),
    )


def batch_name(batch: Choice) -> str:
    """What a batch is called; one without a name goes by its moment."""
    return batch.name or date_format(timezone.localtime(batch.created_at), "j M Y, H:i")


class HistoryForm(forms.Form):
    """Every field may be empty. Unknown names in the address are ignored. In one batch, pictures stand as they were
    given unless another order is asked for.
    """

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=80,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": _("4013, 4?13 or 100..250"), "autocomplete": "off"}
        ),
    )
    sort = forms.ChoiceField(label=_("Order"), required=False)
    since = _day(pgettext_lazy("day", "From"))
    until = _day(pgettext_lazy("day", "To"))
    state = forms.ChoiceField(label=_("State"), choices=ANY + STATES, required=False)
    source = forms.ChoiceField(label=_("Source"), choices=ANY + SOURCES, required=False)
    model = forms.ChoiceField(label=_("Read by"), required=False)
    batch = forms.ChoiceField(label=_("Batch"), required=False)
    form = forms.ChoiceField(label=_("Form"), required=False)
    digits = forms.IntegerField(
        label=_("Digits in all"),
        required=False,
        min_value=0,
        max_value=MOST_DIGITS,
        widget=forms.NumberInput(attrs={"min": 0, "inputmode": "numeric"}),
    )
    sure_from = _percentage(_("Sure from, %"))
    sure_to = _percentage(_("Sure to, %"))

    def __init__(
        self,
        data: QueryDict,
        *,
        choices: HistoryChoices,
    ) -> None:
        data = data.copy()
        self.default_sort = Sort.GIVEN if choices.batches and data.get("batch", "").strip() else Sort.NEWEST
        if data.get("sort") in (self.default_sort, Sort.GIVEN):
            data["sort"] = ""
        super().__init__(data, auto_id="filter-%s", label_suffix="")
        others = [(value, label) for value, label in SORTS if value != self.default_sort]
        by_default = _("As given") if self.default_sort == Sort.GIVEN else SORTS[0][1]
        self._choose("sort", others, anything=by_default)
        self._ids: dict[str, UUID] = {model.name: model.id for model in choices.models}
        self._choose("model", [(model.name, model.name) for model in choices.models])
        self._choose("batch", [(str(batch.id), batch_name(batch)) for batch in choices.batches])
        self._choose("form", [(str(form.id), form.name) for form in choices.forms])
        for field in self.fields.values():
            chosen = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = "form-select" if chosen else "form-control"

    def _choose(self, name: str, found: Choices, anything: StrOrPromise = ANY[0][1]) -> None:
        """Offer what there is; a filter that would offer nothing is no filter."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", anything), *found]
        if not found and name != "model":
            del self.fields[name]

    def clean_q(self) -> str:
        try:
            search_parse(self.cleaned_data["q"])
        except ValueError as error:
            raise ValidationError(said(error)) from error
        return str(self.cleaned_data["q"])

    def clean(self) -> dict[str, Any]:
        too_early = _("This day comes before the first one.")
        too_little = _("This figure comes before the first one.")
        for low, high, sentence in (("since", "until", too_early), ("sure_from", "sure_to", too_little)):
            first, last = self.cleaned_data.get(low), self.cleaned_data.get(high)
            if first is not None and last is not None and first > last:
                self.add_error(high, str(sentence))
        return self.cleaned_data

    def query(self) -> HistoryQuery:
        """What a valid form asks for."""
        asked = self.cleaned_data
        text, low, high = search_parse(asked["q"])
        shares = {key: asked[key] / 100 for key in ("sure_from", "sure_to") if asked[key] is not None}
        return HistoryQuery(
            text=text,
            low=low,
            high=high,
            since=asked["since"],
            until=asked["until"],
            state=asked["state"],
            source=asked["source"],
            model=self._ids.get(asked["model"]),
            digits=asked["digits"],
            batch=UUID(asked["batch"]) if asked.get("batch") else None,
            form=UUID(asked["form"]) if asked.get("form") else None,
            sort=Sort(asked["sort"] or self.default_sort),
            **shares,
        )

    def chips(self) -> list[dict[str, str]]:
        """Each filter of a valid form in words, and the address's query without it."""
        return [
            {
                "words": say("{filter}: {value}", filter=field.label, value=self._words(name)),
                "without": self._without(name),
            }
            for name, field in self.fields.items()
            if name != "sort" and self.cleaned_data[name] not in ("", None)
        ]

    def _words(self, name: str) -> str:
        value, field = self.cleaned_data[name], self.fields[name]
        if isinstance(field, forms.ChoiceField):
            return str(dict(field.choices)[value])  # type: ignore[arg-type]
        if isinstance(field, forms.DateField):
            return date_format(value, "j M Y")
        return figures(f"{value:g}") if isinstance(value, float) else str(value)

    def address(self, **instead: str) -> str:
        """The query of this history's address: what is asked for, without empty fields and without a page."""
        kept = QueryDict(mutable=True)
        for name in self.fields:
            value = str(instead.get(name, self.data.get(name, ""))).strip()
            if value:
                kept[name] = value
        return kept.urlencode()

    def _without(self, name: str) -> str:
        return self.address(**{name: ""})
