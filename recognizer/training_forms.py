"""The form that starts a training. Whether its values make sense is for ``recognizer.training`` and services to say."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from recognizer.domain.types import ModelKind
from recognizer.models import DataSet
from recognizer.services.training_starts import models_to_start_from
from recognizer.training.parameters import LIMITS
from recognizer.training.presets import ARCHITECTURES, Preset

READS = {ModelKind.DIGIT: "a digit", ModelKind.NUMBER: "a whole number"}
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

    kind = forms.ChoiceField(label="What shall it read?", choices=[(kind.value, READS[kind]) for kind in ModelKind])
    architecture = forms.ChoiceField(
        label="Network",
        choices=[(name, f"{name}: {item.description}") for name, item in ARCHITECTURES.items()],
        help_text="Each has a preset: how long it learns, and in what steps.",
    )
    data_set = forms.ModelChoiceField(
        DataSet.objects.filter(role=DataSet.Role.TRAIN, format=DataSet.Format.NPZ), label="Data", empty_label=None
    )
    epochs = forms.IntegerField(label="Epochs", required=False, help_text="Left empty: as the network's preset says.")
    batch_size = forms.IntegerField(
        label="Batch size", required=False, help_text="Left empty: as the network's preset says."
    )
    recipe = forms.ChoiceField(
        label="Preset",
        required=False,
        choices=[("", "The usual one"), *((name, name) for name in sorted(RECIPES))],
        help_text="How it learns. “fast” is for networks that have it.",
    )
    seed = forms.IntegerField(label="Seed", initial=1)
    limit = forms.IntegerField(
        label="Samples", required=False, help_text="Train on the first so many only. Left empty: on all."
    )
    init = forms.ChoiceField(label="Start from", required=False, help_text="A model of the same network.")
    folds = forms.IntegerField(
        label="Folds",
        required=False,
        help_text="Cross-validate with so many folds first, each a training of its own. Left empty: none.",
    )
    include_corrections = forms.BooleanField(
        label="Learn from corrections too",
        required=False,
        help_text="From what people who agreed corrected, confirmed or wrote on sheets. To teach the serving model,"
        " start from it.",
    )
    name = forms.CharField(
        label="Name of the model", required=False, max_length=80, help_text="Left empty: its kind and next version."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        models = [(model.name, f"{model.name} ({model.architecture})") for model in models_to_start_from()]
        for key, (low, high) in LIMITS.items():
            if key in self.fields:
                self.fields[key].widget.attrs |= {"min": low, "max": high}
        self.fields["init"].choices = [("", "Fresh weights"), *models]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        architecture = ARCHITECTURES.get(given.get("architecture", ""))
        if architecture is not None and given.get("kind") not in (None, architecture.kind):
            reads = READS[ModelKind(architecture.kind)]
            self.add_error("architecture", ValidationError(f"{architecture.name} reads {reads}: choose that above."))
        return given

    def told(self) -> dict[str, Any]:
        """As ``training_run_enqueue`` takes it."""
        given = self.cleaned_data
        parameters = {key: given[key] for key in PARAMETERS}
        named = {key: given[key] for key in ("data_set", "name", "init", "include_corrections")}
        return {"parameters": {**parameters, "seeds": [given["seed"]]}, **named}

    def complain(self, sentence: str) -> None:
        """Put the sentence of an error beside the field that it is about or, where it is about none, above all."""
        for flag, field in FLAGS.items():
            if sentence.startswith(flag):
                self.add_error(field, "This" + sentence.removeprefix(flag))
                return
        self.add_error(next((field for phrase, field in PHRASES.items() if phrase in sentence), None), sentence)


def presets() -> dict[str, dict[str, Any]]:
    """What the page fills in when a network, or another preset of it, is chosen."""
    return {
        name: {
            "kind": item.kind,
            **_filled_in(item.preset),
            "recipes": {recipe: _filled_in(preset) for recipe, preset in item.recipes.items()},
            "about": f"{item.parameters:,} weights."
            + ("" if item.claim.startswith("none") else f" Its report claims {item.claim}."),
        }
        for name, item in ARCHITECTURES.items()
    }


def _filled_in(preset: Preset) -> dict[str, int]:
    return {"epochs": preset.epochs, "batch_size": preset.batch_size}
