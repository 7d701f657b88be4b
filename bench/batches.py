"""How many pictures of a batch the worker reads in a minute: ``python -m bench.batches``.

Scanned forms drawn on the spot are given as files, a ZIP and a PDF, on a database and files of their own that are
removed in the end, and read slice by slice as the worker does, whose queue is left out. Loading the models is not in
the time; storing picture, thumbnail and rows is.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from typing import Any

import cv2
import django
import numpy as np

WIDTH, HEIGHT = 1240, 874
"""A5 across at 150 dots an inch."""
LINES = 3
SEED = 7


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.batches", description=__doc__)
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--readers", type=int, default=os.cpu_count() or 1, help="pictures that are read at once")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="numeral-bench-") as folder:
        _set_up(folder, told.readers)
        given = time.perf_counter()
        batch = _give([form(number) for number in range(told.pictures)])
        began = time.perf_counter()
        slices = _read(batch)
        seconds = time.perf_counter() - began
        problem = _problem(batch, told.pictures)
    print(f"{told.pictures} pictures of {WIDTH} × {HEIGHT}, {LINES} numbers each, {told.readers} at once")
    print(f"given in {began - given:.1f} s, read in {seconds:.1f} s and {slices} slices")
    print(
        problem or f"{60 * told.pictures / seconds:.0f} pictures a minute, {1000 * seconds / told.pictures:.0f} ms each"
    )
    return 1 if problem else 0


def form(number: int) -> bytes:
    """A scan with three numbers of its own, by a plain pen, as a JPEG."""
    chance = random.Random(SEED + number)
    paper = np.full((HEIGHT, WIDTH), 244, np.uint8)
    for line in range(LINES):
        digits = str(chance.randrange(10**3, 10**6))
        at = (chance.randint(80, 400), 220 + line * 240)
        cv2.putText(paper, digits, at, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 4, 40, 6, cv2.LINE_AA)
    noise = np.random.default_rng(number).normal(0, 3, paper.shape)
    scan = np.clip(paper + noise, 0, 255).astype(np.uint8)
    return bytes(cv2.imencode(".jpg", scan, [cv2.IMWRITE_JPEG_QUALITY, 85])[1])


def _set_up(folder: str, readers: int) -> None:
    os.environ.update(NUMERAL_ENV_FILE=os.devnull, SECRET_KEY="only-for-the-benchmark", DATA_DIR=folder)
    os.environ.update(DJANGO_SETTINGS_MODULE="hdr_site.settings", BATCH_READERS=str(readers))
    django.setup()
    from django.core.management import call_command

    from recognizer.services.registry import shipped_models_register
    from recognizer.services.serving import models_serving

    call_command("migrate", verbosity=0)
    shipped_models_register()
    models_serving()


def _give(pictures: Sequence[bytes]) -> Any:
    """A third as files, a third in a ZIP, a third as the pages of a PDF."""
    from django.core.files.base import ContentFile
    from PIL import Image

    from accounts.models import User
    from recognizer.services.batch_files import batch_file_add
    from recognizer.services.batches import batch_close, batch_open

    third = len(pictures) // 3
    files = {f"{number}.jpg": data for number, data in enumerate(pictures[: len(pictures) - 2 * third])}
    if third:
        packed, document = io.BytesIO(), io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for number, data in enumerate(pictures[-2 * third : -third]):
                archive.writestr(f"{number}.jpg", data)
        first, *others = [Image.open(io.BytesIO(data)) for data in pictures[-third:]]
        first.save(document, "PDF", save_all=True, append_images=others, resolution=150)
        files |= {"forms.zip": packed.getvalue(), "forms.pdf": document.getvalue()}
    batch = batch_open(owner=User.objects.create_user("clerk@numeral.example"))
    for name, data in files.items():
        batch_file_add(batch=batch, key=name, name=name, file=ContentFile(data))
    batch_close(batch=batch)
    return batch


def _read(batch: Any) -> int:
    from recognizer.services.batch_reading import batch_advance, batch_turn

    turn, slices = batch_turn(batch_id=batch.id), 0
    while turn is not None:
        turn, slices = batch_advance(batch_id=batch.id, turn=turn), slices + 1
    return slices


def _problem(batch: Any, count: int) -> str:
    from recognizer.models import Upload

    read = Upload.objects.filter(batch=batch, state__in=["read", "needs_review"]).count()
    return (
        "" if read == count else f"Only {read} of {count} pictures were read: {list(batch.items.values('state'))[:9]}"
    )


if __name__ == "__main__":
    sys.exit(main())
