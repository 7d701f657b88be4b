"""The profile form."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy

from accounts.models import User


class ProfileForm(forms.ModelForm[User]):
    """A person's name, what is kept of their uploads by default, and whether models may learn from their digits."""

    class Meta:
        model = User
        fields = ("name", "default_keep", "training_consent")
        widgets: ClassVar = {"default_keep": forms.RadioSelect}
        labels: ClassVar = {
            "training_consent": gettext_lazy("Let the digits I correct or confirm improve the models here")
        }
        help_texts: ClassVar = {
            "training_consent": (
                gettext_lazy(
                    "Taken are single digits, 28 by 28 pixels, with what you say they are, from readings whose"
                    " picture you keep; earlier ones too. The staff of this site can look at them beside your"
                    " e-mail address. Untick to withdraw: from then on no training uses them."
                )
            )
        }
