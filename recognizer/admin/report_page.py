"""What the page of a model's report shows: every part with the data it was measured on, or why it can't be shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from recognizer import report_figures as figures
from recognizer.model_figures import headline_of
from recognizer.models import ModelVersion
from recognizer.services.card_reports import card_report
from recognizer.services.model_reports import MEASURING, ModelReport
from recognizer.training.presets import ARCHITECTURES

MALFORMED = (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError)
"""What a part raises that is not as a report of ours is."""
LONGEST = 300
"""Characters shown of a fact; cards come from elsewhere, too."""
NO_CLAIM = "none"

Draw = Callable[[Any], Any]
TEMPLATES = "admin/recognizer/modelversion/report_{}.html"
PARTS: dict[str, tuple[str, str, Draw, str]] = {
    "measured": ("Measured", "measured", figures.share_rows, "shares"),
    "loss": ("Learning curves: loss", "curves", figures.loss_plot, "plot"),
    "accuracy": ("Learning curves: accuracy", "curves", figures.accuracy_plot, "plot"),
    "folds": ("Cross-validation", "folds", figures.fold_plot, "folds"),
    "confusion": ("What is taken for what", "measured", figures.confusion_rows, "confusion"),
    "digits": ("Digit by digit", "measured", figures.digit_rows, "digits"),
    "pairs": ("Pairs that are confused", "measured", figures.pair_rows, "pairs"),
    "reliability": ("Is the confidence honest?", "reliability", figures.reliability_plot, "plot"),
    "risk": ("Risk against coverage", "risk_coverage", figures.risk_plot, "plot"),
    "mistakes": ("The worst mistakes", "mistakes", figures.tiles, "tiles"),
    "samples": ("Samples", "samples", figures.tiles, "tiles"),
    "summary": ("Layers", "summary", figures.layer_rows, "layers"),
}
DIGITS_ONLY = {"folds", "confusion", "digits", "pairs"}
"""Parts that a report of whole numbers doesn't have, nor misses."""
WIDE = ("shares.html", "tiles.html", "layers.html", "confusion.html")
OPTIONAL = {"folds", "measured"}


@dataclass(slots=True)
class Shown:
    """A part of the report: its drawn figure, its own content, and on what data; or ``problem``."""

    title: str
    template: str = ""
    figure: Any = None
    content: Any = None
    on: str = ""
    problem: str = ""
    size: tuple[int, int] = (0, 0)
    """Of the file with its pictures, where it has such."""

    @property
    def wide(self) -> bool:
        """Whether it wants the page's whole width."""
        return self.template.endswith(WIDE)


@dataclass(slots=True)
class ReportPage:
    """All parts by name, and the titles of those that there is nothing of."""

    parts: dict[str, Shown] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def page_of(model: ModelVersion, report: ModelReport | None) -> ReportPage:
    """The parts of a report or, without one, those that the card knows."""
    page = ReportPage()
    content = report.content if report is not None else card_report(model)
    files = report.files if report is not None else []
    for name, (title, *_) in PARTS.items():
        shown = _shown(name, content, files)
        if shown is not None:
            page.parts[name] = shown
        elif name not in OPTIONAL and not (model.kind != "digit" and name in DIGITS_ONLY):
            page.missing.append(title)
    return page


def _shown(name: str, content: Mapping[str, Any], files: Sequence[str]) -> Shown | None:
    """One part; None where the report has nothing of the kind."""
    title, key, draw, template = PARTS[name]
    part = content.get(key)
    try:
        if part is None or (name in DIGITS_ONLY and key == "measured" and "confusion" not in part):
            return None
        shown = Shown(title, TEMPLATES.format(template), draw(part), part, _on(key, part))
        if template == "tiles":
            shown.size = figures.sprite_size(part)
            if part["file"] not in files:
                shown.problem = "The file with these pictures is not beside the report."
    except MALFORMED:
        return Shown(title, problem="This part of the report is not as it should be, so it can’t be shown.")
    return None if shown.figure is None else shown


def _on(key: str, part: Any) -> str:
    if key == "summary":
        return ""
    if key == "reliability":
        return "; ".join(f"{each['name']}: {each['on']}" for each in part)
    return str(part["on"])


def facts_of(model: ModelVersion, report: ModelReport | None) -> list[tuple[str, str]]:
    """How the model was made, line by line, from its card and its report; what is not known is left out."""
    card, content = model.card, report.content if report is not None else {}
    data = _mapping(card.get("data"))
    code = _mapping(content.get("code"))
    own_code = " at ".join(str(code[key]) for key in ("version", "commit") if code.get(key))
    measuring = report is not None and report.source == MEASURING
    found = [
        ("Architecture", f"{model.architecture}. {_described(model)}".strip(". ")),
        ("Parameters", card.get("parameters")),
        ("Preset", _told(card.get("preset"))),
        ("Data", data.get("source")),
        ("Licence", data.get("licence")),
        ("SHA-256 of the data file", data.get("sha256")),
        ("SHA-256 of its samples", data.get("content_sha256")),
        ("Pictures", _told({key: data.get(key) for key in ("train", "validation", "test") if data.get(key)})),
        ("Validation pictures", data.get("validation_chosen")),
        ("Other hands’ digits", _told(data.get("extra"))),
        ("Began from", card.get("init")),
        ("Seeds", _told(card.get("seeds"))),
        ("Code that measured" if measuring else "Code", own_code),
        ("Training time", f"{card['training_seconds']} s" if card.get("training_seconds") else None),
        ("Made", card.get("created")),
        ("Measured" if measuring else "Report made", content.get("created")),
        ("Machine", card.get("hardware")),
        ("Libraries", _told(card.get("libraries"))),
        ("SHA-256 of the network", model.sha256),
    ]
    return [(label, str(value)[:LONGEST]) for label, value in found if value]


@dataclass(frozen=True, slots=True)
class Claim:
    """What the report that a classic network comes from claims; what was measured here, and after what training."""

    claimed: str
    measured: float | None
    trained: str


def claim_of(model: ModelVersion) -> Claim | None:
    """The claim of a classic network; None for our own, which has none."""
    known = ARCHITECTURES.get(model.architecture)
    if known is None or known.claim.startswith(NO_CLAIM + ":"):
        return None
    preset, data = _mapping(model.card.get("preset")), _mapping(model.card.get("data"))
    told = {"epochs": preset.get("epochs"), "pictures to train on": data.get("train")}
    trained = ", ".join(f"{value:,} {what}" for what, value in told.items() if isinstance(value, int))
    return Claim(known.claim, headline_of(model), trained)


def _described(model: ModelVersion) -> str:
    known = ARCHITECTURES.get(model.architecture)
    return known.description if known else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _told(value: Any) -> str:
    """Nested facts as one line."""
    if isinstance(value, dict):
        known = [(str(key).replace("_", " "), one) for key, one in value.items() if one not in (None, [])]
        return ", ".join(f"{key} {one:.4g}" if isinstance(one, float) else f"{key} {one}" for key, one in known)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
