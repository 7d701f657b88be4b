"""Starts trainings in the admin: the form, MNIST for a fresh installation, cancelling, going on."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from recognizer.admin.readonly import ReadOnlyAdmin
from recognizer.domain.errors import NumeralError
from recognizer.models import TrainingRun
from recognizer.services.mnist import mnist_is_missing, mnist_register
from recognizer.services.training_runs import training_run_cancel
from recognizer.services.training_starts import training_run_enqueue, training_run_go_on
from recognizer.tasks import start_training
from recognizer.training_forms import TrainingForm, presets
from recognizer.wording import said, say

logger = logging.getLogger(__name__)
FOLDER = "admin/recognizer/trainingrun"


class StartsTrainings(ReadOnlyAdmin[TrainingRun]):
    """Who may add runs starts them and lets them go on; who may change runs cancels them."""

    def get_urls(self) -> list[URLPattern]:
        view, run = self.admin_site.admin_view, "<uuid:run_id>"
        own = [
            path("start/", view(self.start_view), name="recognizer_trainingrun_start"),
            path("mnist/", view(self.mnist_view), name="recognizer_trainingrun_mnist"),
            path(f"{run}/cancel/", view(self.cancel_view), name="recognizer_trainingrun_cancel"),
            path(f"{run}/go-on/", view(self.go_on_view), name="recognizer_trainingrun_go_on"),
        ]
        return own + super().get_urls()

    def has_start_permission(self, request: HttpRequest) -> bool:
        """Asked for here, since nobody adds a run by filling in its row's fields."""
        return request.user.has_perm("recognizer.add_trainingrun")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Also asked by Django for ``permissions=["cancel"]``: cancelling a run is changing it."""
        return request.user.has_perm("recognizer.change_trainingrun")

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def start_view(self, request: HttpRequest) -> HttpResponse:
        """The form; what it asks for waits for the worker."""
        if not self.has_start_permission(request):
            raise PermissionDenied
        form = TrainingForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                run = training_run_enqueue(**form.told(), started_by=_person(request))
            except NumeralError as error:
                form.complain(error.args[0])
            else:
                self.log_addition(request, run, _("Started."))
                _hand_over()
                return redirect("admin:recognizer_trainingrun_change", run.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Start a training"),
            "opts": self.opts,
            "form": form,
            "submit": _("Start"),
            "presets": presets(),
            "mnist_is_missing": mnist_is_missing(),
            "may_add_data": request.user.has_perm("recognizer.add_dataset"),
            "there_is_data": form.fields["data_set"].queryset.exists(),  # type: ignore[attr-defined]
        }
        return render(request, f"{FOLDER}/start.html", context, status=422 if form.errors else 200)

    @method_decorator(require_POST)
    def mnist_view(self, request: HttpRequest) -> HttpResponse:
        """Registers MNIST, then back to the form."""
        if not self.has_start_permission(request) or not request.user.has_perm("recognizer.add_dataset"):
            raise PermissionDenied
        try:
            row = mnist_register(added_by=_person(request))
        except NumeralError as error:
            self.message_user(request, said(error), messages.ERROR)
        else:
            self.message_user(
                request,
                say("The data set {row} is registered: {count:,} samples.", row=row, count=row.count),
                messages.SUCCESS,
            )
        return redirect("admin:recognizer_trainingrun_start")

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def cancel_view(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        """Asks, then cancels. The run's own page asks the same in a dialogue."""
        if not self.has_cancel_permission(request):
            raise PermissionDenied
        run = get_object_or_404(TrainingRun, id=run_id)
        if request.method != "POST":
            context = {"title": _("Cancel this training?"), "run": run, "opts": self.opts}
            return render(request, f"{FOLDER}/cancel.html", {**self.admin_site.each_context(request), **context})
        self.cancel_one(request, run)
        return redirect("admin:recognizer_trainingrun_change", run.pk)

    def cancel_one(self, request: HttpRequest, run: TrainingRun) -> None:
        """Cancel a run and tell so, or tell why not."""
        try:
            training_run_cancel(run=run)
        except NumeralError as error:
            self.message_user(request, f"{run}: {said(error)}", messages.ERROR)
        else:
            self.log_change(request, run, _("Cancelled."))
            self.message_user(
                request, say("{run} is cancelled; its process ends within seconds.", run=run), messages.SUCCESS
            )

    @method_decorator(require_POST)
    def go_on_view(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        """A new run from the last checkpoint of this one, whose page follows."""
        if not self.has_start_permission(request):
            raise PermissionDenied
        run = get_object_or_404(TrainingRun, id=run_id)
        try:
            again = training_run_go_on(run=run, started_by=_person(request))
        except NumeralError as error:
            self.message_user(request, said(error), messages.ERROR)
            return redirect("admin:recognizer_trainingrun_change", run.pk)
        self.log_addition(request, again, _("Goes on.") if again.resumes_id else _("Starts again."))
        _hand_over()
        return redirect("admin:recognizer_trainingrun_change", again.pk)


def _hand_over() -> None:
    """To the worker. Where the queue can't be reached the worker finds the run by itself, within half a minute."""
    try:
        start_training()
    except Exception:
        logger.exception("The queue cannot be reached")


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def context_for(admin: StartsTrainings, request: HttpRequest) -> dict[str, Any]:
    """What the person may do."""
    return {"may_start": admin.has_start_permission(request), "may_cancel": admin.has_cancel_permission(request)}
