"""Errors with a name, a sentence for the person, and the HTTP status that fits."""

from __future__ import annotations

import re
from typing import Any

from recognizer.domain.phrases import Phrase, phrase

FIELD = re.compile(r"\{[a-z_]+(:[a-z.,0-9]{1,3})?\}")


class NumeralError(Exception):
    """Base of all errors that a person may see. ``str(error)`` is the sentence in English.

    It is given as a ``phrase``, so that ``recognizer.wording.said`` can say it in another language.
    """

    code = "error"
    status = 500
    sentence: str = phrase("Something went wrong on our side.")

    def __init__(self, sentence: str | None = None) -> None:
        super().__init__(sentence or self.sentence)

    def as_json(self) -> dict[str, dict[str, str]]:
        """The one shape that errors have in JSON, in English: for commands and files."""
        return {"error": {"code": self.code, "message": str(self)}}

    def as_message(self) -> dict[str, Any]:
        """For another process, as JSON, with what it needs to say it in other languages."""
        sentence = self.args[0]
        return {"code": self.code, "message": str(self), "parts": getattr(sentence, "parts", None)}


def sentence_of(message: dict[str, Any]) -> str:
    """The sentence of an error that another process told by ``as_message``.

    A decoder may be in hostile hands, so a template with anything but short, plain fields is not filled.
    """
    parts = message.get("parts")
    if not parts or any(brace in FIELD.sub("", template) for template in parts[:2] for brace in "{}"):
        return str(message["message"])
    return Phrase(*parts)


class NoFile(NumeralError):
    code = "no_file"
    status = 400
    sentence = phrase("No picture was given. Choose a file, or draw a digit.")


class EmptyFile(NumeralError):
    code = "empty_file"
    status = 400
    sentence = phrase("This file is empty.")


class BadRequest(NumeralError):
    code = "bad_request"
    status = 400
    sentence = phrase("That request could not be understood.")


class SignedOut(NumeralError):
    code = "signed_out"
    status = 401
    sentence = phrase(
        "You are signed out. Sign in again in another tab, then send this once more: what you typed stays here."
    )


class OpenElsewhere(NumeralError):
    code = "open_elsewhere"
    status = 409
    sentence = phrase("This number is open in another window just now. What you typed was not kept.")


class AlreadySettled(NumeralError):
    code = "already_settled"
    status = 409
    sentence = phrase("Somebody has said meanwhile what this number is. What you typed was not kept.")


class BreaksRule(NumeralError):
    """A number that a person typed into a form's field; ``doubt`` says which part of the rule it breaks."""

    code = "breaks_rule"
    status = 422
    sentence = phrase("This does not fit what the form says of this field. Enter again to keep it.")

    def __init__(self, doubt: str) -> None:
        super().__init__(self.sentence)
        self.doubt = doubt


class StillWorking(NumeralError):
    code = "still_working"
    status = 409
    sentence = phrase("Something else is still being done with your pictures. Wait for it, or stop it.")


class CannotUndo(NumeralError):
    code = "cannot_undo"
    status = 409
    sentence = phrase("This cannot be undone any more: the number was corrected again since.")


class TooLarge(NumeralError):
    code = "too_large"
    status = 413
    sentence = phrase("This picture is too large.")


class TooManyPages(NumeralError):
    code = "too_many_pages"
    status = 413
    sentence = phrase("This file has too many pages. Split it into smaller files.")


class UnsupportedImage(NumeralError):
    code = "unsupported_image"
    status = 415
    sentence = phrase(
        "This is not a picture of a kind that can be read here. Use PNG, JPEG, HEIC, WebP, AVIF, GIF, BMP, TIFF or PDF."
    )


class BadImage(NumeralError):
    code = "bad_image"
    status = 422
    sentence = phrase("This picture is damaged or cut short, so it could not be opened.")


class NoSuchPage(NumeralError):
    code = "no_such_page"
    status = 422
    sentence = phrase("There is no such page in this file.")


class EncryptedFile(NumeralError):
    code = "encrypted_file"
    status = 422
    sentence = phrase("This PDF is locked with a password. Save a copy without one.")


class BadForm(NumeralError):
    code = "bad_form"
    status = 422
    sentence = phrase("This form is not there any more. Choose another one.")


class BadSheet(NumeralError):
    code = "bad_sheet"
    status = 422
    sentence = phrase("No sheet could be read on this picture.")


class TooMany(NumeralError):
    code = "too_many"
    status = 429
    sentence = phrase("That was too many at once. Wait a moment and try again.")


class ModelUnavailable(NumeralError):
    code = "model_unavailable"
    status = 503
    sentence = phrase("No model can read just now. Your picture was not stored; try again later.")


class DecoderUnavailable(NumeralError):
    code = "decoder_unavailable"
    status = 503
    sentence = phrase("The picture could not be opened just now. Try again in a moment.")


class BadDataSet(NumeralError):
    code = "bad_data_set"
    status = 422
    sentence = phrase("This data set cannot be used.")


class BadModel(NumeralError):
    code = "bad_model"
    status = 422
    sentence = phrase("This model cannot be used.")


class FileNotShared(NumeralError):
    code = "file_not_shared"
    status = 503
    sentence = phrase("A file that another machine made is not here.")


class BadParameters(NumeralError):
    code = "bad_parameters"
    status = 422
    sentence = phrase("These training parameters cannot be used.")


class CannotActivate(NumeralError):
    code = "cannot_activate"
    status = 409
    sentence = phrase("This model cannot be made active.")


class GateRefuses(CannotActivate):
    code = "gate_refuses"
    sentence = phrase("The gate refuses this model.")


class PictureNotKept(NumeralError):
    code = "picture_not_kept"
    status = 409
    sentence = phrase("The picture was not kept, so it can’t be looked at again.")


class CannotRemove(NumeralError):
    code = "cannot_remove"
    status = 409
    sentence = phrase("This model cannot be taken away.")


class CannotCancel(NumeralError):
    code = "cannot_cancel"
    status = 409
    sentence = phrase("This run cannot be cancelled.")


class CannotReread(NumeralError):
    code = "cannot_reread"
    status = 409
    sentence = phrase("The stored uploads cannot be read anew just now.")


class BadArchive(NumeralError):
    code = "bad_archive"
    status = 422
    sentence = phrase("This ZIP file is damaged, or none.")


class BatchClosed(NumeralError):
    code = "batch_closed"
    status = 409
    sentence = phrase("Nothing more can be added here: this batch is complete. Open a new one for the rest.")


class BatchFull(NumeralError):
    code = "batch_full"
    status = 413
    sentence = phrase("This batch is full. Open a new one for the rest.")


class TooManyBatches(NumeralError):
    code = "too_many_batches"
    status = 409
    sentence = phrase("Too many of your batches are not finished yet. Wait for one, or cancel one.")


class TooManyFiles(NumeralError):
    code = "too_many_files"
    status = 422
    sentence = phrase("These are too many files to be read at once. Give fewer.")


class CannotRetry(NumeralError):
    code = "cannot_retry"
    status = 409
    sentence = phrase("There is nothing that could be tried again: give these files anew.")


class TrainingCancelled(NumeralError):
    code = "training_cancelled"
    status = 409
    sentence = phrase("The training was cancelled. It can go on from its last checkpoint.")
