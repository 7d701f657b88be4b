"""A form that a person described once: where its fields are and what is known of each."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

from recognizer.models.upload import Upload, private_storage


class FormTemplate(models.Model):
    """A form, on a sample of it. Boxes of its fields are in pixels of the sample, upright."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="forms")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    name = models.CharField(max_length=80)
    image = models.FileField("the sample", storage=private_storage, max_length=200)
    thumbnail = models.FileField(storage=private_storage, blank=True, max_length=200)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta:
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "name"], name="form_name_once_per_owner"),
        ]

    def __str__(self) -> str:
        return self.name


class FormField(models.Model):
    """One field of a form: its box on the sample, and what is known of what people write into it."""

    class Check(models.TextChoices):
        NONE = "", gettext_lazy("None")
        LUHN = "luhn", gettext_lazy("Luhn (cards, many customer numbers)")
        MOD11 = "mod11", gettext_lazy("Modulus 11 (ISBN-10 weights, digits only)")
        MOD97 = "mod97", gettext_lazy("Modulus 97 (IBAN, ISO 7064)")
        WEIGHTS = "weights", gettext_lazy("Own weights")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    template = models.ForeignKey(FormTemplate, on_delete=models.CASCADE, related_name="fields")
    order = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80)
    box_x = models.PositiveIntegerField()
    box_y = models.PositiveIntegerField()
    box_width = models.PositiveIntegerField()
    box_height = models.PositiveIntegerField()
    digits_least = models.PositiveSmallIntegerField("digits, at least", null=True, blank=True)
    digits_most = models.PositiveSmallIntegerField("digits, at most", null=True, blank=True)
    least = models.DecimalField("from", max_digits=30, decimal_places=6, null=True, blank=True)
    greatest = models.DecimalField("to", max_digits=30, decimal_places=6, null=True, blank=True)
    decimals = models.PositiveSmallIntegerField(default=0, help_text="How many of the digits stand behind the point.")
    check_kind = models.CharField("check digit", max_length=8, blank=True, choices=Check.choices, default=Check.NONE)
    check_weights = models.JSONField(default=list, blank=True, help_text="From the left, for own weights.")
    check_modulus = models.PositiveSmallIntegerField(null=True, blank=True, help_text="For own weights.")
    optional = models.BooleanField("may be empty", default=False)

    class Meta:
        ordering: ClassVar = ["order"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["template", "name"], name="form_field_name_once_per_form"),
        ]

    def __str__(self) -> str:
        return self.name


class FormPage(models.Model):
    """How one picture, given as a form, lies on the sample of it."""

    upload = models.OneToOneField(Upload, on_delete=models.CASCADE, related_name="form_page")
    transform = models.JSONField(
        null=True, blank=True, help_text="Nine numbers, row by row: from the sample's pixels to the upright picture's."
    )
    likeness = models.FloatField(null=True, blank=True, help_text="From 0 to 1: how surely it is that form.")
    problem = models.CharField(max_length=300, blank=True, help_text="Why it was not read as that form.")

    def __str__(self) -> str:
        return str(self.upload_id)
