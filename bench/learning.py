"""Does it learn? Writers whom the shipped model reads badly correct a hundred digits each; then it reads the next ones.

    python -m bench.learning --mnist mnist.npz [--writers 5] [--seed 1] [--set FOLDER|FILE.npz] [--look]

All goes the way it goes in life: digits are uploaded, read by both networks, corrected or confirmed by their writer,
taken in by ``manage.py train --include-corrections`` and activated. Everything lies in a folder that is deleted in the
end, the model too. ``--set`` adds a hundred digits of a set as one more person's; with ``--look``, staff take back what
the second look set aside; with ``--sheet``, writers give what was not read at all, and so can't be corrected, as on a
practice sheet. Takes some ten minutes on one core.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from recognizer.inference.engine import DigitEngine
    from recognizer.training.hands import Hand

CORRECTED, READ = 100, 500
Digits = list[tuple[bytes, int]]


@dataclass(frozen=True, slots=True)
class Person:
    """A writer: digits to correct, and those to read afterwards, each a picture file and what it shows."""

    name: str
    corrected: Digits
    read: Digits


@dataclass(frozen=True, slots=True)
class Errors:
    """How many of a person's digits were read wrongly or not at all: by both networks, by the digit network alone."""

    reader: int
    network: int


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="numeral-learning-") as folder:
        _prepare(Path(folder))
        people = _writers(options.writers, options.seed) + [_from_set(path, options.seed) for path in options.set]
        given = [_give(person, options.sheet and person.name.startswith("writer")) for person in people]
        before, mnist_before = [_errors(person) for person in people], _mnist_errors(options.mnist)
        started = time.monotonic()
        set_aside = _train(options)
        seconds = time.monotonic() - started
        after, mnist_after = [_errors(person) for person in people], _mnist_errors(options.mnist)
        _report(people, given, before, after)
        print(f"\nMNIST's test set, 10,000: {mnist_before} errors before, {mnist_after} after.")
        print(f"Set aside by the second look: {set_aside}. From the samples to the served model: {seconds:.0f} s.")
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.learning")
    parser.add_argument(
        "--mnist", type=Path, default=os.environ.get("MNIST_PATH"), required="MNIST_PATH" not in os.environ
    )
    parser.add_argument("--writers", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1, help="for the writers and for the training")
    parser.add_argument("--set", type=Path, action="append", default=[], metavar="PATH")
    parser.add_argument("--look", action="store_true")
    parser.add_argument("--sheet", action="store_true")
    return parser.parse_args(arguments)


def _prepare(folder: Path) -> None:
    """An installation of its own."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="hdr_site.settings",
        NUMERAL_ENV_FILE=os.devnull,
        SECRET_KEY=secrets.token_urlsafe(50),
        DATA_DIR=str(folder),
        DATABASE_URL=f"sqlite:///{folder / 'db.sqlite3'}",
    )
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from recognizer.services.registry import shipped_models_register

    shipped_models_register()


def _writers(count: int, seed: int) -> list[Person]:
    from bench.unseen_hands import writer

    return [_writer(f"writer {number + 1}", writer, np.random.default_rng([seed, number])) for number in range(count)]


def _writer(name: str, writer: Any, rng: np.random.Generator) -> Person:
    from bench.unseen_hands import scan

    hand: Hand = writer(rng)
    labels = rng.integers(0, 10, CORRECTED + READ).tolist()
    digits = [(scan(hand, label, rng), label) for label in labels]
    return Person(name, digits[:CORRECTED], digits[CORRECTED:])


def _from_set(path: Path, seed: int) -> Person:
    from recognizer.training.evaluation_data import TestPictures, load_evaluation_set

    data = load_evaluation_set(path)
    if isinstance(data, TestPictures):
        files = [bytes(cv2.imencode(".png", picture)[1]) for picture in data.pictures]
        labels = data.labels.tolist()
    else:
        files, labels = [file.read_bytes() for file in data.files], [int(text) for text in data.texts]
    order = np.random.default_rng(seed).permutation(len(files))[: CORRECTED + READ].tolist()
    digits = [(files[at], labels[at]) for at in order]
    return Person(data.name, digits[:CORRECTED], digits[CORRECTED:])


def _give(person: Person, by_sheet: bool) -> int:
    """Upload and correct; returns how many digits became samples. What isn't read as a number can't be corrected:
    ``by_sheet`` gives it all the same.
    """
    from accounts.models import Keep, User
    from recognizer.domain.types import Expect
    from recognizer.models import Sample
    from recognizer.services.ingest import picture_ingest
    from recognizer.services.review import prediction_correct
    from recognizer.services.samples import sample_add
    from recognizer.vision.normalise import normalise_ink

    email = f"{person.name.replace(' ', '-')}@bench.example"
    owner = User.objects.create_user(email, training_consent=True)
    for picture, label in person.corrected:
        upload = picture_ingest(data=picture, owner=owner, keep=Keep.ALL, expect=Expect(1)).upload
        assert upload is not None
        for prediction in upload.predictions.all():
            prediction_correct(prediction=prediction, author=owner, text=str(label))
        if by_sheet and not upload.predictions.exists():
            grey = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
            assert grey is not None
            crop = normalise_ink(np.asarray(255 - grey, np.uint8))
            sample_add(contributor=owner, label=label, crop=crop, source=Sample.Source.SHEET)
    return owner.samples.count()


def _errors(person: Person) -> Errors:
    from recognizer.domain.types import Expect
    from recognizer.services.ingest import picture_ingest
    from recognizer.services.serving import models_serving

    engine = models_serving().readers.digit
    reader = network = 0
    for picture, label in person.read:
        reading = picture_ingest(data=picture, expect=Expect(1)).reading
        reader += reading.text != str(label)
        digits = reading.numbers[0].digits if reading.numbers else ()
        network += not digits or int(engine.probabilities(digits[0].crop[None]).argmax()) != label
    return Errors(reader, network)


def _mnist_errors(path: Path) -> int:
    from recognizer.services.serving import models_serving
    from recognizer.training.datasets import load_data_set

    test = load_data_set(path).test
    engine: DigitEngine = models_serving().readers.digit
    answers = [engine.probabilities(test.pictures[at : at + 500]).argmax(axis=1) for at in range(0, len(test), 500)]
    return int((np.concatenate(answers) != test.labels).sum())


def _train(options: argparse.Namespace) -> int:
    from django.core.management import call_command

    from recognizer.models import Sample
    from recognizer.services.sample_review import samples_second_look, samples_take_back

    samples_second_look()
    aside = Sample.objects.filter(state=Sample.State.SET_ASIDE)
    count = aside.count()
    if options.look:
        samples_take_back(samples=aside)
    call_command(
        "train", include_corrections=True, data=str(options.mnist), seed=options.seed, name="learned", activate=True
    )
    return count


def _report(people: Sequence[Person], given: Sequence[int], before: Sequence[Errors], after: Sequence[Errors]) -> None:
    from recognizer.services.scores import interval

    def shown(errors: int, of: int) -> str:
        low, high = interval(errors, of)
        return f"{100 * errors / of:.1f} % ({100 * low:.1f} to {100 * high:.1f})"

    print("| hand | samples of 100 | n | both networks: before | after | digit network: before | after |")
    print("| --- | --: | --: | --: | --: | --: | --: |")
    rows = [
        (person.name, count, len(person.read), b, a)
        for person, count, b, a in zip(people, given, before, after, strict=True)
    ]
    for name, count, n, b, a in rows:
        cells = [shown(errors, n) for errors in (b.reader, a.reader, b.network, a.network)]
        print(f"| {name} | {count} | {n} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    sys.exit(main())
