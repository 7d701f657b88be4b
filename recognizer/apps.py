from __future__ import annotations

from django.apps import AppConfig


class RecognizerConfig(AppConfig):
    name = "recognizer"
    verbose_name = "Recogniser"

    def ready(self) -> None:
        from recognizer import checks  # noqa: F401  (registers the system checks)
