"""The texts of scripts, in one language."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.i18n import JavaScriptCatalog

_catalogue = JavaScriptCatalog.as_view(packages=["recognizer"])


@require_safe
@cache_control(public=True, max_age=86_400)
def script_texts(request: HttpRequest, language: str) -> HttpResponseBase:
    """The catalogue that ``static/js/words.js`` takes its words from. The language is in the address, so it may be kept
    by caches; pages ask for it with the version, so a new one is fetched.
    """
    if language not in dict(settings.LANGUAGES):
        raise Http404
    with translation.override(language):
        return _catalogue(request)
