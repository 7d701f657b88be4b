"""What the gate measured, and each change of a serving model with what was known then."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

from recognizer.models.model_version import ModelVersion
from recognizer.wording import say


class GateMeasurement(models.Model):
    """What a model made of the gate's samples: kept, since neither ever changes."""

    model = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="measurements")
    samples = models.CharField(max_length=100, help_text=gettext_lazy("Which samples."))
    samples_sha256 = models.CharField(gettext_lazy("SHA-256 of the samples"), max_length=64)
    count = models.PositiveIntegerField()
    right = models.BinaryField(
        help_text=gettext_lazy("A bit for each sample, in their order: whether it was read right.")
    )
    ece = models.FloatField(gettext_lazy("expected calibration error"))
    measured_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["model", "samples"], name="measured_once_on_the_same_samples")
        ]

    def __str__(self) -> str:
        return say("{model} on {samples}", model=self.model, samples=self.samples)


class Activation(models.Model):
    """One change of the model that serves: who, when, what the gate said, and why it was done all the same."""

    class Decision(models.TextChoices):
        ALLOWED = "allowed", gettext_lazy("Allowed")
        NOT_COMPARED = "not_compared", gettext_lazy("Could not be compared")
        OVERRIDDEN = "overridden", gettext_lazy("Refused, and activated all the same")
        ROLLED_BACK = "rolled_back", gettext_lazy("Rolled back")

    REASON_LENGTH = 500

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=16)
    model = models.ForeignKey(ModelVersion, on_delete=models.SET_NULL, null=True, related_name="activations")
    model_name = models.CharField(gettext_lazy("activated"), max_length=80)
    previous = models.ForeignKey(ModelVersion, on_delete=models.SET_NULL, null=True, related_name="+")
    previous_name = models.CharField(gettext_lazy("instead of"), max_length=80, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    decision = models.CharField(max_length=16, choices=Decision.choices)
    outcome = models.JSONField(default=dict, help_text=gettext_lazy("What was compared, and what it showed."))
    reason = models.CharField(
        max_length=REASON_LENGTH, blank=True, help_text=gettext_lazy("Why a refused model was activated.")
    )

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.model_name}, {self.at:%Y-%m-%d %H:%M}"
