"""What activating and rolling back twice a second costs those who read meanwhile: ``python -m bench.switching``.

People upload over the site's own views, in threads, on a database and files of their own that are removed in the end;
first undisturbed, then while the digit model changes every half second.
"""

from __future__ import annotations

import argparse
import io
import itertools
import os
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import django

from bench.pictures import canvas_png

EVERY_SECONDS = 0.5


@dataclass
class Load:
    """What the readers saw."""

    times: list[float] = field(default_factory=list)
    statuses: Counter[object] = field(default_factory=Counter)
    switches: int = 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.switching", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="of either part")
    parser.add_argument("--readers", type=int, default=2, help="who upload at once")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="numeral-bench-") as folder:
        _set_up(folder)
        _print("undisturbed", _measure(told.readers, told.seconds, switch=None), told.seconds)
        load = _measure(told.readers, told.seconds, switch=_switcher())
        _print(f"changed every {EVERY_SECONDS} s", load, told.seconds)
        problem = _problem(load)
    print(problem or "Every upload was answered and kept, each by the models it names.")
    return 1 if problem else 0


def _set_up(folder: str) -> None:
    os.environ.update(NUMERAL_ENV_FILE=os.devnull, SECRET_KEY="only-for-the-benchmark", DATA_DIR=folder, DEBUG="true")
    os.environ.update(DJANGO_SETTINGS_MODULE="hdr_site.settings", UPLOADS_PER_MINUTE="1000000")
    django.setup()
    from django.core.management import call_command

    from recognizer.services.registry import shipped_models_register

    call_command("migrate", verbosity=0)
    shipped_models_register()
    print("| the digit model | uploads a second | p50 | p95 | answered otherwise | changes |")
    print("| --- | --: | --: | --: | --: | --: |")


def _switcher() -> Callable[[], object]:
    """Activates another digit model at once; each call after that changes the two back."""
    from recognizer.models import ModelVersion
    from recognizer.services.registry import model_activate, model_rollback

    other = ModelVersion.objects.filter(kind="digit", state="candidate").order_by("-version")[0]
    first, later = partial(model_activate, model=other), partial(model_rollback, kind="digit")
    calls = itertools.chain([first], itertools.repeat(later))
    return lambda: next(calls)()


def _measure(readers: int, seconds: float, switch: Callable[[], object] | None) -> Load:
    load, ends = Load(), time.monotonic() + seconds
    jobs = [lambda: _read(load, ends)] * readers
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    while switch and time.monotonic() < ends:
        switch()
        load.switches += 1
        time.sleep(EVERY_SECONDS)
    for thread in threads:
        thread.join()
    return load


def _read(load: Load, ends: float) -> None:
    from django.db import connection
    from django.test import Client

    from accounts.models import User

    user = User.objects.create_user(f"{time.monotonic_ns()}@numeral.example", "x")
    client, picture = Client(SERVER_NAME="localhost"), canvas_png()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    while time.monotonic() < ends:
        file = io.BytesIO(picture)
        file.name = "five.png"
        begun = time.perf_counter()
        try:
            load.statuses[client.post("/read/", {"image": file, "keep": "all"}).status_code] += 1
        except Exception as error:  # whatever it is, it is a lost upload
            load.statuses[repr(error)] += 1
        load.times.append(1000 * (time.perf_counter() - begun))
    connection.close()


def _print(name: str, load: Load, seconds: float) -> None:
    times, good = sorted(load.times), load.statuses[302]
    p95 = times[int(0.95 * (len(times) - 1))]
    lost = len(times) - good
    shown = f"{good / seconds:.1f} | {statistics.median(times):.0f} ms | {p95:.0f} ms | {lost} | {load.switches}"
    print(f"| {name} | {shown} |", flush=True)


def _problem(load: Load) -> str:
    """What went wrong in the second part, or nothing."""
    from recognizer.models import Prediction, Upload

    lost = {str(status): count for status, count in load.statuses.items() if status != 302}
    if lost:
        return f"Lost uploads: {lost}."
    unread = Upload.objects.exclude(state__in=["read", "needs_review"]).count()
    names = set(Prediction.objects.values_list("model_version__name", flat=True))
    if unread or len(names) != 2:
        return f"{unread} uploads were not read; predictions name {', '.join(sorted(names))}."
    return ""


if __name__ == "__main__":
    sys.exit(main())
