"""A report's parts as its page shows them: plots, tables and pictures. Plain data, for templates.

What ``report.json`` holds is taken as it comes: a part that is not as it should be raises KeyError, TypeError,
ValueError or AttributeError here, and the page says so in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recognizer.plots import Dot, Plot, Point, Tick, horizontal, line, vertical
from recognizer.wording import said, say, say_n

Part = Mapping[str, Any]
SHADES = 5
STYLES = "abcdef"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the confusion table: its count, and how dark it is (0 to 5); ``right`` on the diagonal."""

    count: int
    shade: int
    right: bool


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture within its sprite, and what was read: a digit, or a whole number."""

    view: str
    written: str
    read: str
    confidence: float

    @property
    def right(self) -> bool:
        return self.written == self.read


SHARES = {
    "accuracy": gettext_lazy("Read right"),
    "exact_match": gettext_lazy("Numbers read right, every digit of them"),
    "cer": gettext_lazy("Wrong digits, for each that is written"),
    "ece": gettext_lazy("Expected calibration error"),
    "coverage": gettext_lazy("Answered without “not sure”"),
    "error_among_accepted": gettext_lazy("Wrong among these"),
    "refused": gettext_lazy("Pictures without a number that were refused or doubted"),
}


def share_rows(part: Part) -> list[tuple[str, float]]:
    """What was measured, a label and a share (0 to 1) a row."""
    return [(str(label), float(part[key])) for key, label in SHARES.items() if part.get(key) is not None]


def loss_plot(part: Part) -> Plot | None:
    """Training and validation loss over the epochs; None where nothing was noted."""
    return _curves(part, "loss", ("loss", "val_loss"), _("Loss over the epochs"), 1.0, _("loss"))


def accuracy_plot(part: Part) -> Plot | None:
    """Training and validation accuracy over the epochs, in percent."""
    return _curves(part, "accuracy", ("accuracy", "val_accuracy"), _("Accuracy over the epochs"), 100.0, _("right, %"))


def _curves(part: Part, what: str, keys: Sequence[str], label: str, scale: float, y_name: str) -> Plot | None:
    found: list[tuple[str, list[Point], str]] = []
    for number, seed in enumerate(part["seeds"]):
        for dashed, key, name in zip(("dashed", ""), keys, (_("training"), _("validation")), strict=True):
            if all(key in epoch for epoch in seed["history"]):
                points = [(float(at), scale * float(epoch[key])) for at, epoch in enumerate(seed["history"], start=1)]
                style = f"{STYLES[number % len(STYLES)]} {dashed}".strip()
                found.append((say("{name}, seed {seed}", name=name, seed=int(seed["seed"])), points, style))
    values = [value for _name, points, _style in found for _at, value in points]
    if not values:
        return None
    epochs = max(len(points) for _name, points, _style in found)
    x = horizontal(1, epochs)
    low = 0.0 if what == "loss" else min(values)
    y = vertical(low, max(values) if what == "loss" else 100.0)
    plot = Plot(f"{label}: {_ends(found)}", _("epoch"), y_name, _epoch_ticks(epochs, x), y.ticks())
    plot.lines = [line(name, points, x, y, style) for name, points, style in found]
    if epochs == 1:
        plot.dots = [Dot(x.at(1), y.at(points[0][1]), name, style) for name, points, style in found]
    return plot


def _ends(found: Sequence[tuple[str, list[Point], str]]) -> str:
    return "; ".join(
        say("{name} from {first:.4g} to {last:.4g}", name=name, first=points[0][1], last=points[-1][1])
        for name, points, _style in found
    )


def _epoch_ticks(epochs: int, x: Any) -> list[Tick]:
    step = max(1, -(-epochs // 10))
    return [Tick(x.at(epoch), str(epoch)) for epoch in range(1, epochs + 1, step)]


def reliability_plot(parts: Sequence[Part]) -> Plot:
    """Share right over confidence; the diagonal is honest."""
    x, y = horizontal(0, 1), vertical(0, 1)
    errors = "; ".join(
        say("{name} {share:.2f} %", name=said(part["name"]), share=100 * float(part["ece"])) for part in parts
    )
    plot = Plot(_("Share right over confidence"), _("confidence"), _("share right"), x.ticks(), y.ticks())
    plot.lines = [line("honest", [(0, 0), (1, 1)], x, y, "ideal")]
    plot.note = say("Expected calibration error: {errors}.", errors=errors)
    for number, part in enumerate(parts):
        points = [(float(each["confidence"]), float(each["accuracy"])) for each in part["bins"]]
        plot.lines.append(line(said(part["name"]), points, x, y, STYLES[number % len(STYLES)]))
        plot.dots += [
            Dot(
                x.at(one),
                y.at(other),
                say(
                    "{name}: {count:,} with {one:.3f}, {other:.3f} right",
                    name=said(part["name"]),
                    count=int(each["count"]),
                    one=one,
                    other=other,
                ),
                STYLES[number % len(STYLES)],
            )
            for each, (one, other) in zip(part["bins"], points, strict=True)
        ]
    return plot


def risk_plot(part: Part) -> Plot:
    """Error among the accepted over the share accepted, in percent, with the threshold's point where it is known."""
    points = [(100 * float(each["coverage"]), 100 * float(each["error"])) for each in part["points"]]
    known = part.get("threshold")
    at = [(100 * float(known["coverage"]), 100 * float(known["error"]))] if known is not None else []
    note = said(str(part.get("note", "")))
    if known is not None:
        (accepted, wrong), threshold = at[0], float(known["threshold"])
        note = say(
            "At the threshold of {threshold:.3f}, {accepted:.2f} % are accepted, {wrong:.2f} % of them wrong.",
            threshold=threshold,
            accepted=accepted,
            wrong=wrong,
        )
    x, y = horizontal(0, 100), vertical(0, max(error for _share, error in points + at))
    plot = Plot(
        say("Wrong among the accepted over the share accepted. {note}", note=note),
        _("accepted, %"),
        _("wrong among these, %"),
    )
    plot.x_ticks, plot.y_ticks = x.ticks(), y.ticks()
    plot.lines = [line("risk", points, x, y, "a")]
    plot.dots = [Dot(x.at(one), y.at(other), note, "b") for one, other in at]
    plot.note = note
    if part.get("doubted_otherwise"):
        plot.note += " " + _("Readings are doubted for other reasons, too, so fewer are answered.")
    return plot


