"""The rows, one file per aggregate."""

from recognizer.models.activation import Activation, GateMeasurement
from recognizer.models.batch import Batch, BatchFile, BatchItem
from recognizer.models.daily_figure import DailyFigure, FiguresCounted
from recognizer.models.data_set import DataSet
from recognizer.models.form_template import FormField, FormPage, FormTemplate
from recognizer.models.history_action import HistoryAction
from recognizer.models.model_version import ModelVersion
from recognizer.models.prediction import Correction, DigitResult, Prediction
from recognizer.models.reread import Reread, RereadChange
from recognizer.models.sample import Sample
from recognizer.models.sheet import Sheet
from recognizer.models.training_run import TrainingRun
from recognizer.models.upload import Upload

__all__ = [
    "Activation",
    "Batch",
    "BatchFile",
    "BatchItem",
    "Correction",
    "DailyFigure",
    "DataSet",
    "DigitResult",
    "FiguresCounted",
    "FormField",
    "FormPage",
    "FormTemplate",
    "GateMeasurement",
    "HistoryAction",
    "ModelVersion",
    "Prediction",
    "Reread",
    "RereadChange",
    "Sample",
    "Sheet",
    "TrainingRun",
    "Upload",
]
