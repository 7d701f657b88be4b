"""Something done with all that a search of the history finds, in the background."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

ALIVE = models.Q(state="working")


class HistoryAction(models.Model):
    """One owner's request about many of their uploads; done in slices, and stopped between two of them."""

    class Kind(models.TextChoices):
        DELETE = "delete", gettext_lazy("Delete")
        REREAD = "reread", gettext_lazy("Read again")
        RESTORE = "restore", gettext_lazy("Bring back")

    class State(models.TextChoices):
        WORKING = "working", gettext_lazy("Working")
        DONE = "done", gettext_lazy("Done")
        STOPPED = "stopped", gettext_lazy("Stopped")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="history_actions")
    created_at = models.DateTimeField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    query = models.JSONField(default=dict, help_text=gettext_lazy("What was searched for, as domain.history keeps it."))
    moment = models.DateTimeField(
        help_text=gettext_lazy("In the trash since then, of all that is deleted or brought back.")
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.WORKING)
    total = models.PositiveIntegerField(
        help_text=gettext_lazy("How many there were to begin with, as far as they were counted.")
    )
    done = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0, help_text=gettext_lazy("What could not be read again."))
    cursor = models.CharField(max_length=100, blank=True, help_text=gettext_lazy("Where the next slice begins."))
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    working = models.BooleanField(default=False, help_text=gettext_lazy("Somebody is at it just now."))
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["owner", "-created_at"], name="history_action_list"),
            models.Index(fields=["heartbeat_at"], name="history_action_alive", condition=ALIVE),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.created_at:%Y-%m-%d %H:%M}"
