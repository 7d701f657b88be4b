"""The admin, one file per aggregate."""

from recognizer.admin import data_set, model_version, training_run, upload

__all__ = ["data_set", "model_version", "training_run", "upload"]
