"""What every view of a signed-in person starts with."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.models import User


def signed_in(request: HttpRequest) -> User:
    """The user behind a view that ``login_required`` guards."""
    assert isinstance(request.user, User)
    return request.user
