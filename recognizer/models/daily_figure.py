"""What became of one owner's readings on one day, added up, for the figures over time."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy


class DailyFigure(models.Model):
    """A finished day of one owner, by the installation's clock. It can always be counted anew from the uploads."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="daily_figures")
    day = models.DateField()
    readings = models.PositiveIntegerField(default=0)
    doubtful = models.PositiveIntegerField(gettext_lazy("not sure at first"), default=0)
    corrected = models.PositiveIntegerField(default=0)
    without_number = models.PositiveIntegerField(default=0)
    sure_sum = models.FloatField(
        gettext_lazy("sum of the confidences"), default=0.0, help_text=gettext_lazy("Of those with a number.")
    )
    confusions = models.JSONField(
        default=dict, help_text=gettext_lazy("How often a digit was corrected to another: “17” is 1 to 7.")
    )
    stale = models.BooleanField(
        default=True, help_text=gettext_lazy("Something of that day was changed since it was counted.")
    )

    class Meta:
        ordering: ClassVar = ["day"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "day"], name="daily_figure_once_a_day")]
        indexes: ClassVar = [
            models.Index(fields=["owner", "day"], name="daily_figure_stale", condition=models.Q(stale=True)),
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"


class FiguresCounted(models.Model):
    """How far an owner's days have been counted: all of them before this one."""

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="figures_counted"
    )
    before = models.DateField()

    class Meta:
        verbose_name_plural = gettext_lazy("figures counted")

    def __str__(self) -> str:
        return f"{self.before:%Y-%m-%d}"
