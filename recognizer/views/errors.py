"""Errors as pages: a clear sentence and the right status, whatever raised them."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from recognizer.domain.errors import NumeralError

PAGES = {403, 404, 429, 500, 503}


def wants_json(request: HttpRequest) -> bool:
    """Whether the answer goes to a script."""
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def error_page(request: HttpRequest, *, status: int, sentence: str) -> HttpResponse:
    """A whole page for an error that belongs to no form."""
    template = f"{status}.html" if status in PAGES else "400.html"
    return render(request, template, {"sentence": sentence, "status": status}, status=status)


class NumeralErrorMiddleware:
    """Answers a named error that no view caught."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, NumeralError):
            return None
        if wants_json(request):
            return JsonResponse(exception.as_json(), status=exception.status)
        return error_page(request, status=exception.status, sentence=str(exception))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, TooManyFilesSent):
        words = _("At most %(most)s files can be sent at once. Give fewer, or turn on JavaScript.")
        return error_page(request, status=400, sentence=words % {"most": settings.DATA_UPLOAD_MAX_NUMBER_FILES})
    return error_page(request, status=400, sentence="That request could not be understood.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, status=403, sentence="You may not do that.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, status=404, sentence="There is no such page.")


def server_error(request: HttpRequest) -> HttpResponse:
    # Nothing of the request is used: whatever broke might break this page as well.
    return render(None, "500.html", status=500)
