"""Pages go over the wire compressed: that of a whole sheet has a hundred kilobytes of boxes and bars."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressPages(GZipMiddleware):
    """Django's compression, for pages and JSON alone: pictures, archives and exports are small already, or stream.

    Django adds a little noise to every answer, so that its length tells nobody what is secret in it (BREACH), and masks
    its tokens anew each time.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if not isinstance(response, HttpResponse) or kind not in ("text/html", "application/json"):
            return response
        return super().process_response(request, response)
