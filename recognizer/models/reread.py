"""Stored uploads read again by the models that serve now: first to look, then, if staff say so, for good."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

from recognizer.models.model_version import ModelVersion
from recognizer.models.upload import Upload


class Reread(models.Model):
    """One pass over the stored uploads, newest first. No reading is touched until it is applied."""

    class State(models.TextChoices):
        LOOKING = "looking", gettext_lazy("Looking")
        LOOKED = "looked", gettext_lazy("Looked")
        APPLYING = "applying", gettext_lazy("Applying")
        APPLIED = "applied", gettext_lazy("Applied")
        CANCELLED = "cancelled", gettext_lazy("Cancelled")
        STOPPED = "stopped", gettext_lazy("Stopped")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    digit_model = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    number_model = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=16, choices=State.choices, default=State.LOOKING)
    limit = models.PositiveIntegerField(help_text=gettext_lazy("At most so many uploads, the newest ones."))
    looked = models.PositiveIntegerField(gettext_lazy("looked at"), default=0)
    same = models.PositiveIntegerField(gettext_lazy("would stay as they are"), default=0)
    unreadable = models.PositiveIntegerField(gettext_lazy("could not be opened"), default=0)
    applied = models.PositiveIntegerField(gettext_lazy("read anew for good"), default=0)
    # The newest upload that has not been looked at yet is the first one older than this.
    before_at = models.DateTimeField(null=True, blank=True)
    before_id = models.UUIDField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True, help_text=gettext_lazy("Why it stopped."))
    created_at = models.DateTimeField(auto_now_add=True)
    working = models.BooleanField(default=False, help_text=gettext_lazy("Somebody is at it just now."))
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}"


class RereadChange(models.Model):
    """An upload that would be, or was, read otherwise. It goes with the upload."""

    class Applied(models.TextChoices):
        NOT_YET = "", gettext_lazy("Not yet")
        DONE = "done", gettext_lazy("Done")
        KEPT = "kept", gettext_lazy("Left as it was")

    reread = models.ForeignKey(Reread, on_delete=models.CASCADE, related_name="changes")
    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="+")
    old_text = models.TextField(blank=True)
    old_confidence = models.FloatField(null=True)
    old_state = models.CharField(max_length=16, choices=Upload.State.choices)
    new_text = models.TextField(blank=True)
    new_confidence = models.FloatField()
    new_state = models.CharField(max_length=16, choices=Upload.State.choices)
    applied = models.CharField(max_length=8, choices=Applied.choices, default=Applied.NOT_YET, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reread", "upload"], name="upload_looked_at_once_in_a_reread")
        ]

    def __str__(self) -> str:
        return f"{self.old_text} → {self.new_text}"
