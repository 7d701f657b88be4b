"""The forms of the teaching sheet; what happens with what they hold is ``services.sheets``' matter."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recognizer.models import Sheet


class SheetForm(forms.Form):
    """A photo of a filled-in sheet. The file itself is checked where it is read."""

    image = forms.FileField(
        label=gettext_lazy("Photo of the sheet"),
        required=False,
        allow_empty_file=True,
        widget=forms.ClearableFileInput(attrs={"accept": "image/*,.tif,.tiff,.bmp"}),
    )


class ConfirmForm(forms.Form):
    """Which boxes of a sheet are kept, and whether its owner agrees that models learn from them."""

    boxes = forms.TypedMultipleChoiceField(coerce=int, required=False)
    agrees = forms.BooleanField(required=False)

    def __init__(self, *args: Any, sheet: Sheet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["boxes"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = [(at, str(at)) for at, box in enumerate(sheet.boxes) if box]
        field.error_messages["invalid_choice"] = _("One of these boxes is empty or not on the sheet.")
