"""What a training run is told: checked before anything is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from recognizer.domain.errors import BadParameters
from recognizer.domain.phrases import phrase
from recognizer.domain.types import ModelKind
from recognizer.inference.card import PLAIN_NAME
from recognizer.training.corrected import gently
from recognizer.training.presets import ARCHITECTURES, Preset

ALSO = ("h5", "json")
STRATEGIES = ("mirrored", "multiworker")
SHARES = ("degraded", "foreign", "hands", "negatives")
MOST_SHOWN = 10
"""Pictures of one of the pool's kinds that are shown beside each of the data set's, at most."""
LIMITS = {
    "epochs": (1, 1000),
    "batch_size": (1, 8192),
    "limit": (100, 2_000_000),
    "folds": (2, 20),
    "version": (1, 1_000_000),
    "threads": (0, 256),
    "jobs": (1, 64),
}


@dataclass(frozen=True, slots=True)
class TrainingParameters:
    """One training run. What is None comes from the architecture's preset.

    ``data`` is an ``.npz`` (None: MNIST, see ``datasets.find_mnist``), ``extra`` names others with digits of other
    countries' hands (none: what OPTDIGITS_PATH and SEMEION_PATH name, see ``foreign``). ``beside`` is the folder of the
    digit model beside which a line network will serve. ``seeds`` trains the same recipe once for each seed and ships
    the best by validation; ``jobs`` of them at a time, each with ``threads`` threads (0: the backend's choice).
    ``recipe`` names another preset of the architecture, such as "fast"; ``strategy`` shares each batch among all
    devices of this machine ("mirrored") or of several ("multiworker"). ``limit`` uses only the first so many training
    pictures, ``init`` starts from the weights of a ``.keras`` file, ``together`` ships the mean of the seeds' weights
    where that is better than the best of them. ``shares`` shows other shares of the pool's kinds than the preset.
    ``folds`` cross-validates the recipe before its final fit. ``resume`` goes on from the checkpoints in the output
    directory. ``also`` adds ``h5`` and ``json``. ``corrections`` names a file of people's digits among the run's
    checkpoints (see ``corrected``).
    """

    architecture: str = "numeral-cnn"
    name: str = "digit"
    version: int = 1
    data: str | None = None
    extra: tuple[str, ...] = ()
    beside: str | None = None
    epochs: int | None = None
    batch_size: int | None = None
    seeds: tuple[int, ...] = (1,)
    limit: int | None = None
    also: tuple[str, ...] = ()
    resume: bool = False
    init: str | None = None
    together: bool = False
    folds: int | None = None
    shares: Mapping[str, float] = field(default_factory=dict)
    threads: int = 0
    jobs: int = 1
    corrections: str | None = None
    recipe: str | None = None
    strategy: str | None = None

    @classmethod
    def from_json(cls, raw: object) -> TrainingParameters:
        """Check parameters as a program gives them; ``seed`` is taken for ``seeds`` of one. Raises BadParameters."""
        if not isinstance(raw, Mapping):
            raise BadParameters(phrase("The training parameters must be one JSON object."))
        values = dict(raw)
        if "seed" in values:
            values["seeds"] = (values.pop("seed"),)
        unknown = sorted(set(values) - {own.name for own in fields(cls)})
        if unknown:
            raise BadParameters(
                phrase("There is no training parameter named {names}.", names=", ".join(map(str, unknown)))
            )
        for key in ("seeds", "also", "extra"):
            if key in values:
                values[key] = _sequence(key, values[key])
        parameters = cls(**values)
        parameters.check()
        return parameters

    def check(self) -> None:
        """Raise BadParameters with a sentence where a value makes no sense."""
        if not isinstance(self.architecture, str) or self.architecture not in ARCHITECTURES:
            known = ", ".join(ARCHITECTURES)
            raise BadParameters(
                phrase(
                    "There is no architecture “{architecture}”; there are {known}.",
                    architecture=self.architecture,
                    known=known,
                )
            )
        if not isinstance(self.name, str) or not PLAIN_NAME.fullmatch(self.name):
            raise BadParameters(phrase("The name may hold only letters, digits, dots, dashes and underscores."))
        self._check_limits()
        for key in ("resume", "together"):
            if not isinstance(getattr(self, key), bool):
                raise BadParameters(phrase("{key} is either on or off.", key=_flag(key)))
        self._check_recipe()
        self._check_strategy()
        self._check_seeds()
        self._check_folds()
        self._check_shares()
        unknown = [kind for kind in self.also if kind not in ALSO]
        if unknown:
            raise BadParameters(
                phrase(
                    "--also takes {known}, not {unknown}.",
                    known=phrase("{first} and {last}", first=ALSO[0], last=ALSO[1]),
                    unknown=", ".join(map(str, unknown)),
                )
            )
        self._check_paths()

    def _check_limits(self) -> None:
        for key, (low, high) in LIMITS.items():
            value = getattr(self, key)
            if value is not None and (not _whole(value) or not low <= value <= high):
                raise BadParameters(
                    phrase(
                        "{key} must be a whole number from {low:,} to {high:,}, not {value}.",
                        key=_flag(key),
                        low=low,
                        high=high,
                        value=value,
                    )
                )

    def _check_recipe(self) -> None:
        recipes = ARCHITECTURES[self.architecture].recipes
        if self.recipe is not None and (not isinstance(self.recipe, str) or self.recipe not in recipes):
            wanted = {"architecture": self.architecture, "recipe": self.recipe}
            raise BadParameters(
                phrase("{architecture} has no preset “{recipe}”; it has {known}.", known=", ".join(recipes), **wanted)
                if recipes
                else phrase("{architecture} has no preset “{recipe}”; it has its usual one only.", **wanted)
            )

    def _check_strategy(self) -> None:
        if self.strategy is None:
            return
        if self.strategy not in STRATEGIES:
            raise BadParameters(
                phrase(
                    "--strategy takes {names}, not {strategy}.",
                    names=phrase("{first} or {last}", first=STRATEGIES[0], last=STRATEGIES[1]),
                    strategy=self.strategy,
                )
            )
        if self.kind != "digit":
            raise BadParameters(phrase("--strategy is offered for digit networks only."))
        if self.jobs > 1 and len(self.seeds) > 1:
            raise BadParameters(
                phrase("--strategy shares one training, --jobs trains several at once: choose one of them.")
            )
        if self.folds is not None:
            raise BadParameters(
                phrase("--folds trains one fold after the other on this machine alone, without --strategy.")
            )
        if self.strategy == "multiworker" and self.corrections is not None:
            raise BadParameters(
                phrase("Corrections stay on the machine that keeps them: leave --strategy multiworker out.")
            )
        if self.strategy == "multiworker" and self.resume:
            raise BadParameters(
                phrase("A training on several machines can't be resumed: start it anew, or go on alone.")
            )

    def _check_seeds(self) -> None:
        if not self.seeds or not all(_whole(seed) and 0 <= seed < 2**31 for seed in self.seeds):
            raise BadParameters(phrase("A seed must be a whole number from 0 to 2,147,483,647."))
        if len(set(self.seeds)) != len(self.seeds):
            raise BadParameters(phrase("Each seed may be given once."))
        if self.together and not self.init:
            raise BadParameters(
                phrase("Only seeds that start from the same weights can go together: say which by --init.")
            )

    def _check_folds(self) -> None:
        if self.folds is None:
            return
        if self.kind != "digit":
            raise BadParameters(phrase("--folds is offered for digit networks only: strips of numbers have no folds."))
        if self.init is not None:
            raise BadParameters(
                phrase("--folds starts from fresh weights, not from --init: others may know a fold's pictures.")
            )

    def _check_shares(self) -> None:
        if not isinstance(self.shares, Mapping) or not set(self.shares) <= set(SHARES):
            raise BadParameters(phrase("--shares takes an object with any of {names}.", names=", ".join(SHARES)))
        for kind, share in self.shares.items():
            if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= MOST_SHOWN:
                raise BadParameters(
                    phrase(
                        "The share of {kind} must be a number from 0 to {most_shown}, not {share}.",
                        kind=kind,
                        most_shown=MOST_SHOWN,
                        share=share,
                    )
                )

    def _check_paths(self) -> None:
        for key in ("data", "init", "beside", "corrections"):
            value = getattr(self, key)
            if value is not None and not isinstance(value, str):
                raise BadParameters(phrase("{key} must be a path.", key=_flag(key)))
        if not all(isinstance(path, str) for path in self.extra):
            raise BadParameters(phrase("--extra takes paths."))
        if self.corrections is not None:
            self._check_corrections(self.corrections)
        if self.init is not None:
            # Keras ignores safe_mode for .h5 files, so only .keras is ever opened.
            if not self.init.endswith(".keras"):
                raise BadParameters(phrase("--init takes a .keras file."))
            if not Path(self.init).is_file():
                raise BadParameters(phrase("There is no model at {init}.", init=self.init))

    def _check_corrections(self, name: str) -> None:
        if self.kind != ModelKind.DIGIT:
            raise BadParameters(phrase("Corrections are single digits: only digit networks learn from them."))
        if not PLAIN_NAME.fullmatch(name):
            raise BadParameters(phrase("--corrections names a file among the run's checkpoints."))

    @property
    def init_path(self) -> Path | None:
        """The file to start from; None: random weights."""
        return Path(self.init) if self.init else None

    @property
    def kind(self) -> str:
        """What the network reads: "digit" or "number"."""
        return ARCHITECTURES[self.architecture].kind

    def preset(self) -> Preset:
        """The architecture's preset with what was asked for in its place."""
        preset = ARCHITECTURES[self.architecture].preset_of(self.recipe)
        if self.corrections is not None and self.init is not None:
            preset = gently(preset)
        if self.epochs is not None:
            preset = replace(preset, epochs=self.epochs)
        if self.batch_size is not None:
            preset = replace(preset, batch_size=self.batch_size)
        shares: dict[str, Any] = dict(self.shares)
        return replace(preset, **shares)

    def as_dict(self) -> dict[str, Any]:
        """As JSON takes it; ``from_json`` reads it back."""
        return {**asdict(self), "shares": dict(self.shares)}


def _sequence(key: str, value: object) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise BadParameters(phrase("{key} must be a list.", key=_flag(key)))
    return tuple(value)


def _flag(key: str) -> str:
    return "--" + key.replace("_", "-")


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
