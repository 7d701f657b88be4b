"""A disk that fills up: the run fails with a sentence, and nothing half-written goes by a model's name."""

from __future__ import annotations

import errno
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from recognizer.models import ModelVersion, TrainingRun
from recognizer.tests.test_datasets import npz
from recognizer.training.files import DiskFull, is_disk_full, reserve, write_atomically

needs_keras = pytest.mark.skipif(importlib.util.find_spec("keras") is None, reason="training needs Keras")


def full() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


def half_written(path: Path) -> None:
    path.write_bytes(b"half")
    raise full()


def test_a_file_that_finds_no_room_leaves_the_old_one_and_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(b"old")
    with pytest.raises(DiskFull, match=r"no room to write model\.keras in .*Make some"):
        write_atomically(tmp_path / "model.keras", half_written)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("model.keras", b"old")]


def test_what_only_words_say_is_understood(tmp_path: Path) -> None:
    def write(path: Path) -> None:
        raise RuntimeError("Can't write data (errno = 28, error message = 'No space left on device')")

    with pytest.raises(DiskFull):
        write_atomically(tmp_path / "model.h5", write)


def test_what_came_of_a_full_disk_is_known_by_its_cause() -> None:
    later = ValueError("the archive is not closed")
    later.__context__ = full()
    assert is_disk_full(later)
    assert not is_disk_full(ValueError("no archive"))
    assert not is_disk_full(PermissionError(errno.EACCES, "Permission denied"))


def test_other_errors_of_a_writer_stay_what_they_are(tmp_path: Path) -> None:
    def write(path: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    with pytest.raises(PermissionError):
        write_atomically(tmp_path / "model.keras", write)


@pytest.mark.skipif(sys.platform != "linux", reason="only here is room taken before it is needed")
def test_room_for_a_mapped_file_is_taken_before_it_is_written(tmp_path: Path, short_files: None) -> None:
    (tmp_path / "pictures.npy").write_bytes(b"")
    with pytest.raises(DiskFull, match=r"pictures\.npy"):
        reserve(tmp_path / "pictures.npy", 2**20)


@pytest.fixture
def short_files() -> Iterator[None]:
    """No file may grow beyond 300 kB, here and in children: to a program, that is a disk that fills up."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@needs_keras
@pytest.mark.slow
def test_a_run_that_finds_no_room_fails_with_a_sentence_and_registers_nothing(
    model: ModelVersion, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    data, output = npz(tmp_path), tmp_path / "out"
    request.getfixturevalue("short_files")
    arguments = ["--architecture", "mlp", "--data", str(data), "--epochs", "1", "--name", "tiny"]
    with pytest.raises(CommandError, match=r"no room to write best\.keras"):
        call_command("train", *arguments, "--output", str(output))
    run = TrainingRun.objects.get()
    assert run.state == "failed"
    assert "no room" in run.error
    assert not ModelVersion.objects.filter(name="tiny").exists()
    assert not [path for path in output.rglob("*") if path.suffix in (".keras", ".tflite") or path.name == "card.json"]
