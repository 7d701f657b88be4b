"""What the page of a model's report shows: every part with the data it was measured on, or why it can't be shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from recognizer import report_figures as figures
from recognizer.model_figures import headline_of
from recognizer.models import ModelVersion
from recognizer.services.card_reports import card_report
from recognizer.services.model_reports import MEASURING, ModelReport
from recognizer.training.presets import ARCHITECTURES
from recognizer.wording import said, say, say_n

MALFORMED = (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError)
"""What a part raises that is not as a report of ours is."""
LONGEST = 300
"""Characters shown of a fact; cards come from elsewhere, too."""
NO_CLAIM = "none"

Draw = Callable[[Any], Any]
TEMPLATES = "admin/recognizer/modelversion/report_{}.html"
PARTS: dict[str, tuple[Any, str, Draw, str]] = {
    "measured": (gettext_lazy("Measured"), "measured", figures.share_rows, "shares"),
    "loss": (gettext_lazy("Learning curves: loss"), "curves", figures.loss_plot, "plot"),
    "accuracy": (gettext_lazy("Learning curves: accuracy"), "curves", figures.accuracy_plot, "plot"),
    "folds": (gettext_lazy("Cross-validation"), "folds", figures.fold_plot, "folds"),
    "confusion": (gettext_lazy("What is taken for what"), "measured", figures.confusion_rows, "confusion"),
    "digits": (gettext_lazy("Digit by digit"), "measured", figures.digit_rows, "digits"),
    "pairs": (gettext_lazy("Pairs that are confused"), "measured", figures.pair_rows, "pairs"),
    "reliability": (gettext_lazy("Is the confidence honest?"), "reliability", figures.reliability_plot, "plot"),
    "risk": (gettext_lazy("Risk against coverage"), "risk_coverage", figures.risk_plot, "plot"),
    "mistakes": (gettext_lazy("The worst mistakes"), "mistakes", figures.tiles, "tiles"),
    "samples": (gettext_lazy("Samples"), "samples", figures.tiles, "tiles"),
    "summary": (gettext_lazy("Layers"), "summary", figures.layer_rows, "layers"),
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
    for name, (title, *_rest) in PARTS.items():
        shown = _shown(name, content, files)
        if shown is not None:
            page.parts[name] = shown
        elif name not in OPTIONAL and not (model.kind != "digit" and name in DIGITS_ONLY):
            page.missing.append(str(title))
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
                shown.problem = _("The file with these pictures is not beside the report.")
    except MALFORMED:
        return Shown(title, problem=_("This part of the report is not as it should be, so it can’t be shown."))
    return None if shown.figure is None else shown


def _on(key: str, part: Any) -> str:
    if key == "summary":
        return ""
    if key == "reliability":
        return "; ".join(f"{said(each['name'])}: {said(each['on'])}" for each in part)
    return said(part["on"])


def facts_of(model: ModelVersion, report: ModelReport | None) -> list[tuple[str, str]]:
    """How the model was made, line by line, from its card and its report; what is not known is left out."""
    card, content = model.card, report.content if report is not None else {}
    data = _mapping(card.get("data"))
    code = _mapping(content.get("code"))
    own_code = _code_of(code)
    measuring = report is not None and report.source == MEASURING
    found = [
        (_("Architecture"), f"{model.architecture}. {_described(model)}".strip(". ")),
        (_("Parameters"), card.get("parameters")),
        (_("Preset"), _told(card.get("preset"))),
        (_("Data"), data.get("source")),
        (_("Licence"), data.get("licence")),
        (_("SHA-256 of the data file"), data.get("sha256")),
        (_("SHA-256 of its samples"), data.get("content_sha256")),
        (_("Pictures"), _told({key: data.get(key) for key in ("train", "validation", "test") if data.get(key)})),
        (_("Validation pictures"), data.get("validation_chosen")),
        (_("Other hands’ digits"), _told(data.get("extra"))),
        (_("Began from"), card.get("init")),
        (_("Seeds"), _told(card.get("seeds"))),
        (_("Code that measured") if measuring else _("Code"), own_code),
        (_("Training time"), _seconds(card.get("training_seconds"))),
        (_("Made"), card.get("created")),
        (_("Measured") if measuring else _("Report made"), content.get("created")),
        (_("Machine"), card.get("hardware")),
        (_("Libraries"), _told(card.get("libraries"))),
        (_("SHA-256 of the network"), model.sha256),
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
    told = []
    if isinstance(epochs := preset.get("epochs"), int):
        told.append(say_n("{n:,} epoch", "{n:,} epochs", epochs))
    if isinstance(pictures := data.get("train"), int):
        told.append(say_n("{n:,} picture to train on", "{n:,} pictures to train on", pictures))
    trained = ", ".join(told)
    return Claim(known.claim, headline_of(model), trained)


def _code_of(code: Mapping[str, Any]) -> str:
    version, commit = code.get("version"), code.get("commit")
    if version and commit:
        return say("{version} at {commit}", version=version, commit=commit)
    return str(version or commit or "")


def _described(model: ModelVersion) -> str:
    known = ARCHITECTURES.get(model.architecture)
    return said(known.description) if known else ""


def _seconds(value: Any) -> str | None:
    return say("{seconds} s", seconds=value) if value else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _told(value: Any) -> str:
    """Nested facts as one line."""
    if isinstance(value, dict):
        known = [(str(key).replace("_", " "), one) for key, one in value.items() if one not in (None, [])]
        return ", ".join(f"{key} {one:.4g}" if isinstance(one, float) else f"{key} {one}" for key, one in known)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
