"""Many pictures that were given at once: the pile, the files in it, and each picture in those."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext, gettext_lazy

from accounts.models import Keep
from recognizer.models.upload import SOURCES, Upload, private_storage

FINAL_ERRORS = ("empty_file", "encrypted_file", "too_large", "too_many_pages", "unsupported_image")
"""The codes of what trying again would not change."""

UNFINISHED = models.Q(state__in=["waiting", "reading"])


class Batch(models.Model):
    """A pile of one owner's. What became of it is counted from its items; see ``selectors_batches``."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="batches")
    created_at = models.DateTimeField()
    name = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=8, choices=SOURCES)
    keep = models.CharField(max_length=8, choices=[choice for choice in Keep.choices if choice[0] != Keep.NOTHING])
    expect = models.CharField(max_length=4, default="any")
    form = models.ForeignKey(
        "recognizer.FormTemplate", on_delete=models.SET_NULL, null=True, blank=True, related_name="batches"
    )
    closed_at = models.DateTimeField(
        gettext_lazy("complete since"), null=True, blank=True, help_text=gettext_lazy("No more files will come.")
    )
    cancelled_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When a worker last took it up; none has it where this is empty.")
    )

    class Meta:
        verbose_name_plural = gettext_lazy("batches")
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["owner", "-created_at", "-id"], name="batch_list"),
            # The sweep: what is not finished yet.
            models.Index(fields=["created_at"], name="batch_unfinished", condition=models.Q(finished_at=None)),
        ]

    def __str__(self) -> str:
        """Its name, or when it was given."""
        given = date_format(localtime(self.created_at), "j M Y, H:i")
        return self.name or gettext("Batch of %(when)s") % {"when": given}


class BatchFile(models.Model):
    """One file as it was given: a picture, or what holds many. Its bytes go as soon as nothing needs them any more."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Waiting")
        OPENED = "opened", gettext_lazy("Opened")
        FAILED = "failed", gettext_lazy("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="files")
    order = models.PositiveIntegerField()
    key = models.CharField(
        max_length=100, help_text=gettext_lazy("The sender's own name for it: given twice, it is taken once.")
    )
    name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=8, blank=True, help_text=gettext_lazy("By its first bytes."))
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(gettext_lazy("SHA-256"), max_length=64)
    file = models.FileField(storage=private_storage, blank=True, max_length=200)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    heartbeat_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["order"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "key"], name="batch_file_key_once"),
            models.UniqueConstraint(fields=["batch", "order"], name="batch_file_order_once"),
        ]
        indexes: ClassVar = [
            # The sweep asks for each stored file whether a row names it.
            models.Index(fields=["file"], name="batch_file_stored", condition=~models.Q(file="")),
        ]

    def __str__(self) -> str:
        return self.name


class BatchItem(models.Model):
    """One picture of a batch: a file, a page of it, or a member of an archive. Read, it has an upload."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Waiting")
        READING = "reading", gettext_lazy("Reading")
        DONE = "done", gettext_lazy("Read")
        FAILED = "failed", gettext_lazy("Failed")
        CANCELLED = "cancelled", gettext_lazy("Cancelled")

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="items")
    file = models.ForeignKey(BatchFile, on_delete=models.CASCADE, related_name="items")
    order = models.PositiveBigIntegerField(
        help_text=gettext_lazy("Its place in the whole batch: by file, then within it.")
    )
    name = models.CharField(max_length=300, help_text=gettext_lazy("As a person would call it: file, member, page."))
    kind = models.CharField(max_length=8, blank=True, help_text=gettext_lazy("By its first bytes."))
    member = models.PositiveIntegerField(null=True, blank=True, help_text=gettext_lazy("Its place in the archive."))
    page = models.PositiveIntegerField(
        null=True, blank=True, help_text=gettext_lazy("From 1 on, where the file has pages.")
    )
    pages = models.PositiveIntegerField(null=True, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    upload = models.OneToOneField(Upload, on_delete=models.SET_NULL, null=True, blank=True, related_name="batch_item")

    class Meta:
        ordering: ClassVar = ["order"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["batch", "order"], name="batch_item_order_once")]
        indexes: ClassVar = [
            models.Index(fields=["batch", "state", "order"], name="batch_item_by_state"),
            # The pace, and what ended since somebody last asked.
            models.Index(fields=["batch", "finished_at", "id"], name="batch_item_finished"),
            models.Index(fields=["heartbeat_at"], name="batch_item_unfinished", condition=UNFINISHED),
        ]

    def __str__(self) -> str:
        return self.name
