"""A labelled digit that a person gave: by correcting or confirming a reading, or on a sheet."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

from recognizer.models.prediction import DigitResult


class Sample(models.Model):
    """One digit to learn from or, a tenth of them, to be judged on.

    It goes with the person who gave it and with the reading that it came from. Only samples in use of people who agree
    to it now are ever taken out of here.
    """

    class Source(models.TextChoices):
        CORRECTION = "correction", gettext_lazy("Corrected")
        CONFIRMATION = "confirmation", gettext_lazy("Confirmed")
        SHEET = "sheet", gettext_lazy("Sheet")

    class State(models.TextChoices):
        USED = "used", gettext_lazy("In use")
        SET_ASIDE = "set_aside", gettext_lazy("Set aside")
        DROPPED = "dropped", gettext_lazy("Dropped")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contributor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="samples")
    digit_result = models.OneToOneField(
        DigitResult, on_delete=models.CASCADE, null=True, blank=True, related_name="sample"
    )
    source = models.CharField(max_length=16, choices=Source.choices)
    label = models.PositiveSmallIntegerField()
    crop = models.BinaryField(help_text=gettext_lazy("As the network sees it, 28 by 28 bytes."))
    sha256 = models.CharField(gettext_lazy("SHA-256 of the crop"), max_length=64)
    held_out = models.BooleanField(help_text=gettext_lazy("Chosen by hash: never trained on, part of the gate."))
    state = models.CharField(max_length=16, choices=State.choices, default=State.USED)
    reason = models.CharField(max_length=200, blank=True, help_text=gettext_lazy("Why it is set aside or was dropped."))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contributor", "sha256"], name="sample_once_per_contributor"),
            models.CheckConstraint(condition=models.Q(label__lte=9), name="sample_label_is_at_most_nine"),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "held_out"], name="sample_to_take")]

    def __str__(self) -> str:
        return f"{self.label} ({self.get_source_display().lower()})"
