"""A labelled digit that a person gave: by correcting or confirming a reading, or on a sheet."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from recognizer.models.prediction import DigitResult


class Sample(models.Model):
    """One digit to learn from or, a tenth of them, to be judged on.

    It goes with the person who gave it and with the reading that it came from. Only samples in use of people who agree
    to it now are ever taken out of here.
    """

    class Source(models.TextChoices):
        CORRECTION = "correction", "Corrected"
        CONFIRMATION = "confirmation", "Confirmed"
        SHEET = "sheet", "Sheet"

    class State(models.TextChoices):
        USED = "used", "In use"
        SET_ASIDE = "set_aside", "Set aside"
        DROPPED = "dropped", "Dropped"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contributor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="samples")
    digit_result = models.OneToOneField(
        DigitResult, on_delete=models.CASCADE, null=True, blank=True, related_name="sample"
    )
    source = models.CharField(max_length=16, choices=Source.choices)
    label = models.PositiveSmallIntegerField()
    crop = models.BinaryField(help_text="As the network sees it, 28 by 28 bytes.")
    sha256 = models.CharField("SHA-256 of the crop", max_length=64)
    held_out = models.BooleanField(help_text="Chosen by hash: never trained on, part of the gate.")
    state = models.CharField(max_length=16, choices=State.choices, default=State.USED)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it is set aside or was dropped.")
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
