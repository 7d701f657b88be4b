"""First steps: pictures of our own that somebody who has none at hand reads with one click."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.models import Keep, User
from recognizer.domain.types import Expect
from recognizer.selectors_history import history_of
from recognizer.services.ingest import picture_ingest
from recognizer.services.throttle import throttle
from recognizer.views.access import signed_in
from recognizer.views.presenters import result_of_reading


@dataclass(frozen=True, slots=True)
class SamplePicture:
    """One of the pictures that ``docs/sample_pictures.py`` draws."""

    slug: str
    title: str | Promise

    @property
    def path(self) -> str:
        """Its name among the static files."""
        return f"img/samples/{self.slug}.jpg"


SAMPLES = (
    SamplePicture("digit", _("A single digit")),
    SamplePicture("telephone", _("A telephone number, on lined paper")),
    SamplePicture("amounts", _("A column of amounts")),
    SamplePicture("angle", _("Photographed at an angle, in a shadow")),
    SamplePicture("messy", _("A messy one: is it sure?")),
)


def samples_for(user: User) -> tuple[SamplePicture, ...]:
    """The pictures to try, for a person who has read none so far; nothing for others."""
    return () if history_of(user).exists() else SAMPLES


@login_required
@require_POST
def read_sample(request: HttpRequest, slug: str) -> HttpResponse:
    """Read one of our pictures as if this person had given it. Raises Http404 for a name that is none of them."""
    user = signed_in(request)
    sample = next((one for one in SAMPLES if one.slug == slug), None)
    found = finders.find(sample.path) if sample else None
    if sample is None or not isinstance(found, str):
        raise Http404("There is no such page.")
    throttle(action="upload", who=str(user.pk), limit=settings.UPLOADS_PER_MINUTE)
    ingested = picture_ingest(
        data=Path(found).read_bytes(), owner=user, keep=Keep(user.default_keep), name=f"{sample.slug}.jpg"
    )
    if ingested.upload is not None:
        return redirect("recognizer:upload", ingested.upload.id)
    result = result_of_reading(ingested.reading, Expect())
    response = render(request, "recognizer/result.html", {"result": result})
    response["Cache-Control"] = "no-store"
    return response
