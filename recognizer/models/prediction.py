"""What a model read, and what a person said of it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

from recognizer.models.model_version import ModelVersion
from recognizer.models.upload import Upload


class Prediction(models.Model):
    """One number, read from an upload by the models of its time. Only its state changes afterwards."""

    class State(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        NEEDS_REVIEW = "needs_review", "Not sure"
        CORRECTED = "corrected", "Corrected"
        CONFIRMED = "confirmed", "Confirmed"

    class Doubt(models.TextChoices):
        EMPTY = "empty", gettext_lazy("Nothing is written there")
        LENGTH = "length", gettext_lazy("Another count of digits than the form says")
        RANGE = "range", gettext_lazy("Outside of the range that the form says")
        CHECK_DIGIT = "check_digit", gettext_lazy("Its check digit does not fit")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="predictions")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="predictions")
    number_model = models.ForeignKey(
        ModelVersion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="numbers",
        help_text="The line network that read along; its threshold counted.",
    )
    order = models.PositiveSmallIntegerField()
    line = models.PositiveSmallIntegerField(default=0)
    text = models.TextField(help_text="Its digits, however many were found.")
    formatted = models.TextField(blank=True, help_text="With the dots and commas seen between them.")
    confidence = models.FloatField()
    state = models.CharField(max_length=16, choices=State.choices)
    box_x = models.IntegerField()
    box_y = models.IntegerField()
    box_width = models.PositiveIntegerField()
    box_height = models.PositiveIntegerField()
    form_field = models.ForeignKey(
        "recognizer.FormField", on_delete=models.SET_NULL, null=True, blank=True, related_name="predictions"
    )
    doubt = models.CharField(
        max_length=16, blank=True, choices=Doubt.choices, help_text="What speaks against it besides its confidence."
    )
    # Who reviews it now, and until when nobody else is given it.
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    claimed_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["order"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["upload", "order"], name="prediction_order_once_per_upload"),
            models.CheckConstraint(
                condition=models.Q(confidence__gte=0, confidence__lte=1), name="prediction_confidence_is_a_probability"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["confidence"], name="prediction_doubtful", condition=models.Q(state="needs_review"))
        ]

    def __str__(self) -> str:
        return self.text


class DigitResult(models.Model):
    """One digit of a prediction."""

    prediction = models.ForeignKey(Prediction, on_delete=models.CASCADE, related_name="digits")
    order = models.PositiveSmallIntegerField()
    digit = models.PositiveSmallIntegerField()
    confidence = models.FloatField()
    probabilities = models.JSONField(help_text="Ten calibrated probabilities, of 0 to 9.")
    box_x = models.IntegerField()
    box_y = models.IntegerField()
    box_width = models.PositiveIntegerField()
    box_height = models.PositiveIntegerField()
    crop = models.BinaryField(
        null=True, blank=True, help_text="What the model saw, 28 by 28 bytes; empty unless the picture is kept."
    )

    class Meta:
        ordering: ClassVar = ["order"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["prediction", "order"], name="digit_order_once_per_prediction"),
            models.CheckConstraint(condition=models.Q(digit__lte=9), name="digit_is_at_most_nine"),
        ]

    def __str__(self) -> str:
        return str(self.digit)


class Correction(models.Model):
    """What a person says a prediction is. Kept beside it; the newest counts."""

    prediction = models.ForeignKey(Prediction, on_delete=models.CASCADE, related_name="corrections")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    text = models.CharField(max_length=50, blank=True, help_text="Empty: there is no number there.")
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.text
