"""An image that a user gave us, and what became of it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models

from accounts.models import Keep
from recognizer.domain.types import Reason, Source


def private_storage() -> Storage:
    """The storage outside any public address."""
    return storages["private"]


class Upload(models.Model):
    """One picture of one owner. Nothing here for ``Keep.NOTHING``: then there is no row at all."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        READING = "reading", "Reading"
        READ = "read", "Read"
        NEEDS_REVIEW = "needs_review", "Not sure"
        REJECTED = "rejected", "No digit found"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads")
    created_at = models.DateTimeField()
    source = models.CharField(max_length=8, choices=[(source.value, source.value.title()) for source in Source])
    keep = models.CharField(max_length=8, choices=[choice for choice in Keep.choices if choice[0] != Keep.NOTHING])
    expect = models.CharField(max_length=4, default="any")
    name = models.CharField("file name", max_length=200, blank=True)
    image = models.FileField(storage=private_storage, blank=True, max_length=200)
    thumbnail = models.FileField(storage=private_storage, blank=True, max_length=200)
    sha256 = models.CharField("SHA-256 of what was sent", max_length=64, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)

    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(max_length=16, blank=True, choices=[(r.value, r.value) for r in Reason])
    attempts = models.PositiveSmallIntegerField(default=0)
    heartbeat_at = models.DateTimeField(null=True, blank=True, help_text="When the reading last showed life.")
    text = models.TextField("as read", blank=True)
    formatted = models.TextField("as read, with dots and commas", blank=True)
    final_text = models.TextField("with corrections", blank=True)
    confidence = models.FloatField(null=True, blank=True)
    ms = models.FloatField("reading time in ms", null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [
            # The history's keyset page: one owner, newest first.
            models.Index(fields=["owner", "-created_at", "-id"], name="upload_history"),
            # Reading the newest of everybody's again.
            models.Index(fields=["-created_at", "-id"], name="upload_newest"),
            # The sweep: what still waits for its reading.
            models.Index(
                fields=["heartbeat_at"], name="upload_unfinished", condition=models.Q(state__in=["queued", "reading"])
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
