"""What of one's digits the models may learn from, and how to take it back."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from recognizer.models import Sample
from recognizer.selectors import sample_counts
from recognizer.services.sample_withdrawal import samples_forget
from recognizer.views.access import signed_in
from recognizer.wording import say_n


@login_required
@require_safe
def samples(request: HttpRequest) -> HttpResponse:
    """How many digits one gave, what becomes of them, and the way out."""
    user = signed_in(request)
    counts = sample_counts(contributor=user)
    rows = [(label, counts[state]) for state, label in Sample.State.choices if counts.get(state)]
    context = {"agrees": user.training_consent, "rows": rows, "total": sum(counts.values())}
    return render(request, "recognizer/samples.html", context)


@login_required
@require_POST
def delete(request: HttpRequest) -> HttpResponse:
    """Withdraw, and delete all that was given."""
    count = samples_forget(contributor=signed_in(request))
    words = say_n(
        "You have withdrawn, and {n:,} digit was deleted. No training uses them from now on.",
        "You have withdrawn, and {n:,} digits were deleted. No training uses them from now on.",
        count,
    )
    messages.success(request, words)
    return redirect("recognizer:samples")
