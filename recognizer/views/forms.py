"""Forms that a person describes: the list, a new one, the editor of its fields, and deleting it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from recognizer.domain.errors import BadRequest, NumeralError
from recognizer.form_forms import FieldForms, FieldFormSet, FormNameForm, NewFormForm, field_initial
from recognizer.models import FormTemplate
from recognizer.selectors_forms import form_for, form_upload_count, forms_of
from recognizer.services.forms import form_change, form_create, form_delete
from recognizer.services.ingest import file_bytes
from recognizer.services.throttle import throttle
from recognizer.views.access import signed_in
from recognizer.views.stored_files import send_file
from recognizer.wording import said

ADD = "add"


@login_required
@require_safe
def forms(request: HttpRequest) -> HttpResponse:
    """One's own forms."""
    return render(request, "recognizer/forms.html", {"forms": forms_of(owner=signed_in(request))})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A name and a sample; posted, on to its fields."""
    user = signed_in(request)
    if request.method != "POST":
        return render(request, "recognizer/form_new.html", {"form": NewFormForm()})
    form, status = NewFormForm(request.POST, request.FILES), 422
    if form.is_valid():
        try:
            throttle(action="upload", who=str(user.pk), limit=settings.UPLOADS_PER_MINUTE)
            data = file_bytes(form.cleaned_data["image"])
            made = form_create(owner=user, name=form.cleaned_data["name"], data=data)
        except BadRequest as error:
            form.add_error("name", said(error))
        except NumeralError as error:
            form.add_error("image", said(error))
            status = error.status
        else:
            messages.success(request, _("The sample is kept. Now draw the fields on it."))
            return redirect("recognizer:form", made.id)
    return render(request, "recognizer/form_new.html", {"form": form}, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, form_id: UUID) -> HttpResponse:
    """The sample with its fields; posted, they are kept, or said beside each what is wrong."""
    form = form_for(owner=signed_in(request), form_id=form_id)
    if request.method != "POST":
        return editor(request, form, FormNameForm(initial={"name": form.name}), _stored(form))
    name, fields = posted(request, form)
    if request.POST.get("action") == ADD:
        return editor(request, form, name, fields)
    if not (name.is_valid() & fields.is_valid()):
        return editor(request, form, name, fields, status=422)
    try:
        form_change(form=form, name=name.cleaned_data["name"], fields=fields.drafts())
    except BadRequest as error:
        name.add_error("name", said(error))
        return editor(request, form, name, fields, status=422)
    if fields.drafts():
        messages.success(request, _("The form is saved. Pictures can be read as it now."))
    else:
        messages.warning(request, _("The form is saved, but without a field nothing can be read as it. Draw one."))
    return redirect("recognizer:form", form.id)


def posted(request: HttpRequest, form: FormTemplate) -> tuple[FormNameForm, FieldFormSet]:
    """Name and fields as they were sent; asked for, with one more, empty field."""
    data, total = request.POST.copy(), request.POST.get("fields-TOTAL_FORMS", "")
    if request.POST.get("action") == ADD and total.isdecimal():
        data["fields-TOTAL_FORMS"] = str(int(total[:6]) + 1)
    return FormNameForm(data), FieldForms(data, size=(form.width, form.height))


def editor(
    request: HttpRequest,
    form: FormTemplate,
    name: FormNameForm,
    fields: FieldFormSet,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """The page of the editor, with whatever was typed."""
    context = {"form": form, "name": name, "fields": fields, "uploads": form_upload_count(form=form), **more}
    return render(request, "recognizer/form_edit.html", context, status=status)


def _stored(form: FormTemplate) -> FieldFormSet:
    return FieldForms(initial=[field_initial(row) for row in form.fields.all()], size=(form.width, form.height))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, form_id: UUID) -> HttpResponse:
    """Ask, then delete a form; what was read as it stays."""
    form = form_for(owner=signed_in(request), form_id=form_id)
    if request.method != "POST":
        context = {"form": form, "uploads": form_upload_count(form=form)}
        return render(request, "recognizer/form_confirm_delete.html", context)
    form_delete(form=form)
    messages.success(request, _("The form “%(name)s” was deleted. What was read as it stays.") % {"name": form.name})
    return redirect("recognizer:forms")


@login_required
@require_safe
def image(request: HttpRequest, form_id: UUID) -> FileResponse:
    """The sample, to its owner."""
    return send_file(form_for(owner=signed_in(request), form_id=form_id).image)


@login_required
@require_safe
def thumbnail(request: HttpRequest, form_id: UUID) -> FileResponse:
    """The sample, small, to its owner."""
    return send_file(form_for(owner=signed_in(request), form_id=form_id).thumbnail)
