"""What a browser asks for to put Numeral on a home screen. Nothing here is anybody's own."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

PAGE, SURFACE = "#f4f6fb", "#ffffff"
"""The colours of a page and of its header while nothing of it is there; as in ``numeral.css``."""

ICONS = (
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("icon-mask.png", "512x512", "maskable"),
)


@require_safe
@cache_control(public=True, max_age=3600)
def manifest(request: HttpRequest) -> JsonResponse:
    """Names, colours, icons and shortcuts: https://www.w3.org/TR/appmanifest/."""
    content: dict[str, Any] = {
        "id": "/",
        "name": "Numeral",
        "short_name": "Numeral",
        "description": _("Reads handwritten numbers, and says when it is not sure."),
        "lang": get_language(),
        "dir": "rtl" if get_language_bidi() else "ltr",
        "start_url": reverse("recognizer:read"),
        "scope": "/",
        "display": "standalone",
        "background_color": PAGE,
        "theme_color": SURFACE,
        "categories": ["productivity", "utilities"],
        "icons": [
            {"src": static(f"img/{name}"), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for name, sizes, purpose in ICONS
        ],
        "shortcuts": [
            {"name": name, "url": url, "icons": [{"src": static("img/icon-192.png"), "sizes": "192x192"}]}
            for name, url in (
                (_("Read a picture"), reverse("recognizer:read")),
                (_("Draw a number"), f"{reverse('recognizer:read')}#draw"),
                (_("Review"), reverse("recognizer:review")),
            )
        ],
    }
    response = JsonResponse(content, content_type="application/manifest+json")
    response.headers["Vary"] = "Accept-Language"
    return response


@require_safe
@cache_control(public=True, max_age=86_400)
def favicon(request: HttpRequest) -> HttpResponse:
    """Where the icon is that browsers and feed readers ask for without looking at the page: its name has a hash."""
    return HttpResponseRedirect(static("img/favicon.ico"))
