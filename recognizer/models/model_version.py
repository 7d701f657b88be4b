"""A registered model."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from recognizer.domain.types import ModelKind


class ModelVersion(models.Model):
    """One trained network with its card. Exactly one is active and at most one previous, for each kind."""

    class State(models.TextChoices):
        CANDIDATE = "candidate", "Candidate"
        ACTIVE = "active", "Active"
        PREVIOUS = "previous", "Previous"
        ARCHIVED = "archived", "Archived"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80, unique=True, help_text="Also the name of the folder with its files.")
    kind = models.CharField(max_length=16, choices=[(kind.value, kind.value.title()) for kind in ModelKind])
    version = models.PositiveIntegerField()
    architecture = models.CharField(max_length=80)
    state = models.CharField(max_length=16, choices=State.choices, default=State.CANDIDATE)
    sha256 = models.CharField("SHA-256 of the LiteRT file", max_length=64)
    metrics = models.JSONField(default=dict, blank=True)
    card = models.JSONField(default=dict, blank=True)
    temperature = models.FloatField(default=1.0)
    threshold = models.FloatField(help_text="A reading less sure than this goes to review.")
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
