"""What a form's rules buy: ``python -m bench.forms DATA`` or ``make bench-forms DATA=mnist.npz``.

Forms whose fields are filled in with MNIST's digits, each number by one hand of the project's generator, are
photographed at random; laid on their sample, and each field read under more and more of its rule. The networks look
once; only what is known differs. Nothing is stored.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import django
import numpy as np

from recognizer.domain.check_digits import CheckKind
from recognizer.domain.form_fields import FieldRule, rule_doubt
from recognizer.domain.types import ReadingState
from recognizer.training.datasets import hash_split, load_data_set
from recognizer.training.lines.writing import Bitmaps

HELD_OUT = 1 / 6
"""The share of MNIST's training digits, by hash, that no shipped network was trained on: for choosing parameters."""

WAYS = ("nothing", "check digit looked at afterwards", "length", "length and range", "length, range and check digit")


@dataclass(slots=True)
class Tally:
    """What came of one way to read, over the fields of one seed."""

    fields: int = 0
    wrong: int = 0
    review: int = 0
    accepted_wrong: int = 0
    sure: list[tuple[float, bool]] = field(default_factory=list)

    def add(self, *, right: bool, accepted: bool, confidence: float) -> None:
        self.fields += 1
        self.wrong += not right
        self.review += not accepted
        self.accepted_wrong += accepted and not right
        self.sure.append((confidence, right))

    @property
    def shares(self) -> tuple[float, float, float]:
        """Per cent of all fields: read wrong, sent to review, wrong and nobody asked."""
        return tuple(100 * count / max(1, self.fields) for count in (self.wrong, self.review, self.accepted_wrong))  # type: ignore[return-value]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.forms", description=__doc__)
    parser.add_argument("data", type=Path, help="MNIST as an .npz with x_train, y_train, x_test, y_test")
    parser.add_argument("--held-out", action="store_true", help="training digits held out, to choose parameters on")
    parser.add_argument("--forms", type=int, default=20, help="forms of each seed")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=100, help="the first seed")
    parser.add_argument("--slips", type=float, default=0.01, help="share of fields into which a slip was written")
    given = parser.parse_args()
    os.environ.setdefault("NUMERAL_ENV_FILE", os.devnull)
    os.environ.setdefault("SECRET_KEY", "only-for-the-benchmark")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hdr_site.settings")
    django.setup()
    cv2.setNumThreads(1)
    hands = _hands(given.data, held_out=given.held_out)
    results, refused, times = [], 0, []
    for seed in range(given.first, given.first + given.seeds):
        tallies, lost, took = _measure(hands, given.forms, seed, given.slips)
        results.append(tallies)
        refused += lost
        times += took
    _report(results, refused, times, given.forms)
    return 0


def _hands(path: Path, *, held_out: bool) -> Bitmaps:
    data = load_data_set(path)
    part = data.train.take(hash_split(data.train, HELD_OUT)[1]) if held_out else data.test
    return Bitmaps.of("digits", part.pictures, part.labels)


def _measure(
    hands: Bitmaps, forms: int, seed: int, slips: float
) -> tuple[dict[tuple[str, int], Tally], int, list[float]]:
    """Tallies by way and length, forms not found, and milliseconds that finding the others took."""
    from bench.form_material import filled_forms
    from recognizer.services.form_reading import look_at, number_by_rule, sample_prepare
    from recognizer.tests.shipped import shipped_readers
    from recognizer.vision.form_alignment import align
    from recognizer.vision.form_field_cut import cut_field

    readers = shipped_readers()
    tallies: dict[tuple[str, int], Tally] = {}
    lost, times = 0, []
    for filled in filled_forms(hands, forms, seed, slips):
        sample = sample_prepare(sample=filled.form.page, spec=filled.form.spec(filled.rules))
        started = time.perf_counter()
        found = align(sample, filled.photo.gray)
        times.append(1000 * (time.perf_counter() - started))
        if found is None or not found.is_form:
            lost += 1
            continue
        for box, rule, truth in zip(filled.form.boxes, filled.rules, filled.texts, strict=True):
            cut = cut_field(filled.photo.gray, sample, found.matrix, box)
            looked = None if cut.number is None else look_at(cut.number, readers)
            for way, known, afterwards in _ways(rule):
                reading = None if looked is None else number_by_rule(looked, known, readers)
                accepted = reading is not None and reading.state is ReadingState.ACCEPTED
                if accepted and reading is not None and afterwards is not None:
                    accepted = not rule_doubt(reading.text, afterwards)
                right = reading is not None and reading.text == truth
                tally = tallies.setdefault((way, len(truth)), Tally())
                tally.add(right=right, accepted=accepted, confidence=reading.confidence if reading else 0.0)
    return tallies, lost, times


def _ways(rule: FieldRule) -> Iterator[tuple[str, FieldRule, FieldRule | None]]:
    """Each way to read: its name, what is known while reading, and what is looked at afterwards."""
    length = replace(rule, least=None, greatest=None, check=CheckKind.NONE)
    nothing = FieldRule()
    known = (nothing, nothing, length, replace(rule, check=CheckKind.NONE), rule)
    for way, each in zip(WAYS, known, strict=True):
        yield way, each, rule if way == WAYS[1] else None


def _report(results: list[dict[tuple[str, int], Tally]], refused: int, times: list[float], forms: int) -> None:
    lengths = sorted({length for tallies in results for _, length in tallies})
    fields = sum(tally.fields for tallies in results for (way, _), tally in tallies.items() if way == WAYS[0])
    print(f"{len(results)} seeds of {forms} forms, {refused} forms not found, {fields} fields; finding a form:")
    print(f"median {np.median(times):.0f} ms, 95 % within {np.percentile(times, 95):.0f} ms.\n")
    print(
        "| digits | what is known while reading | wrong | to review | wrong and accepted | mean confidence less right |"
    )
    print("| --: | --- | --: | --: | --: | --: |")
    for length in lengths:
        for way in WAYS:
            rows = np.array([tallies[way, length].shares for tallies in results])
            sure = [pair for tallies in results for pair in tallies[way, length].sure]
            gap = 100 * (np.mean([pair[0] for pair in sure]) - np.mean([pair[1] for pair in sure]))
            spread = rows.std(axis=0, ddof=1) if len(rows) > 1 else np.zeros(3)
            cells = [f"{mean:.1f} ± {own:.1f} %" for mean, own in zip(rows.mean(axis=0), spread, strict=True)]
            print(f"| {length} | {way} | " + " | ".join(cells) + f" | {gap:+.1f} |")


if __name__ == "__main__":
    sys.exit(main())
