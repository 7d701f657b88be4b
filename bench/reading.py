"""How long a reading takes from bytes to answer on one core, and where the time goes: ``python -m bench.reading``.

The pictures are drawn by the project's own code; the models are those shipped. Nothing is stored.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

import django

from bench.pages import cheque_amount, form_page
from bench.pictures import canvas_png, phone_photo

GOALS_MS = {"canvas digit": 5, "cheque amount": 15, "12 MP photo": 150, "A4 page, 100 digits": 400}
PICTURES: dict[str, Callable[[], bytes]] = dict(
    zip(GOALS_MS, (canvas_png, cheque_amount, phone_photo, form_page), strict=True)
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.reading", description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="how often each picture is read")
    runs = parser.parse_args().runs
    if hasattr(os, "sched_setaffinity"):  # decoders are started later and inherit it
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.environ.setdefault("NUMERAL_ENV_FILE", os.devnull)
    os.environ.setdefault("SECRET_KEY", "only-for-the-benchmark")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hdr_site.settings")
    django.setup()
    from bench.stages import measure  # its imports need Django's settings

    print("| picture | whole | goal | decode | ink | layout | networks | read as |")
    print("| --- | --: | --: | --: | --: | --: | --: | --- |")
    for name, draw in PICTURES.items():
        times = measure(draw(), runs)
        parts = " | ".join(f"{part:.1f}" for part in (times.decode, times.ink, times.layout, times.networks))
        print(f"| {name} | {times.whole:.1f} ms | {GOALS_MS[name]} ms | {parts} | {_short(times.text)} |", flush=True)
    return 0


def _short(text: str) -> str:
    words = text.split()
    return " ".join(words[:4]) + (f" … ({len(words)} numbers)" if len(words) > 4 else "")


if __name__ == "__main__":
    sys.exit(main())
