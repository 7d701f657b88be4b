"""A registered model."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy

from recognizer.domain.types import ModelKind

KINDS = [(ModelKind.DIGIT.value, gettext_lazy("Digit")), (ModelKind.NUMBER.value, gettext_lazy("Number"))]


class ModelVersion(models.Model):
    """One trained network with its card. Exactly one is active and at most one previous, for each kind."""

    class State(models.TextChoices):
        CANDIDATE = "candidate", gettext_lazy("Candidate")
        ACTIVE = "active", gettext_lazy("Active")
        PREVIOUS = "previous", gettext_lazy("Previous")
        ARCHIVED = "archived", gettext_lazy("Archived")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(
        max_length=80, unique=True, help_text=gettext_lazy("Also the name of the folder with its files.")
    )
    kind = models.CharField(max_length=16, choices=KINDS)
    version = models.PositiveIntegerField()
    architecture = models.CharField(max_length=80)
    state = models.CharField(max_length=16, choices=State.choices, default=State.CANDIDATE)
    sha256 = models.CharField(gettext_lazy("SHA-256 of the LiteRT file"), max_length=64)
    metrics = models.JSONField(default=dict, blank=True)
    card = models.JSONField(default=dict, blank=True)
    temperature = models.FloatField(default=1.0)
    threshold = models.FloatField(help_text=gettext_lazy("A reading less sure than this goes to review."))
    created_at = models.DateTimeField(auto_now_add=True)
    activated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["kind", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "version"], name="model_version_once_per_kind"),
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(state="active"), name="one_active_model_per_kind"
            ),
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(state="previous"), name="one_previous_model_per_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.name
