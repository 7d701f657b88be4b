"""The front door."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from recognizer.views.first_steps import samples_for


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What Numeral is, and how to write and photograph for it."""
    samples = samples_for(request.user) if isinstance(request.user, User) else ()
    return render(request, "home.html", {"samples": samples})
