"""A million uploads of one user: how long each list, filter and search of the history takes, and in how many queries.

``python -m bench.history`` makes a database of its own beside the real one, fills it, asks, and leaves it there for the
next time (``--rows``, ``--repeats``). SQLite by default; ``DATABASE_URL=postgres://…/scratch`` for PostgreSQL. The
pages are asked for through Django's own test client: session, view and template are all in the time.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.history_parts import parts_make, parts_pages

CHUNK = 5_000
COPIES = 10
SEED = 7
START = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
HALF_A_YEAR = dt.timedelta(days=180)
LONG = "123456789012"
STATES = ("read",) * 88 + ("needs_review",) * 9 + ("rejected",) * 2 + ("failed",)
SOURCES = ("file",) * 70 + ("canvas",) * 20 + ("api",) * 9 + ("camera",)

PAGES = {
    "newest": "",
    "oldest": "sort=oldest",
    "least sure": "sort=least-sure",
    "smallest number": "sort=smallest",
    "largest number": "sort=largest",
    "state: not sure": "state=needs_review",
    "state: failed (1 %)": "state=failed",
    "state: failed, smallest first": "state=failed&sort=smallest",
    "source: camera (1 %)": "source=camera",
    "model: an old one (1 %)": "model=digit-old",
    "model: serving": "model=digit-new",
    "3 digits": "digits=3",
    "12 digits (one upload)": "digits=12",
    "a day": "since=2025-03-04&until=2025-03-04",
    "a month, least sure": "since=2025-03-01&until=2025-03-31&sort=least-sure",
    "sure to 50 %": "sure_to=50",
    "sure from 99 %": "sure_from=99",
    "90 to 91 %, newest": "sure_from=90&sure_to=91",
    "text 7": "q=7",
    "text 13": "q=13",
    "text 401": "q=401",
    "text 40213": "q=40213",
    "text 123456789012 (one)": "q=123456789012",
    "text not there": "q=99999999999",
    "text 401, least sure": "q=401&sort=least-sure",
    "text 20 (in a quarter)": "q=20",
    "4?13": "q=4?13",
    "4??3": "q=4??3",
    "?13, smallest": "q=?13&sort=smallest",
    "range 100..250": "q=100..250",
    "range 5000..": "q=5000..",
    "range 5000.., least sure": "q=5000..&sort=least-sure",
    "range 100..250 and not sure": "q=100..250&state=needs_review",
    "text 401, not sure, camera": "q=401&state=needs_review&source=camera",
    "not sure, camera, 4 digits": "state=needs_review&source=camera&digits=4",
    "not sure, over 99 % (none)": "state=needs_review&sure_from=99",
    "api, 9 digits, not sure, sure to 50 %": "source=api&digits=5&state=needs_review&sure_to=50",
}
OTHERS = {
    "all that match 4?13": "/history/all/?q=4?13",
    "the whole history": "/history/all/",
    "figures, 30 days": "/dashboard/",
    "figures, all": "/dashboard/?range=all",
}


def rows(count: int, owner: Any, model: Any) -> Iterator[Any]:
    """Uploads of half a year, a while apart: numbers of 1 to 6 digits, a tenth in doubt."""
    from recognizer.domain.history import digit_count, first_value
    from recognizer.models import Upload

    chance = random.Random(SEED)
    for order in range(count):
        state = chance.choice(STATES)
        text = str(chance.randrange(10 ** chance.randint(1, 6))) if state in ("read", "needs_review") else ""
        sure = 1 - chance.random() ** 3 * 0.1 if state == "read" else chance.random() * 0.9 if text else 0.0
        yield Upload(
            id=uuid.UUID(int=chance.getrandbits(128), version=4),
            owner=owner,
            created_at=START + order * HALF_A_YEAR / count,
            source=chance.choice(SOURCES),
            keep="text",
            name=f"form-{order}.jpg",
            sha256=f"{chance.getrandbits(256):064x}",
            width=1200,
            height=800,
            state=state,
            text=text,
            formatted=text,
            final_text=text,
            confidence=sure,
            ms=12.5,
            digit_count=digit_count(text),
            value=first_value(text),
            read_by=model,
        )


def prepare(count: int) -> Any:
    """The owner of so many uploads, made unless an earlier run made them: a tenth, and nine copies of it with ids of
    their own, each half a year earlier.
    """
    from django.core.management import call_command
    from django.db import connection

    from accounts.models import User
    from recognizer.models import ModelVersion, Upload
    from recognizer.services.daily_figures import figures_catch_up

    call_command("migrate", verbosity=0)
    owner = User.objects.filter(email="million@numeral.example").first()
    if owner is not None:
        return owner
    owner, started = User.objects.create_user("million@numeral.example"), time.monotonic()
    old, new = (
        ModelVersion.objects.create(
            name=name, kind="digit", version=version, architecture="lenet", sha256="0" * 64, threshold=0.9
        )
        for version, name in enumerate(("digit-old", "digit-new"), start=1)
    )
    _fill(count, owner, new)
    filled = time.monotonic()
    Upload.objects.filter(created_at__lt=START - HALF_A_YEAR * (COPIES - 1.1)).update(read_by=old)
    only = Upload.objects.filter(created_at__lt=START, state="read").earliest("created_at")
    Upload.objects.filter(id=only.id).update(final_text=LONG, digit_count=len(LONG), value=int(LONG))
    parts_make(count, owner, new)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")
    print(f"{count:,} uploads written in {filled - started:.0f} s")
    started = time.monotonic()
    days = figures_catch_up(seconds=3600)
    print(f"{days:,} days counted in {time.monotonic() - started:.0f} s")
    return owner


def _fill(count: int, owner: Any, model: Any) -> None:
    """Write the rows while there are no indexes: that takes minutes instead of hours."""
    from django.db import connection

    from recognizer.models import Upload
    from recognizer.search_structures import search_make, search_unmake

    with connection.schema_editor() as editor:
        search_unmake(None, editor)
        for index in Upload._meta.indexes:
            editor.remove_index(Upload, index)
    Upload.objects.bulk_create(rows(count // COPIES, owner, model), batch_size=CHUNK)
    for copy in range(1, COPIES):
        _copy(copy)
    with connection.schema_editor() as editor:
        for index in Upload._meta.indexes:
            editor.add_index(Upload, index)
        search_make(None, editor)


def _copy(number: int) -> None:
    """All uploads of the first half year once more, so many half years earlier."""
    from django.db import connection

    from recognizer.models import Upload

    days = number * HALF_A_YEAR.days
    new = {
        "sqlite": ("lower(hex(randomblob(16)))", f"strftime('%Y-%m-%d %H:%M:%f', created_at, '-{days} days') || '000'"),
        "postgresql": ("gen_random_uuid()", f"created_at - interval '{days} days'"),
    }[connection.vendor]
    same = ", ".join(f'"{f.column}"' for f in Upload._meta.concrete_fields if f.name not in ("id", "created_at"))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO recognizer_upload (id, created_at, {same})"
            f" SELECT {', '.join(new)}, {same} FROM recognizer_upload WHERE created_at >= %s",
            [START],
        )


def asked(client: Any, address: str, repeats: int) -> tuple[list[tuple[float, float]], int, int]:
    """Milliseconds of each request, in all and of this process at work; the queries of one, and how many it shows."""
    from django.db import connection

    times, queries = [], []

    def count(execute: Any, *arguments: Any) -> Any:
        queries.append(1)
        return execute(*arguments)

    with connection.execute_wrapper(count):
        response = client.get(address)
    assert response.status_code == 200, (address, response.status_code)
    for _ in range(repeats):
        started = time.perf_counter(), time.process_time()
        client.get(address)
        times.append(((time.perf_counter() - started[0]) * 1000, (time.process_time() - started[1]) * 1000))
    return times, len(queries), len((response.context or {}).get("uploads", []))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--only", default="", help="only the pages with this in their name")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "numeral-history")
    options = parser.parse_args()
    os.environ["DATA_DIR"] = str(options.folder)
    os.environ.setdefault("SECRET_KEY", "only-for-this-benchmark")
    os.environ["DJANGO_SETTINGS_MODULE"] = "hdr_site.settings"
    import django

    django.setup()
    from django.conf import settings
    from django.core.files.storage import storages
    from django.test import Client
    from django.test.utils import setup_test_environment

    setup_test_environment()
    # No collected files here, and none needed.
    backends: dict[str, Any] = storages.backends
    backends["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    owner, client = prepare(options.rows), Client(SERVER_NAME="localhost")
    client.force_login(owner, backend=settings.AUTHENTICATION_BACKENDS[0])
    print("| page | p50 ms | p95 ms | p50 at work | p95 at work | queries | shown |\n|---|--:|--:|--:|--:|--:|--:|")
    addresses = {name: f"/history/?{query}" for name, query in PAGES.items()} | OTHERS | parts_pages(owner)
    for name, address in addresses.items():
        if options.only not in name:
            continue
        times, queries, shown = asked(client, address, options.repeats)
        figures = [figure for kind in zip(*times, strict=True) for figure in (statistics.median(kind), p95(kind))]
        shares = " | ".join(f"{figure:.1f}" for figure in figures)
        print(f"| {name} | {shares} | {queries} | {shown} |", flush=True)


def p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


if __name__ == "__main__":
    main()
