"""A real SIGKILL at random moments of real uploads, on a database and files of their own."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 4

PREPARE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from recognizer.services.registry import shipped_models_register
shipped_models_register()
from accounts.models import User
User.objects.create_user("alice@numeral.example", "x")
"""

UPLOAD_FOR_EVER = """
import sys
import django
django.setup()
from accounts.models import Keep, User
from recognizer.services.ingest import picture_ingest
owner, data = User.objects.get(), open(sys.argv[1], "rb").read()
while True:
    print(picture_ingest(data=data, owner=owner, keep=Keep.ALL).upload.id, flush=True)
"""

SWEEP_AND_COUNT = """
import datetime as dt
from pathlib import Path
import django
django.setup()
from django.conf import settings
from recognizer.models import Upload
from recognizer.services.retention import sweep
sweep(grace=dt.timedelta(seconds=-1))
root = settings.DATA_DIR / "private"
files = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
named = {name for row in Upload.objects.values_list("image", "thumbnail") for name in row}
print(len(files - named), len(named - files), set(Upload.objects.values_list("state", "text")) == {("read", "7")})
print(*Upload.objects.values_list("id", flat=True))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_nothing_accepted_is_lost_and_nothing_is_left_over(tmp_path: Path, number_png: Callable[[str], bytes]) -> None:
    picture = tmp_path / "seven.png"
    picture.write_bytes(number_png("7"))
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path / "data"),
        "DATABASE_URL": f"sqlite:///{tmp_path}/data/db.sqlite3",
        "DJANGO_SETTINGS_MODULE": "hdr_site.settings",
    }

    def python(script: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.splitlines()

    python(PREPARE)
    accepted: set[str] = set()
    moments = random.Random(7)
    for _ in range(ROUNDS):
        accepted |= _upload_until_killed(environment, picture, moments.uniform(0.0, 0.2))
    counts, ids = python(SWEEP_AND_COUNT)
    assert counts == "0 0 True"
    assert accepted
    assert accepted <= set(ids.split())


def _upload_until_killed(environment: dict[str, str], picture: Path, seconds: float) -> set[str]:
    """The ids that the child said were accepted, before it was killed ``seconds`` after the first of them."""
    command = [sys.executable, "-c", UPLOAD_FOR_EVER, str(picture)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        first = child.stdout.readline()
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
        # The last line may be cut in the middle: only whole ids were said.
        rest = [line for line in child.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
        return {line.strip() for line in [first, *rest]}
