"""The admin, one file per aggregate."""

from recognizer.admin import (
    activation,
    batch,
    data_set,
    form_template,
    model_version,
    reread,
    sample,
    training_run,
    upload,
)

__all__ = [
    "activation",
    "batch",
    "data_set",
    "form_template",
    "model_version",
    "reread",
    "sample",
    "training_run",
    "upload",
]
