"""All addresses."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

from hdr_site import health
from hdr_site.languages import script_texts
from recognizer.views.home import home
from recognizer.views.installing import favicon, manifest

# The admin is entered through the same sign-in as everything else, with its limits and its log.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", home, name="home"),
    path("", include("recognizer.urls")),
    path("account/", include("accounts.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
    path("language/", set_language, name="set_language"),
    path("language/<str:language>.js", script_texts, name="script_texts"),
    path("manifest.webmanifest", manifest, name="manifest"),
    path("favicon.ico", favicon, name="favicon"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

handler400 = "recognizer.views.errors.bad_request"
handler403 = "recognizer.views.errors.forbidden"
handler404 = "recognizer.views.errors.not_found"
handler500 = "recognizer.views.errors.server_error"
