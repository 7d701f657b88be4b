"""The gate: a candidate beside the model that serves, on the same samples, and whether that speaks against it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from recognizer.domain.errors import BadModel
from recognizer.domain.phrases import phrase, together
from recognizer.domain.types import KIND_WORDS, ModelKind
from recognizer.inference.calibration import expected_calibration_error
from recognizer.inference.comparison import Difference, difference, digits_changed, speeds
from recognizer.models import GateMeasurement, ModelVersion
from recognizer.services.gate_numbers import gate_numbers
from recognizer.services.gate_samples import PEOPLE, Gate, GateSamples, gate_digits
from recognizer.services.serving import Engine, engine_load

State = ModelVersion.State


@dataclass(frozen=True, slots=True)
class Measured:
    """What a model made of some samples: which it read right, booleans (n,), and its expected calibration error."""

    right: NDArray[np.bool_]
    ece: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """``decision`` is ``allowed``, ``refused`` or ``not_compared``; the first of ``sentences`` says it, the others why.

    ``figures`` is ready for JSON: what was compared, on what, and what it showed.
    """

    decision: str
    sentences: tuple[str, ...]
    serving: ModelVersion | None
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        return together(self.sentences)

    def as_json(self) -> dict[str, Any]:
        return {"decision": self.decision, "sentences": list(self.sentences), **self.figures}


class _NotMeasuredError(Exception):
    """A comparison that would take more than a moment."""


def gate_compare(*, model: ModelVersion) -> Verdict:
    """Compare a model with the one of its kind that serves; what was not measured yet is, in half a minute at most.

    Raises BadModel where the candidate's own files are not fit to serve.
    """
    return _compare(model, _measured)


def gate_compare_known(*, model: ModelVersion) -> Verdict | None:
    """The same from what is known, in a moment; None where something must be measured first. Raises BadModel."""
    try:
        return _compare(model, _known)
    except _NotMeasuredError:
        return None


def gate_measure_missing() -> int:
    """Measure what serves, may serve or served on samples that it was not measured on; returns how many models.

    Safe to run at any time; a model whose files are no good is left to whoever wants to activate it.
    """
    return sum(_measure_missing(kind) for kind in ModelKind)


def _compare(model: ModelVersion, measured: Measure) -> Verdict:
    serving = _serving(model.kind)
    engine = engine_load(model)
    if serving is None:
        return _not_compared(
            None,
            phrase(
                "No {kind} model serves that {name} could be compared with.",
                kind=KIND_WORDS[model.kind],
                name=model.name,
            ),
        )
    try:
        other, gate = engine_load(serving), _gate_of(model.kind)
    except BadModel as error:
        return _not_compared(serving, phrase("What serves cannot be measured. {error}", error=error))
    if not gate.samples:
        return _not_compared(serving, *gate.missing)
    pairs = [(on, measured(model, engine, on), measured(serving, other, on)) for on in gate.samples]
    found = [_Compared(on, own, its, difference(own.right, its.right)) for on, own, its in pairs]
    own_ms, other_ms = speeds([lambda: gate.timed(engine), lambda: gate.timed(other)])
    return _judge(model, serving, gate, found, _Times(own_ms, other_ms, gate.unit))


def _measure_missing(kind: str) -> int:
    try:
        samples = _gate_of(kind).samples
    except BadModel:
        return 0
    models = ModelVersion.objects.filter(kind=kind).exclude(state=State.ARCHIVED) if samples else ()
    return sum(_measure_on(model, samples) for model in models)


def _measure_on(model: ModelVersion, samples: list[GateSamples]) -> bool:
    known = set(model.measurements.values_list("samples_sha256", flat=True))
    waiting = [each for each in samples if each.sha256 not in known]
    if waiting:
        try:
            engine = engine_load(model)
        except BadModel:
            return False
        for each in waiting:
            _measured(model, engine, each)
    return bool(waiting)


def _serving(kind: str) -> ModelVersion | None:
    return ModelVersion.objects.filter(kind=kind, state=State.ACTIVE).first()


def _gate_of(kind: str) -> Gate:
    """Raises BadModel where the digit model that reads along with a line network cannot be loaded."""
    return gate_digits() if kind == ModelKind.DIGIT else gate_numbers(digit_model=_serving(ModelKind.DIGIT))


def _known(model: ModelVersion, engine: Engine, on: GateSamples) -> Measured:
    """Raises _NotMeasuredError."""
    row = model.measurements.filter(samples=on.key, samples_sha256=on.sha256, count=on.count).first()
    if row is None:
        raise _NotMeasuredError
    bits = np.frombuffer(bytes(row.right), np.uint8)
    return Measured(np.unpackbits(bits, count=row.count).astype(bool), row.ece)


def _measured(model: ModelVersion, engine: Engine, on: GateSamples) -> Measured:
    """What is known of a model on these samples, or is found out now and kept."""
    try:
        return _known(model, engine, on)
    except _NotMeasuredError:
        confidence, right = on.ask(engine)
    measured = Measured(right, expected_calibration_error(confidence, right))
    kept = {"right": np.packbits(right).tobytes(), "ece": measured.ece, "count": on.count}
    GateMeasurement.objects.update_or_create(
        model=model, samples=on.key, defaults={"samples_sha256": on.sha256, **kept}
    )
    return measured


Measure = Callable[[ModelVersion, Engine, GateSamples], Measured]


@dataclass(frozen=True, slots=True)
class _Times:
    """Median milliseconds of either model, and of what."""

    candidate: float
    serving: float
    unit: str

    @property
    def limit(self) -> float:
        return float(max(settings.GATE_QUICK_MS, settings.GATE_TIMES_SLOWER * self.serving))


@dataclass(frozen=True, slots=True)
class _Compared:
    on: GateSamples
    candidate: Measured
    serving: Measured
    difference: Difference

    @property
    def uncalibrated(self) -> bool:
        return self.on.judges_calibration and self.candidate.ece > settings.GATE_MOST_ECE


def _judge(model: ModelVersion, serving: ModelVersion, gate: Gate, found: list[_Compared], times: _Times) -> Verdict:
    against = [_worse_sentence(serving, each) for each in found if each.difference.worse]
    against += [_uncalibrated_sentence(each) for each in found if each.uncalibrated]
    if times.candidate > times.limit:
        against.append(
            phrase(
                "It takes {candidate:.2f} ms a {unit}, {name} {serving:.2f}; the limit is {limit:.2f}.",
                candidate=times.candidate,
                unit=KIND_WORDS[times.unit],
                name=serving.name,
                serving=times.serving,
                limit=times.limit,
            )
        )
    ms = {"candidate": times.candidate, "serving": times.serving, "limit": times.limit}
    figures = {
        "candidate": model.name,
        "serving": serving.name,
        "samples": [_figures(each) for each in found],
        "ms": {key: round(value, 3) for key, value in ms.items()} | {"unit": times.unit},
        "missing": gate.missing,
    }
    if against:
        return Verdict("refused", (phrase("{name} is refused.", name=model.name), *against), serving, figures)
    if all(each.on.key == PEOPLE for each in found):
        sentences = (phrase("{name} can’t be compared in full.", name=model.name), *gate.missing)
        return Verdict("not_compared", sentences, serving, figures)
    kept = [_kept_sentence(model, serving, each) for each in found]
    return Verdict("allowed", (phrase("Nothing speaks against it."), *kept), serving, figures)


def _not_compared(serving: ModelVersion | None, *why: str) -> Verdict:
    figures = {"missing": list(why)}
    return Verdict("not_compared", (phrase("The two can’t be compared."), *why), serving, figures)


def _worse_sentence(serving: ModelVersion, each: _Compared) -> str:
    d = each.difference
    return phrase(
        "Of {n:,} samples ({samples}) it reads {own:.2f} % right, {serving} {its:.2f} %: {fewer:.2f} points fewer,"
        " with 95 % between {low:.2f} and {high:.2f}.",
        n=d.n,
        samples=each.on.name,
        serving=serving.name,
        own=100 * d.candidate,
        its=100 * d.serving,
        fewer=-100 * d.value,
        low=-100 * d.high,
        high=-100 * d.low,
    )


def _kept_sentence(model: ModelVersion, serving: ModelVersion, each: _Compared) -> str:
    d = each.difference
    return phrase(
        "Of {n:,} samples ({samples}) {model} reads {own:.2f} % right, {serving} {its:.2f} %: a difference of"
        " {points:+.2f} points, with 95 % between {low:+.2f} and {high:+.2f}.",
        n=d.n,
        samples=each.on.name,
        model=model.name,
        serving=serving.name,
        own=100 * d.candidate,
        its=100 * d.serving,
        points=100 * d.value,
        low=100 * d.low,
        high=100 * d.high,
    )


def _uncalibrated_sentence(each: _Compared) -> str:
    return phrase(
        "Its confidence does not mean what it says: the expected calibration error is {ece:.2f} % ({samples}), the"
        " limit {limit:.2f} %.",
        ece=100 * each.candidate.ece,
        samples=each.on.name,
        limit=100 * settings.GATE_MOST_ECE,
    )


def _figures(each: _Compared) -> dict[str, Any]:
    right, labels = (each.candidate.right, each.serving.right), each.on.labels
    changed = [] if labels is None else digits_changed(*right, labels)
    return {
        "name": each.on.name,
        "sha256": each.on.sha256,
        **_difference_json(each.difference),
        "ece": {"candidate": round(each.candidate.ece, 5), "serving": round(each.serving.ece, 5)},
        "digits": [
            {"digit": digit.digit, **_difference_json(digit.difference), "worse": digit.difference.worse}
            for digit in changed
        ],
    }


def _difference_json(d: Difference) -> dict[str, Any]:
    shares = {"candidate": d.candidate, "serving": d.serving, "difference": d.value, "low": d.low, "high": d.high}
    rounded = {key: round(value, 5) for key, value in shares.items()}
    return {"n": d.n, **rounded, "gained": d.gained, "lost": d.lost, "p": round(d.p, 5)}
