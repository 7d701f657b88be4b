"""Who a person is, and what they chose about their data."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy


class Keep(models.TextChoices):
    """What is kept of an upload."""

    ALL = "all", gettext_lazy("Picture and reading")
    TEXT = "text", gettext_lazy("The reading only")
    NOTHING = "nothing", gettext_lazy("Nothing")


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})


class User(AbstractBaseUser, PermissionsMixin):
    """A person, known by an e-mail address."""

    email = models.EmailField(gettext_lazy("e-mail address"), unique=True)
    name = models.CharField(max_length=150, blank=True)
    is_staff = models.BooleanField(gettext_lazy("staff"), default=False, help_text=gettext_lazy("May enter the admin."))
    is_active = models.BooleanField(
        gettext_lazy("active"), default=True, help_text=gettext_lazy("Untick instead of deleting the account.")
    )
    date_joined = models.DateTimeField(default=timezone.now)
    default_keep = models.CharField(
        gettext_lazy("what to keep"),
        max_length=8,
        choices=Keep.choices,
        default=Keep.ALL,
        help_text=gettext_lazy("What is kept of a new upload, unless you choose otherwise there."),
    )
    training_consent = models.BooleanField(
        default=False, help_text=gettext_lazy("Corrected readings may be used to improve the models.")
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique_ignoring_case",
                violation_error_message=gettext_lazy("This e-mail is taken."),
            )
        ]

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name or self.email
