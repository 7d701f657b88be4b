"""One's own figures over time: how much was read, how often in doubt, what people corrected."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from recognizer.domain.errors import BadRequest
from recognizer.domain.figures import figures_sum, spans_of, step_of
from recognizer.selectors_figures import figures_over_time, today_here
from recognizer.views.access import signed_in
from recognizer.views.dashboard_plots import confidence_plot, confusion_bars, readings_plot, share_text, shares_plot
from recognizer.wording import figures

RANGES = {
    "7": gettext_lazy("7 days"),
    "30": gettext_lazy("30 days"),
    "365": gettext_lazy("A year"),
    "all": gettext_lazy("All"),
}
DEFAULT = "30"


@login_required
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """The figures of the last days that ``range`` names; 400 for another range."""
    chosen = request.GET.get("range", DEFAULT)
    if chosen not in RANGES:
        raise BadRequest(_("Figures are shown for 7, 30 or 365 days, or for all."))
    today = today_here()
    since = None if chosen == "all" else today - dt.timedelta(days=int(chosen) - 1)
    found = figures_over_time(owner=signed_in(request), since=since)
    first = since or min(found.days, default=today)
    spans, total, step = spans_of(found.days, first, today), figures_sum(found.days.values()), step_of(first, today)
    context = {
        "ranges": [{"value": value, "name": name, "here": value == chosen} for value, name in RANGES.items()],
        "total": total,
        "tiles": [
            (_("Readings"), figures(f"{total.readings:,}")),
            (_("Not sure at first"), share_text(total.doubtful_share)),
            (_("Corrected"), share_text(total.corrected_share)),
            (_("Mean confidence"), share_text(total.confidence)),
        ],
        "complete": found.complete,
        "plots": [plot for plot in (f(spans, step) for f in (readings_plot, shares_plot, confidence_plot)) if plot],
        "confusions": confusion_bars(total.confusions),
    }
    return render(request, "recognizer/dashboard.html", context)
