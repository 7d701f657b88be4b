"""The forms that a person described, wherever a page offers to read as one."""

from __future__ import annotations

from django import template
from django.http import HttpRequest

from accounts.models import User
from recognizer.models import FormTemplate
from recognizer.selectors_forms import forms_usable

register = template.Library()


@register.simple_tag
def usable_forms(user: User) -> list[FormTemplate]:
    """This person's forms that have fields, by name."""
    return forms_usable(owner=user)


@register.simple_tag
def chosen_form(request: HttpRequest) -> str:
    """The id of the form that was chosen, or that the address names."""
    return str(request.POST.get("form") or request.GET.get("form", ""))
