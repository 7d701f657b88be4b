"""A training run: what was asked, how far it is, how it ended."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

from recognizer.models.data_set import DataSet
from recognizer.models.model_version import KINDS, ModelVersion


class TrainingRun(models.Model):
    """One run of the trainer, a child process of its own. One trains at a time; the others wait.

    ``by_worker``: queued in the browser, to be taken by a background worker; else the command that made it carries it
    out. ``folder`` holds its checkpoints, a name in ``TRAINING_RUNS_DIR`` or a path; a run that goes on from another
    (``resumes``) has that one's.
    """

    class State(models.TextChoices):
        QUEUED = "queued", gettext_lazy("Queued")
        RUNNING = "running", gettext_lazy("Running")
        DONE = "done", gettext_lazy("Done")
        FAILED = "failed", gettext_lazy("Failed")
        CANCELLED = "cancelled", gettext_lazy("Cancelled")
        LOST = "lost", gettext_lazy("Lost")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=16, choices=KINDS)
    architecture = models.CharField(max_length=80)
    parameters = models.JSONField(default=dict)
    data_set = models.ForeignKey(
        DataSet, on_delete=models.SET_NULL, null=True, blank=True, related_name="training_runs"
    )
    resumes = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="resumed_by")
    folder = models.TextField(blank=True)
    by_worker = models.BooleanField(gettext_lazy("started by the worker"), default=False)
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    created_at = models.DateTimeField(auto_now_add=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    fraction = models.FloatField(default=0.0, help_text=gettext_lazy("How much of the training is done, 0 to 1."))
    seconds_left = models.PositiveIntegerField(null=True, blank=True)
    epochs = models.PositiveIntegerField(default=0)
    progress = models.JSONField(
        default=list, blank=True, help_text=gettext_lazy("One object an epoch: loss, accuracy, seconds.")
    )
    log = models.TextField(blank=True)
    error = models.TextField(blank=True)
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.SET_NULL, null=True, blank=True, related_name="training_runs"
    )

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="running"), name="one_training_at_a_time"
            ),
            models.UniqueConstraint(
                fields=["folder"],
                condition=models.Q(state__in=["queued", "running"]) & ~models.Q(folder=""),
                name="one_living_training_per_folder",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.architecture}, {self.created_at:%Y-%m-%d %H:%M}"
