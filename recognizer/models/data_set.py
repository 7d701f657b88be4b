"""A registered data set."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models


class DataSet(models.Model):
    """Labelled samples: where they lie, what they are for, and how they were when they were registered."""

    class Role(models.TextChoices):
        TRAIN = "train", "Train"
        GATE = "gate", "Gate"
        EVALUATE = "evaluate", "Evaluate"

    class Format(models.TextChoices):
        NPZ = "npz", "Arrays (.npz)"
        FOLDER = "folder", "Folder with labels.csv"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80, unique=True)
    role = models.CharField(max_length=16, choices=Role.choices)
    format = models.CharField(max_length=16, choices=Format.choices)
    path = models.TextField(blank=True, help_text="Where it lies on the server; empty for an uploaded set.")
    count = models.PositiveIntegerField("samples")
    class_counts = models.JSONField(default=dict, help_text="For each part, how often each digit occurs.")
    sha256 = models.CharField("SHA-256 of the file", max_length=64, unique=True)
    content_sha256 = models.CharField("SHA-256 of the samples", max_length=64)
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
