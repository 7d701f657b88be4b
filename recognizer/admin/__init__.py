"""The admin, one file per aggregate."""

from recognizer.admin import model_version, training_run, upload

__all__ = ["model_version", "training_run", "upload"]
