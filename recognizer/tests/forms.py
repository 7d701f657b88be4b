"""Forms as tests describe them: the drawn form's fields, in rows and as the editor sends them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from accounts.models import Keep, User
from recognizer.domain.check_digits import CheckKind
from recognizer.domain.form_fields import FieldRule
from recognizer.models import FormTemplate, Upload
from recognizer.services.form_checks import FieldDraft, field_draft
from recognizer.services.forms import form_change, form_create
from recognizer.services.ingest import picture_ingest
from recognizer.tests.order_form import PLACES, form_png

GOOD, BAD = "4021374", "4021375"
"""A number whose check digit (Luhn) fits, and one whose does not."""

RULES = {
    "Customer": FieldRule(digits_least=7, digits_most=7, check=CheckKind.LUHN),
    "Amount": FieldRule(decimals=2),
    "Month": FieldRule(least=Decimal(1), greatest=Decimal(12), optional=True),
}


def order_form(owner: User, *, name: str = "Order", rules: dict[str, FieldRule] | None = None) -> FormTemplate:
    """The drawn form with its three fields (or those that ``rules`` name), as a person would have described it."""
    form = form_create(owner=owner, name=name, data=form_png())
    rules = RULES if rules is None else rules
    drafts = [FieldDraft(None, field, PLACES[field], rule) for field, rule in rules.items()]
    form_change(form=form, name=name, fields=drafts)
    return form


def typed(*fields: dict[str, Any], name: str = "Order", **more: Any) -> dict[str, Any]:
    """What the editor sends: the form's name and its fields, all of them new ones unless they have an ``id``."""
    data: dict[str, Any] = {"name": name, "fields-TOTAL_FORMS": len(fields), "fields-INITIAL_FORMS": 0, **more}
    for at, field in enumerate(fields):
        data |= {f"fields-{at}-{key}": value for key, value in field.items()}
    return data


def drawn(field: str, **more: Any) -> dict[str, Any]:
    """A field of the drawn form in its place."""
    box = PLACES[field]
    return {"name": field, "x": box.x, "y": box.y, "width": box.width, "height": box.height, **more}


def given(form: FormTemplate, data: bytes, keep: Keep = Keep.ALL) -> Upload:
    """A picture given as a form."""
    upload = picture_ingest(data=data, owner=form.owner, keep=keep, name="order.png", form=form).upload
    assert upload is not None
    upload.refresh_from_db()
    return upload


def fields_of(upload: Upload) -> list[tuple[str, str, str, str]]:
    """Of each number of a picture: its field, its text, its state, and what speaks against it."""
    rows = upload.predictions.select_related("form_field").order_by("order")
    return [(row.form_field.name if row.form_field else "", row.text, row.state, row.doubt) for row in rows]


def shown(response: Any) -> str:
    """A page as text."""
    return str(response.content.decode())


def form_drafts(form: FormTemplate) -> list[FieldDraft]:
    """The fields of a form, to be changed."""
    return [field_draft(row) for row in form.fields.all()]