def fold_plot(part: Part) -> Plot:
    """The folds' accuracies as a box plot, in percent, each fold a dot."""
    shares = [(int(fold["fold"]), 100 * float(fold["accuracy"])) for fold in part["folds"]]
    quartiles = [100 * float(value) for value in part["quartiles"]]
    least, most = quartiles[0], quartiles[4]
    margin = max((most - least) / 5, 0.05)
    x, y = horizontal(0, 1), vertical(max(0.0, least - margin), min(100.0, most + margin))
    told = ", ".join(say("{share:.2f} %", share=share) for _fold, share in shares)
    plot = Plot(
        say_n("Accuracy of {n} fold: {told}", "Accuracy of {n} folds: {told}", len(shares), told=told),
        say_n("{n} fold", "{n} folds", len(shares)),
        _("right, %"),
        [],
        y.ticks(),
    )
    plot.box = [y.at(value) for value in quartiles]
    plot.dots = [
        Dot(x.at(0.5), y.at(share), say("fold {number}: {share:.2f} %", number=number, share=share))
        for number, share in shares
    ]
    return plot


def confusion_rows(part: Part) -> list[list[Cell]]:
    """The confusion table; a mistake is the darker, the more of its row's mistakes it is."""
    matrix = [[int(count) for count in row] for row in part["confusion"]]
    if len(matrix) != 10 or any(len(row) != 10 for row in matrix):
        raise ValueError("A confusion table has ten rows and columns.")
    worst = max(count for at, row in enumerate(matrix) for other, count in enumerate(row) if other != at) or 1
    return [
        [Cell(count, 0 if at == other else -(-SHADES * count // worst), at == other) for other, count in enumerate(row)]
        for at, row in enumerate(matrix)
    ]


def digit_rows(part: Part) -> list[dict[str, Any]]:
    """Each digit with how often it is written, its recall and its precision."""
    return [
        {"digit": digit, "n": sum(map(int, row)), "recall": _share(recall), "precision": _share(precision)}
        for digit, (row, recall, precision) in enumerate(
            zip(part["confusion"], part["per_digit"], part["precision"], strict=True)
        )
    ]


def pair_rows(part: Part) -> list[dict[str, Any]]:
    """The pairs of digits that are taken for each other."""
    return [
        {
            "first": int(pair["digits"][0]),
            "second": int(pair["digits"][1]),
            "first_as_second": int(pair["first_as_second"]),
            "second_as_first": int(pair["second_as_first"]),
            "share": float(pair["share"]),
            "known": bool(pair["known"]),
        }
        for pair in part["pairs"]
    ]


def tiles(part: Part) -> list[Tile]:
    """The pictures of a sprite, each with the part of it that shows it."""
    across, width, height = (int(part[key]) for key in ("across", "width", "height"))
    return [
        Tile(
            f"{width * (at % across)} {height * (at // across)} {width} {height}",
            str(each["written"]),
            str(each["read"]),
            float(each["confidence"]),
        )
        for at, each in enumerate(part["items"])
    ]


def sprite_size(part: Part) -> tuple[int, int]:
    """Width and height of a sprite, in pixels."""
    across, count = int(part["across"]), len(part["items"])
    return int(part["width"]) * across, int(part["height"]) * -(-count // across)


def layer_rows(part: Sequence[Part]) -> list[dict[str, Any]]:
    """The summary table: layer, kind, output shape, parameters; the last row is their sum."""
    rows = [
        {
            "layer": str(each["layer"]),
            "type": str(each["type"]),
            "shape": "(" + ", ".join(_("any") if size is None else str(int(size)) for size in each["shape"]) + ")",
            "parameters": int(each["parameters"]),
        }
        for each in part
    ]
    total = sum(int(each["parameters"]) for each in part)
    return [*rows, {"layer": _("all together"), "type": "", "shape": "", "parameters": total}]


def _share(value: Any) -> float | None:
    return None if value is None else float(value)
