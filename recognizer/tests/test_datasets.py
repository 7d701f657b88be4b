"""Registering data sets: by path, by upload, by command; what is refused leaves nothing behind."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command

from recognizer.domain.errors import BadDataSet, EmptyFile
from recognizer.models import DataSet, TrainingRun
from recognizer.services.dataset_files import dataset_path
from recognizer.services.dataset_looks import dataset_shared, dataset_sprite
from recognizer.services.datasets import (
    dataset_add_upload,
    dataset_load,
    dataset_place,
    dataset_register,
    dataset_remove,
    datasets_verify,
)
from recognizer.tests.training_material import drawn

pytestmark = pytest.mark.django_db


def packed(count: int = 120, **changed: Any) -> bytes:
    """An .npz of drawn digits, with some of its arrays replaced, or left out where None is given."""
    train, test = drawn(count), drawn(20)
    rng = np.random.default_rng(1)
    given: dict[str, Any] = {
        "x_train": np.maximum(train.pictures, rng.integers(0, 9, train.pictures.shape, np.uint8)),
        "y_train": train.labels,
        "x_test": test.pictures,
        "y_test": test.labels,
    }
    given |= changed
    stream = io.BytesIO()
    np.savez_compressed(stream, **{key: value for key, value in given.items() if value is not None})
    return stream.getvalue()


def npz(folder: Path, name: str = "digits.npz", **changed: Any) -> Path:
    path = folder / name
    path.write_bytes(packed(**changed))
    return path


def labelled_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"a picture")
    (folder / "b.png").write_bytes(b"another")
    (folder / "labels.csv").write_text("file,text\na.png,1205\nb.png,\n", encoding="utf-8")
    return folder


def stored(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "datasets").glob("*"))


def bomb() -> bytes:
    """Small, but unpacks to 390 MB: more than an upload may, each array within its bounds."""
    head = b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little")
    told = "{'descr': '|u1', 'fortran_order': False, 'shape': (500000, 28, 28), }"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("x_test.npy", "w", force_zip64=True) as member:
            member.write(head + told.encode().ljust(117) + b"\n")
            for _ in range(500):
                member.write(bytes(1000 * 28 * 28))
        archive.writestr("y_test.npy", b"")
    return stream.getvalue()


def long_header() -> bytes:
    """A header that claims 64 MB of itself."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_test.npy", b"\x93NUMPY\x02\x00" + (1 << 26).to_bytes(4, "little") + b" " * (1 << 26))
        archive.writestr("y_test.npy", b"")
    return stream.getvalue()


def pickled() -> bytes:
    return packed(y_test=np.array([{"a": 1}] * 20, dtype=object))


def oddly_packed() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("x_test.npy", b"x")
        archive.writestr("y_test.npy", b"y")
    return stream.getvalue()


BAD: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "wrong keys": (lambda: packed(x_test=None), "evaluate", "lacks x_test"),
    "nothing to train on": (lambda: packed(x_train=None, y_train=None), "train", "lacks x_train, y_train"),
    "wrong shape": (lambda: packed(x_test=np.zeros((20, 28, 29), np.uint8)), "gate", "must be uint8 of shape"),
    "not a number": (lambda: packed(x_test=np.full((20, 28, 28), np.nan)), "gate", "is float64"),
    "not a number as label": (lambda: packed(y_test=np.full(20, np.nan)), "gate", "must be whole numbers"),
    "label out of range": (lambda: packed(y_test=np.arange(20)), "gate", "holds 0 to 19"),
    "one digit missing": (lambda: packed(y_test=np.arange(20) % 9), "gate", "has no sample of 9"),
    "three samples": (lambda: packed(3), "train", "only 3 samples; at least 100"),
    "object arrays": (pickled, "gate", "must be whole numbers"),
    "a bomb": (bomb, "gate", "unpack to more than 256 MB"),
    "a long header": (long_header, "gate", "no array that can be read"),
    "oddly packed": (oddly_packed, "gate", "packed in a way"),
    "text": (lambda: b"hello", "train", r"no \.npz file"),
    "cut short": (lambda: packed()[:-300], "train", r"no \.npz file"),
    "another role": (lambda: packed(), "decide", "role must be one of"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_bad_is_explained_and_leaves_nothing(tmp_path: Path, case: str) -> None:
    make, role, sentence = BAD[case]
    with pytest.raises(BadDataSet, match=sentence):
        dataset_add_upload(data=make(), role=role, name="bad")
    assert stored(tmp_path) == []
    assert not DataSet.objects.exists()


def test_an_empty_file_and_a_bad_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EmptyFile):
        dataset_add_upload(data=b"", role="train", name="empty")
    for name in ("", "../up", "a/b", "x" * 81):
        with pytest.raises(BadDataSet, match="A name has"):
            dataset_add_upload(data=packed(), role="train", name=name)
    assert stored(tmp_path) == []


