"""What there is to train: each network's name, size, recipe and claim, as plain data (no Keras needed).

Presets named after a report carry that report's own settings, its flaws included (raw pixels, no
augmentation), so that its claim can be compared with what the same recipe measures here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from recognizer.domain.phrases import phrase


@dataclass(frozen=True, slots=True)
class Preset:
    """How a network is trained.

    ``scaling`` says what the network itself does to raw pixels of 0 to 255. ``schedule`` is "constant", or
    "one-cycle": a linear warm-up, then a cosine to zero. Another cycle at half the rate begins after each number
    of epochs in ``restarts``. ``average`` is the momentum of the weights' moving average at each step, 0 for none.
    ``validation`` is the share of the training pictures, chosen by hash, that is held out to choose the best
    checkpoint: 10,000 of MNIST's 60,000. ``degraded``, ``foreign``, ``hands`` and ``negatives`` say how many pictures
    of the pool's kinds an epoch shows beside the data set's own, as shares of these; the pool holds ``spare`` times as
    many (see ``pool``). ``replayed`` is the share of the data set's own pictures that an epoch shows, others each time.
    """

    loss: str = "categorical_crossentropy"
    optimiser: str = "adam"
    learning_rate: float = 0.001
    weight_decay: float = 0.0
    epochs: int = 5
    batch_size: int = 32
    scaling: str = "raw 0..255"
    validation: float = 1 / 6
    schedule: str = "constant"
    restarts: tuple[int, ...] = ()
    average: float = 0.0
    augmentation: bool = False
    degraded: float = 0.0
    foreign: float = 0.0
    hands: float = 0.0
    negatives: float = 0.0
    spare: float = 3.0
    replayed: float = 1.0

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "restarts": list(self.restarts)}

    def cycle(self, epoch: int) -> tuple[int, int, int]:
        """The cycle of an epoch (from 0): its number from 0, its first epoch, and the one after its last."""
        ends = [end for end in self.restarts if end < self.epochs] + [self.epochs]
        number = sum(end <= epoch for end in ends)
        return number, ends[number - 1] if number else 0, ends[number]


@dataclass(frozen=True, slots=True)
class Architecture:
    """A network by name. ``parameters`` counts all weights, the fixed statistics of normalisation included.

    ``recipes`` has presets by name, such as "fast", beside the usual one.
    """

    name: str
    description: str
    parameters: int
    preset: Preset
    claim: str
    kind: str = "digit"
    recipes: Mapping[str, Preset] = field(default_factory=dict)

    def preset_of(self, recipe: str | None) -> Preset:
        """The preset of that name; without one, the usual one. Raises KeyError."""
        return self.preset if recipe is None else self.recipes[recipe]


GUIDE_CNN = Architecture(
    "guide-cnn",
    phrase("Two convolutions on raw pixels, no pooling."),
    203_434,
    Preset(epochs=5, batch_size=32),
    phrase("97.42 %"),
)
REPORT_CNN = Architecture(
    "report-cnn",
    phrase("Four convolutions and two poolings on raw pixels."),
    77_098,
    Preset(epochs=5, batch_size=120),
    phrase("98.6 % (98.51 % measured anew)"),
)
HE_CNN = Architecture(
    "he-cnn",
    phrase("Three convolutions, a dense layer of 100, He initialisation."),
    159_254,
    Preset(epochs=10, batch_size=200, scaling="0..1"),
    phrase("98.96 ± 0.10 % (5 folds of 10 epochs of 32); 99.73 % (final fit, 10 epochs of 200)"),
)
DROPOUT_CNN = Architecture(
    "dropout-cnn",
    phrase("Two convolutions, two dense layers, dropout, Adadelta at its classic rate of 1.0."),
    233_162,
    Preset(optimiser="adadelta", learning_rate=1.0, epochs=10, batch_size=128, scaling="0..1"),
    phrase("none given (53 % at Keras 3's default rate of 0.001)"),
)
MLP = Architecture(
    "mlp",
    phrase("Two dense layers, no convolution."),
    104_938,
    Preset(loss="sparse_categorical_crossentropy", epochs=25, batch_size=32, scaling="0..1", validation=0.2),
    phrase("97.69 % (97.57 % measured with these sizes, the report gives none)"),
)
NUMERAL_CNN = Architecture(
    "numeral-cnn",
    phrase(
        "Numeral's own: six normalised convolutions, trained on many hands, as photographed, and on what is no digit."
    ),
    326_955,
    Preset(
        optimiser="adamw",
        learning_rate=0.003,
        weight_decay=0.02,
        epochs=36,
        batch_size=128,
        scaling="0..1",
        schedule="one-cycle",
        average=0.998,
        augmentation=True,
        # Of what an epoch shows, 45 % is MNIST as it is, whose test set is the yardstick; 16 % is MNIST on paper, 20 %
        # hands with the allographs that MNIST lacks, 9 % UCI, whose 3,500 digits would else be learned by heart, and
        # 9 % no digit, about as much as comes in life.
        degraded=0.35,
        foreign=0.2,
        hands=0.45,
        negatives=0.2,
    ),
    "none: see its card",
)

FAST = Preset(
    optimiser="adamw",
    # Twenty times Adam's usual rate: by validation it learns most in a cycle of 780 batches, normalised as it is.
    learning_rate=0.02,
    weight_decay=0.02,
    epochs=2,
    batch_size=128,
    scaling="0..1",
    schedule="one-cycle",
)
FAST_CNN = Architecture(
    "fast-cnn",
    phrase("Three small normalised convolutions: 99 % of MNIST's test set in the least time. It knows no “no digit”."),
    29_658,
    FAST,
    "none: see docs/training-machines.md",
    recipes={"fast": FAST},
)

NUMERAL_LINES = Architecture(
    "numeral-lines",
    phrase("Numeral's own: reads a whole number uncut; convolutions along the line, aligned by CTC."),
    420_445,
    Preset(
        loss="ctc",
        optimiser="adamw",
        learning_rate=0.002,
        weight_decay=0.01,
        epochs=7,
        batch_size=64,
        scaling="0..1",
        schedule="one-cycle",
        average=0.998,
        augmentation=True,
    ),
    "none: see its card",
    kind="number",
)

ARCHITECTURES: Mapping[str, Architecture] = {
    item.name: item for item in (NUMERAL_CNN, NUMERAL_LINES, FAST_CNN, GUIDE_CNN, REPORT_CNN, HE_CNN, DROPOUT_CNN, MLP)
}


def as_json() -> list[dict[str, Any]]:
    """The registry for people and programs: one object a network."""
    return [
        {
            "name": item.name,
            "kind": item.kind,
            "description": item.description,
            "parameters": item.parameters,
            "preset": item.preset.as_dict(),
            "recipes": {name: preset.as_dict() for name, preset in item.recipes.items()},
            "claim": item.claim,
        }
        for item in ARCHITECTURES.values()
    ]
