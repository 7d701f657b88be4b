"""The profile form."""

from __future__ import annotations

from typing import ClassVar

from django import forms

from accounts.models import User


class ProfileForm(forms.ModelForm[User]):
    """A person's name and what is kept of their uploads by default."""

    class Meta:
        model = User
        fields = ("name", "default_keep")
        widgets: ClassVar = {"default_keep": forms.RadioSelect}