def test_an_upload_is_stored_by_its_hash_and_removed_with_its_row(
    tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    row = dataset_add_upload(data=packed(), role="train", name="ours", source="a pen", licence="CC0")
    assert (row.count, row.class_counts["train"]) == (140, [12] * 10)
    assert stored(tmp_path) == [f"{row.sha256}.npz"]
    assert len(dataset_load(row).samples["train"]) == 120
    with django_capture_on_commit_callbacks(execute=True):
        dataset_remove(row=row)
    assert stored(tmp_path) == []
    assert not DataSet.objects.exists()


def test_a_taken_name_and_a_known_file_are_refused(tmp_path: Path) -> None:
    dataset_add_upload(data=packed(), role="train", name="ours")
    with pytest.raises(BadDataSet, match="named ours already"):
        dataset_add_upload(data=packed(130), role="train", name="ours")
    with pytest.raises(BadDataSet, match="registered already, as ours"):
        dataset_add_upload(data=packed(), role="train", name="other")
    assert len(stored(tmp_path)) == DataSet.objects.count() == 1


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    for call in ("os.fsync", "os.replace"):
        with monkeypatch.context() as patch:
            patch.setattr(f"recognizer.services.dataset_files.{call}", full)
            with pytest.raises(BadDataSet, match="cannot be written: No space left"):
                dataset_add_upload(data=packed(), role="train", name="ours")
        assert stored(tmp_path) == []
        assert not DataSet.objects.exists()


def test_a_path_is_registered_where_it_lies_and_stays(tmp_path: Path, django_capture_on_commit_callbacks: Any) -> None:
    path = npz(tmp_path)
    row = dataset_register(path=path, role="train")
    assert (row.name, dataset_path(row), row.format) == ("digits", path, "npz")
    with django_capture_on_commit_callbacks(execute=True):
        dataset_remove(row=row)
    assert path.is_file()
    with pytest.raises(BadDataSet, match="no data set at"):
        dataset_register(path=tmp_path / "nowhere.npz", role="train")


def test_mnist_is_found_without_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_PATH", str(npz(tmp_path, "mnist.npz")))
    assert dataset_register(path=None, role="train").name == "mnist"


def test_a_folder_of_pictures_evaluates_only(tmp_path: Path) -> None:
    folder = labelled_folder(tmp_path)
    with pytest.raises(BadDataSet, match="must be evaluate or gate"):
        dataset_register(path=folder, role="train")
    row = dataset_register(path=folder, role="evaluate")
    assert (row.name, row.format, row.count) == ("pages", "folder", 2)
    assert row.class_counts == {"digits": [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]}


def test_verifying_finds_what_changed_or_vanished(tmp_path: Path) -> None:
    dataset_register(path=npz(tmp_path, "same.npz"), role="train")
    changed, gone = npz(tmp_path, "changed.npz", count=130), npz(tmp_path, "gone.npz", count=140)
    folder = labelled_folder(tmp_path)
    for path, role in ((changed, "train"), (gone, "train"), (folder, "evaluate")):
        dataset_register(path=path, role=role)
    changed.write_bytes(packed(150))
    gone.unlink()
    (folder / "a.png").write_bytes(b"changed")
    problems = {each.name: each.problem for each in datasets_verify()}
    assert problems["same"] is None
    assert "no data set at" in (problems["gone"] or "")
    assert problems["changed"] == problems["pages"] == "It has changed since it was registered."


def test_a_set_that_a_training_reads_stays(tmp_path: Path) -> None:
    row = dataset_register(path=npz(tmp_path), role="train")
    run = TrainingRun.objects.create(architecture="mlp", kind="digit", parameters={"data": row.path})
    with pytest.raises(BadDataSet, match="A training reads digits"):
        dataset_remove(row=row)
    TrainingRun.objects.filter(id=run.id).update(state="done")
    dataset_remove(row=row)


def test_what_sets_of_other_roles_share_is_counted(tmp_path: Path) -> None:
    train = dataset_register(path=npz(tmp_path), role="train")
    dataset_register(path=npz(tmp_path, "gate.npz", x_train=None, y_train=None), role="gate")
    dataset_register(path=npz(tmp_path, "beside.npz", count=130), role="train")
    (shared,) = dataset_shared(train)
    assert (shared.name, shared.count) == ("gate", 10)
    (tmp_path / "gate.npz").unlink()
    cache.clear()
    assert dataset_shared(train)[0].count is None


def test_pictures_of_a_set_are_made_once(tmp_path: Path) -> None:
    path = npz(tmp_path)
    row = dataset_register(path=path, role="train")
    assert dataset_sprite(row, "3").startswith(b"\x89PNG")
    path.unlink()
    assert dataset_sprite(row, "mean").startswith(b"\x89PNG")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("datasets", "add", str(npz(tmp_path)), "--role", "train", "--name", "ours", "--licence", "CC0")
    call_command("datasets")
    call_command("datasets", "show", "ours")
    call_command("datasets", "verify")
    told = capsys.readouterr().out
    assert "ours is registered: 140 samples, to train." in told
    assert "licence  CC0" in told
    assert "0: 12, 1: 12" in told
    assert "ours: ok" in told
    (tmp_path / "digits.npz").unlink()
    with pytest.raises(CommandError, match="Not every data set"):
        call_command("datasets", "check")
    call_command("datasets", "remove", "ours")
    with pytest.raises(CommandError, match="no data set named ours"):
        call_command("datasets", "show", "ours")


def test_training_takes_a_registered_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def execute(*, parameters: dict[str, Any], **_: Any) -> None:
        asked.append(parameters)
        raise BadDataSet("stopped here")

    monkeypatch.setattr("recognizer.management.commands.train.training_run_execute", execute)
    path = npz(tmp_path)
    dataset_register(path=path, role="train", name="ours")
    dataset_register(path=npz(tmp_path, "gate.npz", count=130), role="gate")
    with pytest.raises(CommandError, match="stopped here"):
        call_command("train", "--data", "ours")
    assert asked[0]["data"] == str(path)
    with pytest.raises(CommandError, match="registered to gate"):
        call_command("train", "--data", "gate")
    path.unlink()
    with pytest.raises(CommandError, match="no data set at"):
        call_command("train", "--data", "ours")
    assert len(asked) == 1


def test_a_registered_set_can_be_named_where_a_path_can(tmp_path: Path) -> None:
    row = dataset_register(path=npz(tmp_path), role="evaluate", name="ours")
    assert dataset_place("ours") == dataset_path(row)
    assert dataset_place(str(tmp_path / "other.npz")) == tmp_path / "other.npz"
