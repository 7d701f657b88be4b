"""A real SIGKILL, again and again, of the process that reads a batch: nothing is lost, and nothing is read twice."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from recognizer.tests.test_sigkill import PREPARE, ROOT

ROUNDS = 3
PICTURES = 24

GIVE = (
    PREPARE
    + f"HALF = {PICTURES // 2}\n"
    + """
import sys
from django.core.files.base import ContentFile
from recognizer.services.batch_files import batch_file_add
from recognizer.services.batches import batch_close, batch_open
from recognizer.tests.batch_material import zipped
data = open(sys.argv[1], "rb").read()
batch = batch_open(owner=User.objects.get())
for number in range(HALF):
    batch_file_add(batch=batch, key=str(number), name=f"{number}.png", file=ContentFile(data))
members = zipped((f"{number}.png", data) for number in range(HALF))
batch_file_add(batch=batch, key="pile", name="pile.zip", file=ContentFile(members))
batch_close(batch=batch)
"""
)

# What the worker does, without its queue; each time it begins, somebody has fallen silent long ago.
READ = """
import datetime as dt
import django
django.setup()
from django.utils import timezone
from recognizer.models import Batch, BatchFile, BatchItem, Upload
from recognizer.services.batch_reading import batch_advance
from recognizer.services.batch_upkeep import batches_take_up
long_ago = timezone.now() - dt.timedelta(minutes=10)
Batch.objects.exclude(heartbeat_at=None).update(heartbeat_at=long_ago)
for rows in (BatchItem.objects.filter(state="reading"), Upload.objects.filter(state="reading")):
    rows.update(heartbeat_at=long_ago)
BatchFile.objects.filter(state="waiting", attempts__gt=0).update(heartbeat_at=long_ago, attempts=1)
BatchItem.objects.update(attempts=0)
print("begun", flush=True)
for batch_id, turn in batches_take_up():
    while turn is not None:
        turn = batch_advance(batch_id=batch_id, turn=turn)
"""

COUNT = """
import datetime as dt
import django
django.setup()
from django.conf import settings
from recognizer.models import Batch, BatchItem, Upload
from recognizer.services.retention import sweep
from recognizer.services.batch_upkeep import batches_sweep
batches_sweep()
sweep(grace=dt.timedelta(seconds=-1))
root = settings.DATA_DIR / "private"
files = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
named = {name for row in Upload.objects.values_list("image", "thumbnail") for name in row}
states = sorted(set(BatchItem.objects.values_list("state", "upload__text")))
uploads = BatchItem.objects.exclude(upload=None).values("upload").distinct().count()
print(len(files - named), len(named - files), states)
print(BatchItem.objects.count(), uploads, Upload.objects.count(), Batch.objects.get().finished_at is not None)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_batch_survives_the_death_of_its_worker(tmp_path: Path, number_png: Callable[[str], bytes]) -> None:
    picture = tmp_path / "seven.png"
    picture.write_bytes(number_png("7"))
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path / "data"),
        "DATABASE_URL": f"sqlite:///{tmp_path}/data/db.sqlite3",
        "DJANGO_SETTINGS_MODULE": "hdr_site.settings",
        "BATCH_READERS": "2",
    }

    def python(script: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", script, str(picture)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.splitlines()

    python(GIVE)
    moments = random.Random(7)
    read = [_read_until_killed(environment, tmp_path, moments.uniform(0.0, 0.1)) for _ in range(ROUNDS)]
    assert 0 < read[0] < PICTURES, "it was killed in the middle"
    python(READ)
    left_over, counts = python(COUNT)
    assert counts == f"{PICTURES} {PICTURES} {PICTURES} True"
    assert left_over == "0 0 [('done', '7')]"


def _read_until_killed(environment: dict[str, str], folder: Path, seconds: float) -> int:
    """How many pictures are read when the child is killed, ``seconds`` after it has read one, or at its end."""
    rows = sqlite3.connect(folder / "data" / "db.sqlite3")

    def done() -> int:
        (count,) = rows.execute("SELECT COUNT(*) FROM recognizer_batchitem WHERE state = 'done'").fetchone()
        return int(count)

    before = done()
    command = [sys.executable, "-c", READ]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "begun\n"
        while done() == before and child.poll() is None:
            time.sleep(0.005)
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
        child.wait()
    count = done()
    rows.close()
    return count
