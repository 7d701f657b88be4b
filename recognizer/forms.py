"""Forms: what a person may send, checked and named; what happens with it is the services' matter."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from accounts.models import Keep
from recognizer.domain.types import Expect, Source
from recognizer.models import DataSet
from recognizer.wording import said


class FilesInput(forms.ClearableFileInput):
    """A field for one file or several. The form checks one of them; ``views.read_many`` takes them all."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return files.get(name)


class ReadForm(forms.Form):
    """A picture to be read. The file itself is checked by ``services.ingest``, as for every other way in."""

    image = forms.FileField(
        label=gettext_lazy("Picture"),
        required=False,
        allow_empty_file=True,
        # Not every system knows the newer kinds as images, so their names are listed too.
        widget=FilesInput(attrs={"accept": "image/*,.heic,.heif,.avif,.tif,.tiff,.bmp,.pdf,.zip", "multiple": True}),
    )
    expect = forms.CharField(
        label=gettext_lazy("How many digits?"),
        required=False,
        max_length=8,
        widget=forms.NumberInput(
            attrs={"min": 1, "max": Expect.MAX_DIGITS, "placeholder": gettext_lazy("any number of digits")}
        ),
        help_text=gettext_lazy("Leave it empty where you do not know. “1” reads the most central digit."),
    )
    keep = forms.ChoiceField(
        label=gettext_lazy("What is kept?"), choices=Keep.choices, required=False, widget=forms.RadioSelect
    )
    source = forms.ChoiceField(
        choices=[(source.value, source.value) for source in (Source.FILE, Source.CANVAS, Source.PASTE, Source.CAMERA)],
        required=False,
        widget=forms.HiddenInput,
        initial=Source.FILE.value,
    )

    def clean_expect(self) -> Expect:
        try:
            return Expect.parse(self.cleaned_data["expect"])
        except ValueError as error:
            raise ValidationError(said(error)) from error

    def clean_source(self) -> Source:
        return Source(self.cleaned_data["source"] or Source.FILE)


class BatchForm(ReadForm):
    """How the pictures of a batch are to be read."""

    name = forms.CharField(required=False, max_length=200, empty_value="")
    form = forms.UUIDField(required=False)


class CorrectionForm(forms.Form):
    """What the number really is; ``insisted`` is what was asked about already, in a field of a form."""

    asks_again = False

    text = forms.CharField(
        label=gettext_lazy("The number written there"),
        max_length=80,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    insisted = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)


class MarkForm(forms.Form):
    """A number that was missed: a box in pixels of the upright picture, and what it says."""

    LARGEST = 1_000_000

    x = forms.IntegerField(label=gettext_lazy("From the left"), min_value=-LARGEST, max_value=LARGEST)
    y = forms.IntegerField(label=gettext_lazy("From the top"), min_value=-LARGEST, max_value=LARGEST)
    width = forms.IntegerField(label=gettext_lazy("Width"), min_value=1, max_value=LARGEST)
    height = forms.IntegerField(label=gettext_lazy("Height"), min_value=1, max_value=LARGEST)
    text = forms.CharField(
        label=gettext_lazy("What it says"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class ModelImportForm(forms.Form):
    """A model's archive. What is in it is checked by ``services.model_archives``."""

    archive = forms.FileField(
        label=gettext_lazy("Archive"),
        help_text=gettext_lazy("A ZIP file made by “Export” here, or by manage.py models export."),
        widget=forms.ClearableFileInput(attrs={"accept": ".zip,application/zip"}),
    )
    name = forms.CharField(
        label=gettext_lazy("Name here"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("Leave it empty to keep the model's own name."),
    )


class DataSetForm(forms.Form):
    """A data set. What is in it is checked by ``services.datasets``."""

    arrays = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        help_text=gettext_lazy(
            "An .npz with x_test and y_test, and to train on with x_train and y_train as well: uint8,"
            " N×28×28, white ink on black, and labels from 0 to 9."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".npz"}),
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("Letters, digits, dots, dashes and underscores."),
    )
    role = forms.ChoiceField(label=gettext_lazy("What is it for?"), choices=DataSet.Role.choices)
    source = forms.CharField(label=gettext_lazy("Where does it come from?"), required=False, max_length=200)
    licence = forms.CharField(label=gettext_lazy("Licence"), required=False, max_length=200)
