"""MNIST, registered from the browser as ``manage.py datasets add --role train`` does it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from django.conf import settings

from accounts.models import User
from recognizer.domain.errors import BadDataSet
from recognizer.domain.phrases import phrase
from recognizer.models import DataSet
from recognizer.services.datasets import dataset_register

SOURCE = "MNIST, by LeCun, Cortes and Burges"
PATIENCE = 120
FIND = "from recognizer.training.datasets import find_mnist; print(find_mnist().resolve())"


def mnist_is_missing() -> bool:
    """Whether to offer it: no set to train on is there, or ``MNIST_PATH`` names a file that isn't registered."""
    to_train_on = DataSet.objects.filter(role=DataSet.Role.TRAIN)
    if settings.MNIST_PATH and Path(settings.MNIST_PATH).is_file():
        return not to_train_on.filter(path=str(Path(settings.MNIST_PATH).expanduser().resolve())).exists()
    return not to_train_on.exists()


def mnist_register(*, added_by: User | None = None) -> DataSet:
    """Register MNIST to train on: the file that ``MNIST_PATH`` names, else Keras's download and cache.

    Raises BadDataSet with a sentence.
    """
    path = Path(settings.MNIST_PATH) if settings.MNIST_PATH else _found()
    return dataset_register(path=path, role=DataSet.Role.TRAIN, source=SOURCE, added_by=added_by)


def _found() -> Path:
    """By a process of its own: Keras, which downloads it, has no place in one that serves."""
    told = phrase("MNIST could not be downloaded. Upload a data set, or name an mnist.npz on the server by MNIST_PATH.")
    try:
        done = subprocess.run(
            [sys.executable, "-c", FIND],
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        )
        return Path(done.stdout.strip().splitlines()[-1])
    except (subprocess.SubprocessError, OSError, IndexError) as error:
        raise BadDataSet(told) from error
