"""Is the process alive, and can it serve?"""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from huey.contrib.djhuey import HUEY

from hdr_site.probes import migrations_waiting, storage_probe
from recognizer.domain.types import ModelKind
from recognizer.services.registry import serving_checksums

Check = Callable[[], str | None]


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Everything that serving needs, each with “ok” or a sentence; 503 where anything is missing."""
    results = {name: _outcome(check) for name, check in CHECKS.items()}
    ready = all(result == "ok" for result in results.values())
    return JsonResponse({"ready": ready, "checks": results}, status=200 if ready else 503)


def _outcome(check: Check) -> str:
    try:
        return check() or "ok"
    except Exception as error:  # whatever is broken, this page must still say what
        return f"failed ({type(error).__name__})"


def database() -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return None


def migrations() -> str | None:
    waiting = migrations_waiting()
    return f"{waiting} migrations are not applied" if waiting else None


def models() -> str | None:
    verified = serving_checksums()
    problems = [each.problem for each in verified if each.problem]
    if not any(each.state == "active" and each.kind == ModelKind.DIGIT for each in verified):
        problems.append("No model is active.")
    return " ".join(problems) or None


def storage() -> str | None:
    storage_probe()
    return None


def queue() -> str | None:
    HUEY.pending_count()
    return None


CHECKS: dict[str, Check] = {
    "database": database,
    "migrations": migrations,
    "models": models,
    "storage": storage,
    "queue": queue,
}
