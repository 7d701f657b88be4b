"""The filters of the history as a form: what stands in the address, checked, and shown as chips to take away."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils.formats import date_format

from recognizer.domain.history import HistoryQuery, Sort, search_parse
from recognizer.models import ModelVersion, Upload

SORTS = [
    (Sort.NEWEST, "Newest first"),
    (Sort.OLDEST, "Oldest first"),
    (Sort.LEAST_SURE, "Least sure first"),
    (Sort.SMALLEST, "Smallest number first"),
    (Sort.LARGEST, "Largest number first"),
]
STATES: list[tuple[str, str]] = [
    *[(Upload.State.READ, "Read"), (Upload.State.NEEDS_REVIEW, "Not sure"), (Upload.State.REJECTED, "No digit found")],
    *[
        (Upload.State.FAILED, "Could not be read"),
        (Upload.State.QUEUED, "Waiting"),
        (Upload.State.READING, "Being read"),
    ],
]
SOURCES: list[tuple[str, str]] = [
    *[("file", "File"), ("canvas", "Drawing"), ("paste", "Pasted"), ("camera", "Camera")],
    *[("api", "API"), ("cli", "Command line")],
]
ANY: list[tuple[str, str]] = [("", "Any")]
MOST_DIGITS = 9999
FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(2199, 12, 31)


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": "Write a day as 2026-05-03."},
        validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


def _percentage(label: str) -> forms.FloatField:
    return forms.FloatField(
        label=label,
        required=False,
        min_value=0,
        max_value=100,
        widget=forms.NumberInput(attrs={"min": 0, "max": 100, "step": "any", "inputmode": "decimal"}),
    )


class HistoryForm(forms.Form):
    """Every field may be empty. Unknown names in the address are ignored."""

    q = forms.CharField(
        label="Search",
        required=False,
        max_length=80,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": "4013, 4?13 or 100..250", "autocomplete": "off"}
        ),
    )
    sort = forms.ChoiceField(label="Order", choices=SORTS, required=False)
    since = _day("From")
    until = _day("To")
    state = forms.ChoiceField(label="State", choices=ANY + STATES, required=False)
    source = forms.ChoiceField(label="Source", choices=ANY + SOURCES, required=False)
    model = forms.ChoiceField(label="Read by", required=False)
    digits = forms.IntegerField(
        label="Digits in all",
        required=False,
        min_value=0,
        max_value=MOST_DIGITS,
        widget=forms.NumberInput(attrs={"min": 0, "inputmode": "numeric"}),
    )
    sure_from = _percentage("Sure from, %")
    sure_to = _percentage("Sure to, %")

    def __init__(self, data: QueryDict, *, models: list[ModelVersion]) -> None:
        super().__init__(data, auto_id="filter-%s", label_suffix="")
        self._ids: dict[str, UUID] = {model.name: model.id for model in models}
        choice = self.fields["model"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [*ANY, *((model.name, model.name) for model in models)]
        for field in self.fields.values():
            chosen = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = "form-select" if chosen else "form-control"

    def clean_q(self) -> str:
        try:
            search_parse(self.cleaned_data["q"])
        except ValueError as error:
            raise ValidationError(str(error)) from error
        return str(self.cleaned_data["q"])

    def clean(self) -> dict[str, Any]:
        for low, high, name in (("since", "until", "day"), ("sure_from", "sure_to", "figure")):
            first, last = self.cleaned_data.get(low), self.cleaned_data.get(high)
            if first is not None and last is not None and first > last:
                self.add_error(high, f"This {name} comes before the first one.")
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
            sort=Sort(asked["sort"] or Sort.NEWEST),
            **shares,
        )

    def chips(self) -> list[dict[str, str]]:
        """Each filter of a valid form in words, and the address's query without it."""
        return [
            {"words": f"{field.label}: {self._words(name)}", "without": self._without(name)}
            for name, field in self.fields.items()
            if name != "sort" and self.cleaned_data[name] not in ("", None)
        ]

    def _words(self, name: str) -> str:
        value, field = self.cleaned_data[name], self.fields[name]
        if isinstance(field, forms.ChoiceField):
            return str(dict(field.choices)[value])  # type: ignore[arg-type]
        if isinstance(field, forms.DateField):
            return date_format(value, "j M Y")
        return f"{value:g}" if isinstance(value, float) else str(value)

    def address(self, **instead: str) -> str:
        """The query of this history's address: what is asked for, without empty fields and without a page."""
        kept = QueryDict(mutable=True)
        for name in self.fields:
            value = str(instead.get(name, self.data.get(name, ""))).strip()
            if value and (name, value) != ("sort", Sort.NEWEST):
                kept[name] = value
        return kept.urlencode()

    def _without(self, name: str) -> str:
        return self.address(**{name: ""})
