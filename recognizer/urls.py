from __future__ import annotations

from django.urls import path

from recognizer.views import (
    digits,
    history,
    history_many,
    marking,
    models,
    opinion,
    read,
    result,
    review,
    samples,
    teach,
    trash,
)

app_name = "recognizer"
urlpatterns = [
    path("read/", read.read, name="read"),
    path("read/live/", read.live, name="read_live"),
    path("history/", history.history, name="history"),
    path("history/export/", history_many.export, name="history_export"),
    path("history/selected/", history_many.selected, name="history_selected"),
    path("history/trash/", trash.trash, name="trash"),
    path("history/trash/undo/", trash.undo, name="trash_undo"),
    path("history/trash/selected/", trash.selected, name="trash_selected"),
    path("history/trash/empty/", trash.empty, name="trash_empty"),
    path("history/<uuid:upload_id>/", result.upload, name="upload"),
    path("history/<uuid:upload_id>/box/", marking.look, name="box_look"),
    path("history/<uuid:upload_id>/numbers/", marking.add, name="number_add"),
    path("history/<uuid:upload_id>/opinion/", opinion.opinion, name="opinion"),
    path("history/<uuid:upload_id>/image/", history.image, name="upload_image"),
    path("history/<uuid:upload_id>/thumbnail/", history.thumbnail, name="upload_thumbnail"),
    path("history/<uuid:upload_id>/delete/", trash.delete, name="upload_delete"),
    path("predictions/<uuid:prediction_id>/correct/", review.correct, name="prediction_correct"),
    path("predictions/<uuid:prediction_id>/remove/", marking.remove, name="number_remove"),
    path("predictions/<uuid:prediction_id>/restore/", marking.restore, name="number_restore"),
    path("predictions/<uuid:prediction_id>/digits/<int:order>/", digits.digit, name="digit"),
    path("predictions/<uuid:prediction_id>/digits/<int:order>/why/", digits.reasons, name="digit_reasons"),
    path("samples/", samples.samples, name="samples"),
    path("samples/delete/", samples.delete, name="samples_delete"),
    path("teach/", teach.teach, name="teach"),
    path("teach/sheet.pdf", teach.pdf, name="teach_pdf"),
    path("teach/<uuid:sheet_id>/", teach.sheet, name="teach_sheet"),
    path("teach/<uuid:sheet_id>/crops.png", teach.crops, name="teach_crops"),
    path("teach/<uuid:sheet_id>/discard/", teach.discard, name="teach_discard"),
    path("models/", models.models, name="models"),
    path("models/<str:name>/model.tflite", models.network, name="model_network"),
]
