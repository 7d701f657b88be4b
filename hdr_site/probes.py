"""Is what serving stands on there? Asked by ``/readyz``, by the doctor and before every start."""

from __future__ import annotations

import uuid

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def migrations_waiting() -> int:
    """How many migrations the database lacks; asking costs less than ``migrate``, which also rewrites permissions."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def storage_probe() -> None:
    """Write a file to the private storage and remove it again. Raises what the storage raises."""
    private = storages["private"]
    private.delete(private.save(f".probe-{uuid.uuid4().hex}", ContentFile(b"probe")))
