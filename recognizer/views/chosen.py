"""The rows that were ticked in a list."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest

from recognizer.domain.errors import BadRequest
from recognizer.domain.phrases import phrase
from recognizer.wording import say_n


def chosen_ids(request: HttpRequest) -> set[UUID]:
    """The ids that a list's form sends. Raises BadRequest for what is no id."""
    try:
        return {UUID(text) for text in request.POST.getlist("upload")}
    except ValueError as error:
        raise BadRequest(
            phrase("What was ticked could not be understood. Load the page anew and try again.")
        ) from error


def pictures(count: int) -> str:
    """ "1 picture", "2 pictures"."""
    return say_n("{n:,} picture", "{n:,} pictures", count)
