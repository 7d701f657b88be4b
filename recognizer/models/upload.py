"""An image that a user gave us, and what became of it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models

from accounts.models import Keep
from recognizer.domain.types import Reason, Source
from recognizer.models.model_version import ModelVersion

NOT_DELETED = models.Q(deleted_at=None)
DELETED = models.Q(deleted_at__isnull=False)


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

    # What the history is searched by; services.readings writes them with the text.
    digit_count = models.PositiveSmallIntegerField("digits in all", null=True, blank=True)
    value = models.BigIntegerField("first number", null=True, blank=True, help_text="If it has at most 18 digits.")
    read_by = models.ForeignKey(
        ModelVersion,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        help_text="The model whose threshold counted.",
    )
    deleted_at = models.DateTimeField("in the trash since", null=True, blank=True)

    # Given among many, or as a form; the page where the file had several.
    batch = models.ForeignKey(
        "recognizer.Batch", on_delete=models.SET_NULL, null=True, blank=True, db_index=False, related_name="uploads"
    )
    form = models.ForeignKey(
        "recognizer.FormTemplate",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="uploads",
    )
    page = models.PositiveIntegerField(null=True, blank=True)
    pages = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [
            # The history's keyset pages: one owner, in each order, then by each filter; the confidence is there to be
            # checked without a look at the row. docs/history.md says why.
            models.Index(fields=["owner", "-created_at", "-id"], name="upload_history", condition=NOT_DELETED),
            models.Index(fields=["owner", "confidence", "id"], name="upload_by_confidence", condition=NOT_DELETED),
            models.Index(fields=["owner", "value", "id", "digit_count"], name="upload_by_value", condition=NOT_DELETED),
            models.Index(
                fields=["owner", "state", "-created_at", "-id", "confidence"],
                name="upload_by_state",
                condition=NOT_DELETED,
            ),
            models.Index(fields=["owner", "source", "-created_at"], name="upload_by_source", condition=NOT_DELETED),
            models.Index(
                fields=["owner", "digit_count", "-created_at"], name="upload_by_digits", condition=NOT_DELETED
            ),
            models.Index(fields=["owner", "read_by", "-created_at"], name="upload_by_model", condition=NOT_DELETED),
            models.Index(fields=["batch", "-created_at", "-id"], name="upload_by_batch", condition=NOT_DELETED),
            models.Index(fields=["form", "-created_at", "-id"], name="upload_by_form", condition=NOT_DELETED),
            models.Index(fields=["owner", "-deleted_at", "-id"], name="upload_trash", condition=DELETED),
            # A picture that was given before.
            models.Index(fields=["owner", "sha256"], name="upload_given_before", condition=NOT_DELETED),
            # The sweep: what has been in anybody's trash for too long.
            models.Index(fields=["deleted_at"], name="upload_to_sweep", condition=DELETED),
            # Reading the newest of everybody's again.
            models.Index(fields=["-created_at", "-id"], name="upload_newest"),
            # The sweep: what still waits for its reading.
            models.Index(
                fields=["heartbeat_at"], name="upload_unfinished", condition=models.Q(state__in=["queued", "reading"])
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
