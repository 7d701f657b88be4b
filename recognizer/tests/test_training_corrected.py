"""How a training shows people's corrections: beside the rest, often enough to be learned, and never what judges it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recognizer.domain.errors import BadDataSet, BadParameters
from recognizer.tests.training_material import drawn
from recognizer.training.corrected import MOST_SHOWN, SHARE, Corrected, load_corrected
from recognizer.training.datasets import Samples
from recognizer.training.material import load_material
from recognizer.training.parameters import TrainingParameters
from recognizer.training.pool import Pool
from recognizer.training.presets import ARCHITECTURES, Preset
from recognizer.training.stream import Stream


def marked(count: int, label: int = 4) -> Samples:
    """Samples that are told from all others by their corner, and from each other by the next pixel."""
    pictures = np.repeat(drawn(label + 1).pictures[label:], count, axis=0)
    pictures[:, 0, 0], pictures[:, 0, 1] = 9, np.arange(count)
    return Samples(pictures, np.full(count, label))


def epochs(corrected: Corrected, train: int = 1000, **preset: Any) -> list[tuple[Any, Any]]:
    stream = Stream(drawn(train), Pool.empty(), Preset(epochs=2, **preset), 1, corrected)
    shown = list(stream.epochs(0))
    assert all(len(pictures) == len(stream) for pictures, _ in shown)
    return shown


def test_an_epoch_shows_them_as_a_share_each_as_often_as_the_others() -> None:
    for pictures, labels in epochs(Corrected(marked(60), people=2)):
        theirs = pictures[:, 0, 0, 0] == 9
        assert theirs.sum() == SHARE * 1000
        assert (labels[theirs] == 4).all()
        assert set(np.bincount(pictures[theirs, 0, 1, 0], minlength=60)) == {3, 4}


def test_a_handful_does_not_become_the_rule() -> None:
    pictures, _ = epochs(Corrected(marked(2), people=1))[0]
    assert (pictures[:, 0, 0, 0] == 9).sum() == 2 * MOST_SHOWN


def test_without_corrections_an_epoch_is_the_data_set_once() -> None:
    pictures, _ = epochs(Corrected.none(), train=100)[0]
    assert sorted(picture.tobytes() for picture in pictures) == sorted(p.tobytes() for p in drawn(100).pictures)


def test_a_part_of_the_data_set_is_replayed_another_each_time() -> None:
    train = Samples(np.repeat(marked(200).pictures, 1, axis=0), marked(200).labels)
    stream = Stream(train, Pool.empty(), Preset(epochs=2, replayed=0.3), 1)
    first, second = (set(pictures[:, 0, 1, 0].tolist()) for pictures, _ in stream.epochs(0))
    assert len(first) == len(second) == 60
    assert first != second


def saved(path: Path, samples: Samples, **more: Any) -> Path:
    np.savez(path, x_train=samples.pictures, y_train=samples.labels, **more)
    return path


def test_what_judges_a_network_is_not_learned_from(tmp_path: Path) -> None:
    both = Samples(
        np.concatenate([drawn(10).pictures, marked(5).pictures]), np.concatenate([drawn(10).labels, marked(5).labels])
    )
    corrected = load_corrected(saved(tmp_path / "c.npz", both, people=3), drawn(8), marked(1))
    assert (len(corrected), corrected.people) == (2 + 4, 3)
    with pytest.raises(BadDataSet, match="keeps to judge by"):
        load_corrected(saved(tmp_path / "c.npz", drawn(5), people=1), drawn(10))


def test_a_file_without_the_number_of_people_is_refused(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = [{}, {"people": np.array([1, 2])}]
    for more in told:
        with pytest.raises(BadDataSet, match="how many people"):
            load_corrected(saved(tmp_path / "c.npz", marked(3), **more))


def test_a_run_finds_them_in_the_folder_of_its_checkpoints(tmp_path: Path) -> None:
    train, test = drawn(300), drawn(20)
    train.pictures[:, 0, :2] = np.arange(300)[:, None] // [1, 256] % 256  # no two the same
    saved(tmp_path / "data.npz", train, x_test=test.pictures, y_test=test.labels)
    saved(tmp_path / "corrections.npz", marked(9), people=2)
    told = TrainingParameters(architecture="mlp", data=str(tmp_path / "data.npz"), corrections="corrections.npz")
    found = load_material(told, tmp_path)
    assert (len(found.corrected), found.corrected.people) == (9, 2)
    assert found.corrected.fingerprint != Corrected.none().fingerprint
    (tmp_path / "corrections.npz").unlink()
    with pytest.raises(BadDataSet, match="no data set at"):
        load_material(told, tmp_path)


def test_what_knows_the_rest_is_taught_gently(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(b"weights")
    start, usual = str(tmp_path / "model.keras"), ARCHITECTURES["numeral-cnn"].preset
    gentle = TrainingParameters(corrections="c.npz", init=start).preset()
    assert gentle.epochs < usual.epochs
    assert 0 < gentle.replayed < 1
    assert 0 < gentle.hands <= usual.hands
    assert TrainingParameters(corrections="c.npz", init=start, epochs=7).preset().epochs == 7
    assert TrainingParameters(corrections="c.npz").preset() == usual
    assert TrainingParameters(init=start).preset() == usual
    classic = TrainingParameters(architecture="mlp", corrections="c.npz", init=start).preset()
    assert (classic.hands, classic.negatives) == (0, 0)


def test_line_networks_do_not_learn_from_single_digits() -> None:
    with pytest.raises(BadParameters, match="only digit networks"):
        TrainingParameters(architecture="numeral-lines", corrections="c.npz").check()


@pytest.mark.parametrize("name", [3, "../corrections.npz", "/etc/passwd", "", "a/b.npz"])
def test_corrections_are_a_file_of_the_run(name: Any) -> None:
    with pytest.raises(BadParameters, match="--corrections"):
        TrainingParameters(corrections=name).check()
