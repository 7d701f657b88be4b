"""Every page that a browser can open: in one place for its pictures, its weight and the test that none is forgotten.

A new page is one line in ``PAGES``; a route that is no page is one in ``NO_PAGES``, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field

NOBODY, ALICE, BOB, CHARLIE = "", "alice", "bob", "charlie"
"""Signed out; the owner of everything; who has nothing yet; staff."""


@dataclass(frozen=True, slots=True)
class Page:
    """One picture's worth: the ``name`` of its file, the ``route`` or a bare ``path``, what ``says`` it in the index.

    ``given`` names what of the made-up world fills the route; ``query`` follows it; ``act`` is done there first.
    """

    name: str
    route: str
    says: str
    who: str = ALICE
    given: str = ""
    query: str = ""
    path: str = ""
    act: str = ""
    listed: bool = field(default=False, kw_only=True)
    """Whether its weight and speed are measured, too."""


PAGES = (
    Page("home", "home", "The front door, with the guidelines", NOBODY, listed=True),
    Page("sign-in", "account_login", "Sign in", NOBODY, listed=True),
    Page("sign-up", "account_signup", "Sign up", NOBODY),
    Page("password-forgotten", "account_reset_password", "A forgotten password", NOBODY),
    Page("password-sent", "account_reset_password_done", "The letter is under way", NOBODY),
    Page("nothing-here", "", "An address that leads nowhere", NOBODY, path="/no-such-page/"),
    Page("read", "recognizer:read", "Give a picture", listed=True),
    Page("read-mistake", "recognizer:read", "Nothing was chosen", act="press_read"),
    Page("draw", "recognizer:read", "Draw a number, read meanwhile", query="#draw", act="draw"),
    Page("result", "recognizer:upload", "The result: two numbers on a photo", given="photo", listed=True),
    Page("result-digit", "recognizer:upload", "What is known of a digit", given="photo", act="open_digit"),
    Page("result-doubt", "recognizer:upload", "A result in doubt", given="doubtful"),
    Page("result-form", "recognizer:upload", "A page of numbers", given="form", listed=True),
    Page("result-corrected", "recognizer:upload", "A corrected reading", given="corrected"),
    Page("result-nothing", "recognizer:upload", "Nothing that is a number", given="blank"),
    Page("result-text", "recognizer:upload", "The picture was not kept", given="text"),
    Page("digit", "recognizer:digit", "A digit's own page", given="digit"),
    Page("digit-why", "recognizer:digit_reasons", "What spoke for a digit", given="digit"),
    Page("opinion", "recognizer:opinion", "Another model's reading", given="photo", act="ask"),
    Page("delete", "recognizer:upload_delete", "Before a picture is deleted", given="photo"),
    Page("history", "recognizer:history", "The history", listed=True),
    Page("history-search", "recognizer:history", "A search with filters", query="?q=4&state=needs_review"),
    Page("history-none", "recognizer:history", "A search that finds nothing", query="?q=99999"),
    Page("history-empty", "recognizer:history", "The history of who is new", BOB),
    Page("trash", "recognizer:trash", "The trash"),
    Page("trash-empty", "recognizer:trash", "An empty trash", BOB),
    Page("review", "recognizer:review", "The review queue", listed=True),
    Page("review-empty", "recognizer:review", "Nothing to review", BOB),
    Page("teach", "recognizer:teach", "The sheet that teaches a hand"),
    Page("teach-sheet", "recognizer:teach_sheet", "What was cut out of a sheet", given="sheet"),
    Page("samples", "recognizer:samples", "What is learned from somebody's corrections"),
    Page("samples-empty", "recognizer:samples", "Nothing is learned yet", BOB),
    Page("models", "recognizer:models", "The model cards", listed=True),
    Page("profile", "accounts:profile", "The profile"),
    Page("e-mail", "account_email", "E-mail addresses"),
    Page("password", "account_change_password", "Change the password"),
    Page("sign-out", "account_logout", "Before signing out"),
    Page("admin", "admin:index", "The admin", CHARLIE, listed=True),
    Page("admin-uploads", "admin:recognizer_upload_changelist", "Uploads", CHARLIE),
    Page("admin-upload", "admin:recognizer_upload_change", "An upload", CHARLIE, "admin_upload"),
    Page("admin-predictions", "admin:recognizer_prediction_changelist", "Predictions", CHARLIE),
    Page("admin-users", "admin:accounts_user_changelist", "People", CHARLIE),
    Page("admin-models", "admin:recognizer_modelversion_changelist", "Models", CHARLIE),
    Page("admin-model", "admin:recognizer_modelversion_change", "A model", CHARLIE, "admin_model"),
    Page("admin-report", "admin:recognizer_modelversion_report", "A model's report", CHARLIE, "model"),
    Page("admin-compare", "admin:recognizer_modelversion_activate", "Compare and activate", CHARLIE, "model"),
    Page("admin-import", "admin:recognizer_modelversion_import", "Take in a model", CHARLIE),
    Page("admin-activations", "admin:recognizer_activation_changelist", "Past activations", CHARLIE),
    Page("admin-runs", "admin:recognizer_trainingrun_changelist", "Training runs", CHARLIE),
    Page("admin-run", "admin:recognizer_trainingrun_change", "A training that goes on", CHARLIE, "run"),
    Page("admin-run-done", "admin:recognizer_trainingrun_change", "A training that ended", CHARLIE, "run_done"),
    Page("admin-start", "admin:recognizer_trainingrun_start", "Start a training", CHARLIE),
    Page("admin-sets", "admin:recognizer_dataset_changelist", "Data sets", CHARLIE),
    Page("admin-set", "admin:recognizer_dataset_change", "A data set", CHARLIE, "data_set"),
    Page("admin-set-upload", "admin:recognizer_dataset_upload", "Upload a data set", CHARLIE),
    Page("admin-samples", "admin:recognizer_sample_changelist", "Samples that people gave", CHARLIE),
    Page("admin-rereads", "admin:recognizer_reread_changelist", "What was read again", CHARLIE),
    Page("admin-reread", "admin:recognizer_reread_change", "What would change", CHARLIE, "reread"),
)

POSTED = "answers a form alone, and leads on to a page"
PART = "a part of a page, a file or a picture, which has no page of its own"
MACHINES = "for machines"
SAME = "one of the admin's own pages, which look alike for everything"
LETTER = "needs the key of a letter, or a state that few ever see; the templates are those of the pages here"
NO_PAGES = {
    "recognizer:read_live": MACHINES,
    "recognizer:history_export": PART,
    "recognizer:history_selected": POSTED,
    "recognizer:trash_undo": POSTED,
    "recognizer:trash_selected": POSTED,
    "recognizer:trash_empty": POSTED,
    "recognizer:box_look": PART,
    "recognizer:number_add": POSTED,
    "recognizer:upload_image": PART,
    "recognizer:upload_thumbnail": PART,
    "recognizer:prediction_correct": POSTED,
    "recognizer:number_remove": POSTED,
    "recognizer:number_restore": POSTED,
    "recognizer:review_next": PART,
    "recognizer:review_token": MACHINES,
    "recognizer:review_release": POSTED,
    "recognizer:review_undo": POSTED,
    "recognizer:review_decide": POSTED,
    "recognizer:review_hold": POSTED,
    "recognizer:samples_delete": POSTED,
    "recognizer:teach_pdf": PART,
    "recognizer:teach_crops": PART,
    "recognizer:teach_discard": POSTED,
    "recognizer:model_network": PART,
    "account_inactive": LETTER,
    "account_reauthenticate": LETTER,
    "account_email_verification_sent": LETTER,
    "account_set_password": LETTER,
    "account_confirm_login_code": LETTER,
    "account_confirm_email": LETTER,
    "account_reset_password_from_key": LETTER,
    "account_reset_password_from_key_done": LETTER,
    "admin:autocomplete": MACHINES,
    "admin:jsi18n": MACHINES,
    "admin:view_on_site": MACHINES,
    "admin:recognizer_dataset_sprite": PART,
    "admin:recognizer_modelversion_roll_back": POSTED,
    "admin:recognizer_modelversion_measure": POSTED,
    "admin:recognizer_modelversion_report_file": PART,
    "admin:recognizer_modelversion_export": PART,
    "admin:recognizer_reread_start": POSTED,
    "admin:recognizer_reread_apply": POSTED,
    "admin:recognizer_reread_cancel": POSTED,
    "admin:recognizer_trainingrun_live": PART,
    "admin:recognizer_trainingrun_mnist": POSTED,
    "admin:recognizer_trainingrun_cancel": POSTED,
    "admin:recognizer_trainingrun_go_on": POSTED,
    "manifest": PART,
    "favicon": PART,
    "healthz": MACHINES,
    "readyz": MACHINES,
}
USUAL = (
    r"admin:(login|logout|password_change|password_change_done|app_list|auth_user_password_change)"
    r"|admin:(auth|account)_\w+"
    r"|admin:\w+_(add|history|delete)"
    r"|admin:(accounts_user|recognizer_(activation|sample|prediction))_change"
)
"""Routes of the admin that Django itself makes."""
