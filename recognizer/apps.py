from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy

from hdr_site.verbose_names import names_translate


class RecognizerConfig(AppConfig):
    name = "recognizer"
    verbose_name = gettext_lazy("Recogniser")

    def ready(self) -> None:
        from recognizer import checks  # noqa: F401  (registers the system checks)

        names_translate(self)
