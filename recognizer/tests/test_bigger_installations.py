"""What a bigger installation adds: PostgreSQL for the rows, Redis for limits and queue. Skipped where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
POSTGRES = os.environ.get("TEST_POSTGRES_URL", "")
REDIS = os.environ.get("TEST_REDIS_URL", "")
# What locks, counts, orders or constrains rows.
ON_POSTGRES = (
    *("test_registry", "test_faults", "test_history", "test_corrections", "test_reading_a_picture"),
    *("test_training_runs", "test_training_runs_queued", "test_gate", "test_gate_samples", "test_rereads"),
    *("test_history_search", "test_history_trash", "test_review_queue", "test_marking"),
    *("test_history_all", "test_history_of_a_batch", "test_review_parts", "test_dashboard"),
    *("test_batch_progress", "test_batches_ended", "test_batches_kept_going"),
    *("test_samples_law", "test_samples_from_corrections", "test_teaching_pages", "test_switching_under_load"),
)


@pytest.mark.postgres
@pytest.mark.timeout(240)
@pytest.mark.skipif(not POSTGRES, reason="TEST_POSTGRES_URL names no PostgreSQL")
def test_the_rows_behave_the_same_on_postgresql() -> None:
    """The very same tests, in a process whose settings name PostgreSQL."""
    files = [f"recognizer/tests/{name}.py" for name in ON_POSTGRES]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--create-db", *files],
        cwd=ROOT,
        env={**os.environ, "TEST_DATABASE_URL": POSTGRES},
        capture_output=True,
        text=True,
        check=False,
        timeout=230,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout


REDIS_SCRIPT = """
import os
os.environ.update(DJANGO_SETTINGS_MODULE="hdr_site.settings")
import django
django.setup()
from django.conf import settings
settings.CACHES["default"]["KEY_PREFIX"] = os.environ["PREFIX"]
from django.core.cache import cache
from huey import RedisHuey
from huey.contrib.djhuey import HUEY
from recognizer.domain.errors import TooMany
from recognizer.services.throttle import throttle

answers = []
for _ in range(3):
    try:
        throttle(action="test", who="alice", limit=2)
        answers.append("ok")
    except TooMany as error:
        answers.append(error.code)
print(type(HUEY).__name__, isinstance(HUEY, RedisHuey), HUEY.pending_count() >= 0, *answers)
cache.clear()
"""


@pytest.mark.redis
@pytest.mark.skipif(not REDIS, reason="TEST_REDIS_URL names no Redis")
def test_limits_and_queue_live_in_redis_when_it_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-c", REDIS_SCRIPT],
        cwd=ROOT,
        env={**os.environ, "REDIS_URL": f"{REDIS}/9", "PREFIX": uuid.uuid4().hex},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.split() == ["RedisHuey", "True", "True", "ok", "ok", "too_many"], done.stdout + done.stderr
