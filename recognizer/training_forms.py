"""The form that starts a training. Whether its values make sense is for ``recognizer.training`` and services to say."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recognizer.domain.types import ModelKind
from recognizer.models import DataSet
from recognizer.services.training_starts import models_to_start_from
from recognizer.training.parameters import LIMITS
from recognizer.training.presets import ARCHITECTURES, Architecture, Preset
from recognizer.wording import said, say, say_n

READS = {ModelKind.DIGIT: gettext_lazy("a digit"), ModelKind.NUMBER: gettext_lazy("a whole number")}
PARAMETERS = ("architecture", "recipe", "epochs", "batch_size", "limit", "folds")
RECIPES = {name for item in ARCHITECTURES.values() for name in item.recipes}
FLAGS = {
    "--epochs": "epochs",
    "--batch-size": "batch_size",
    "--limit": "limit",
    "--folds": "folds",
    "A seed": "seed",
}
"""How a sentence about a field begins; beside the field, "This" says enough."""
PHRASES = {
    "The name may": "name",
    "A model named": "name",
    "will make a model named": "name",
    "from its weights": "init",
    "to start from": "init",
    "data set": "data_set",
    "registered to": "data_set",
    "orrection": "include_corrections",
    "has no preset": "recipe",
    "since it was registered": "data_set",
}
"""What a sentence about other fields says."""


class TrainingForm(forms.Form):
    """What to train, on what, and how long. What is left empty comes from the network's preset."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What shall it read?"), choices=[(kind.value, READS[kind]) for kind in ModelKind]
    )
    architecture = forms.ChoiceField(
        label=gettext_lazy("Network"),
        choices=lambda: [(name, f"{name}: {said(item.description)}") for name, item in ARCHITECTURES.items()],
        help_text=gettext_lazy("Each has a preset: how long it learns, and in what steps."),
    )
    data_set = forms.ModelChoiceField(
        DataSet.objects.filter(role=DataSet.Role.TRAIN, format=DataSet.Format.NPZ),
        label=gettext_lazy("Data"),
        empty_label=None,
    )
    epochs = forms.IntegerField(
        label=gettext_lazy("Epochs"),
        required=False,
        help_text=gettext_lazy("Left empty: as the network's preset says."),
    )
    batch_size = forms.IntegerField(
        label=gettext_lazy("Batch size"),
        required=False,
        help_text=gettext_lazy("Left empty: as the network's preset says."),
    )
    recipe = forms.ChoiceField(
        label=gettext_lazy("Preset"),
        required=False,
        choices=[("", gettext_lazy("The usual one")), *((name, name) for name in sorted(RECIPES))],
        help_text=gettext_lazy("How it learns. “fast” is for networks that have it."),
    )
    seed = forms.IntegerField(label=gettext_lazy("Seed"), initial=1)
    limit = forms.IntegerField(
        label=gettext_lazy("Samples"),
        required=False,
        help_text=gettext_lazy("Train on the first so many only. Left empty: on all."),
    )
    init = forms.ChoiceField(
        label=gettext_lazy("Start from"), required=False, help_text=gettext_lazy("A model of the same network.")
    )
    folds = forms.IntegerField(
        label=gettext_lazy("Folds"),
        required=False,
        help_text=gettext_lazy(
            "Cross-validate with so many folds first, each a training of its own. Left empty: none."
        ),
    )
    include_corrections = forms.BooleanField(
        label=gettext_lazy("Learn from corrections too"),
        required=False,
        help_text=gettext_lazy(
            "From what people who agreed corrected, confirmed or wrote on sheets. To teach the serving"
            " model, start from it."
        ),
    )
    name = forms.CharField(
        label=gettext_lazy("Name of the model"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("Left empty: its kind and next version."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        models = [(model.name, f"{model.name} ({model.architecture})") for model in models_to_start_from()]
        for key, (low, high) in LIMITS.items():
            if key in self.fields:
                self.fields[key].widget.attrs |= {"min": low, "max": high}
        self.fields["init"].choices = [("", _("Fresh weights")), *models]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        architecture = ARCHITECTURES.get(given.get("architecture", ""))
        if architecture is not None and given.get("kind") not in (None, architecture.kind):
            reads = READS[ModelKind(architecture.kind)]
            self.add_error(
                "architecture",
                ValidationError(say("{name} reads {reads}: choose that above.", name=architecture.name, reads=reads)),
            )
        return given

    def told(self) -> dict[str, Any]:
        """As ``training_run_enqueue`` takes it."""
        given = self.cleaned_data
        parameters = {key: given[key] for key in PARAMETERS}
        named = {key: given[key] for key in ("data_set", "name", "init", "include_corrections")}
        return {"parameters": {**parameters, "seeds": [given["seed"]]}, **named}

    def complain(self, sentence: str) -> None:
        """Put an error's sentence, a phrase, beside the field that it is about; where it is about none, above all."""
        words = said(sentence)
        for flag, field in FLAGS.items():
            if sentence.startswith(flag):
                # Where another language does not begin with the flag, its sentence stays whole.
                begins = words.startswith(flag)
                self.add_error(field, _("This") + words.removeprefix(flag) if begins else words)
                return
        about = (field for part, field in PHRASES.items() if part in sentence)
        self.add_error(next(about, None), words)


def presets() -> dict[str, dict[str, Any]]:
    """What the page fills in when a network, or another preset of it, is chosen."""
    return {
        name: {
            "kind": item.kind,
            **_filled_in(item.preset),
            "recipes": {recipe: _filled_in(preset) for recipe, preset in item.recipes.items()},
            "about": _about(item),
        }
        for name, item in ARCHITECTURES.items()
    }


def _about(item: Architecture) -> str:
    weights = say_n("{n:,} weight.", "{n:,} weights.", item.parameters)
    if item.claim.startswith("none"):
        return weights
    return f"{weights} {say('Its report claims {claim}.', claim=said(item.claim))}"


def _filled_in(preset: Preset) -> dict[str, int]:
    return {"epochs": preset.epochs, "batch_size": preset.batch_size}
