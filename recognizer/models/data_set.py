"""A registered data set."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy


class DataSet(models.Model):
    """Labelled samples: where they lie, what they are for, and how they were when they were registered."""

    class Role(models.TextChoices):
        TRAIN = "train", gettext_lazy("Train")
        GATE = "gate", gettext_lazy("Gate")
        EVALUATE = "evaluate", gettext_lazy("Evaluate")

    class Format(models.TextChoices):
        NPZ = "npz", gettext_lazy("Arrays (.npz)")
        FOLDER = "folder", gettext_lazy("Folder with labels.csv")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80, unique=True)
    role = models.CharField(max_length=16, choices=Role.choices)
    format = models.CharField(max_length=16, choices=Format.choices)
    path = models.TextField(
        blank=True, help_text=gettext_lazy("Where it lies on the server; empty for an uploaded set.")
    )
    count = models.PositiveIntegerField(gettext_lazy("samples"))
    class_counts = models.JSONField(default=dict, help_text=gettext_lazy("For each part, how often each digit occurs."))
    sha256 = models.CharField(gettext_lazy("SHA-256 of the file"), max_length=64, unique=True)
    content_sha256 = models.CharField(gettext_lazy("SHA-256 of the samples"), max_length=64)
    source = models.CharField(max_length=200, blank=True)
    licence = models.CharField(max_length=200, blank=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name
