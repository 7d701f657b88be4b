"""After an activation, stored uploads are read again: first to look, then, if wanted, for good."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.models import Keep, User
from recognizer import tasks
from recognizer.domain.errors import BadRequest, CannotReread
from recognizer.models import Correction, ModelVersion, Prediction, Reread, RereadChange, Upload
from recognizer.services import rereads
from recognizer.services.ingest import picture_ingest
from recognizer.services.readings import upload_recognise
from recognizer.services.registry import model_activate, model_rollback
from recognizer.services.rereads import reread_advance, reread_apply, reread_cancel, reread_start, rereads_silent
from recognizer.services.retention import upload_delete
from recognizer.services.review import prediction_correct
from recognizer.tests.gate_material import tiny

Draw = Callable[[str], bytes]
SignIn = Callable[[User], Client]


@pytest.fixture
def uploads(alice: User, model: ModelVersion, number_png: Draw) -> list[Upload]:
    """Three pictures, read by the shipped model; the newest first, as they are looked at."""
    kept = [picture_ingest(data=number_png(text), owner=alice, keep=Keep.ALL).upload for text in ("7", "3", "14")]
    return [upload for upload in reversed(kept) if upload is not None]


@pytest.fixture
def other(uploads: list[Upload], tmp_path: Path) -> ModelVersion:
    """Serves now, and takes every digit for one that stands for its brightness."""
    return model_activate(model=tiny(tmp_path / "made", "grey", 2, threshold=0.2, reject_below=0.0))


def readings() -> list[tuple[str, str, str]]:
    rows = Prediction.objects.order_by("upload__created_at", "order")
    return list(rows.values_list("text", "state", "model_version__name"))


def finish(reread: Reread) -> Reread:
    while reread_advance(reread=reread):
        pass
    reread.refresh_from_db()
    return reread


def test_looking_tells_what_would_change_and_touches_nothing(other: ModelVersion, charlie: User) -> None:
    before = readings()
    reread = finish(reread_start(limit=100, started_by=charlie))
    assert (reread.state, reread.looked, reread.unreadable, reread.started_by) == ("looked", 3, 0, charlie)
    assert reread.same + reread.changes.count() == 3
    change = reread.changes.get(old_text="7")
    assert change.new_text != "7"
    assert 0 <= change.new_confidence <= 1
    assert readings() == before


def test_the_same_models_read_the_same(uploads: list[Upload]) -> None:
    reread = finish(reread_start(limit=100))
    assert (reread.looked, reread.same, reread.changes.count()) == (3, 3, 0)


def test_the_limit_takes_the_newest(other: ModelVersion, uploads: list[Upload]) -> None:
    reread = finish(reread_start(limit=1))
    assert reread.looked == 1
    assert reread.before_id == uploads[0].id


def test_writing_down_makes_new_predictions_by_the_new_model(other: ModelVersion, uploads: list[Upload]) -> None:
    reread = finish(reread_start(limit=100))
    texts = dict(reread.changes.values_list("upload", "new_text"))
    reread_apply(reread=reread)
    finish(reread)
    assert (reread.state, reread.applied) == ("applied", len(texts))
    for upload in uploads:
        now = Upload.objects.get(id=upload.id)
        assert now.text == now.final_text == texts.get(upload.id, upload.text)
        made_by = {each.model_version.name for each in now.predictions.all()}
        assert made_by <= ({"grey"} if upload.id in texts else {"digit-1"})
    assert set(reread.changes.values_list("applied", flat=True)) == {"done"}


def test_what_a_person_corrected_or_confirmed_is_neither_looked_at_nor_touched(
    other: ModelVersion, uploads: list[Upload], alice: User
) -> None:
    prediction_correct(prediction=uploads[0].predictions.get(), author=alice, text="99")
    prediction_correct(prediction=uploads[1].predictions.get(), author=alice, text="3")
    reread = finish(reread_start(limit=100))
    assert reread.looked == 1
    reread_apply(reread=reread)
    finish(reread)
    assert Correction.objects.count() == 2
    assert Upload.objects.get(id=uploads[0].id).final_text == "99"


def test_who_corrects_between_looking_and_writing_down_is_heard(
    other: ModelVersion, uploads: list[Upload], alice: User
) -> None:
    reread = finish(reread_start(limit=100))
    seven = Upload.objects.get(text="7")
    prediction_correct(prediction=seven.predictions.get(), author=alice, text="7")
    reread_apply(reread=reread)
    finish(reread)
    assert seven.predictions.get().state == "confirmed"
    assert reread.changes.get(upload=seven).applied == "kept"


def test_what_somebody_reviews_just_now_is_left_alone(other: ModelVersion, uploads: list[Upload], alice: User) -> None:
    reread = finish(reread_start(limit=100))
    soon = timezone.now() + dt.timedelta(minutes=5)
    Prediction.objects.update(claimed_by=alice, claimed_until=soon)
    before = readings()
    reread_apply(reread=reread)
    finish(reread)
    assert readings() == before
    assert reread.applied == 0


def test_a_correction_of_a_number_that_was_just_read_anew_says_so(
    other: ModelVersion, uploads: list[Upload], alice: User
) -> None:
    old = Prediction.objects.get(text="7")
    reread_apply(reread=finish(reread_start(limit=100)))
    finish(Reread.objects.get())
    with pytest.raises(BadRequest, match="read anew just now"):
        prediction_correct(prediction=old, author=alice, text="7")


def test_an_upload_deleted_meanwhile_is_no_trouble(other: ModelVersion, uploads: list[Upload]) -> None:
    reread = finish(reread_start(limit=100))
    upload_delete(upload=Upload.objects.get(text="7"))
    reread_apply(reread=reread)
    assert finish(reread).state == "applied"


def test_a_picture_that_vanished_is_counted(other: ModelVersion, uploads: list[Upload]) -> None:
    Path(uploads[0].image.path).unlink()
    reread = finish(reread_start(limit=100))
    assert (reread.looked, reread.unreadable) == (3, 1)


def test_it_goes_on_where_a_killed_worker_ended(
    other: ModelVersion, uploads: list[Upload], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rereads, "SLICE_SECONDS", 0.0)
    reread = reread_start(limit=100)
    assert reread_advance(reread=reread)
    with monkeypatch.context() as patch:
        patch.setattr(rereads, "upload_recognise", interrupt)
        with pytest.raises(KeyboardInterrupt):
            reread_advance(reread=reread)
    assert not reread_advance(reread=reread), "it looks as if somebody was at it"
    assert rereads_silent() == []
    Reread.objects.update(heartbeat_at=timezone.now() - rereads.SILENT - dt.timedelta(seconds=1))
    assert rereads_silent() == [reread]
    finish(reread)
    assert (reread.state, reread.looked) == ("looked", 3)
    assert RereadChange.objects.count() == reread.changes.values("upload").distinct().count()


def interrupt(**given: Any) -> Any:
    raise KeyboardInterrupt


def test_other_models_in_the_middle_stop_it(
    other: ModelVersion, uploads: list[Upload], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rereads, "SLICE_SECONDS", 0.0)
    reread = reread_start(limit=100)
    reread_advance(reread=reread)
    model_rollback(kind="digit")
    finish(reread)
    assert (reread.state, reread.looked) == ("stopped", 1)
    assert "Other models serve now" in reread.error


def test_cancelling_ends_it_before_the_next_picture(
    other: ModelVersion, uploads: list[Upload], monkeypatch: pytest.MonkeyPatch
) -> None:
    reread = reread_start(limit=100)
    own = upload_recognise

    def cancelled_meanwhile(*, upload: Upload) -> Any:
        reread_cancel(reread=reread)
        return own(upload=upload)

    monkeypatch.setattr(rereads, "upload_recognise", cancelled_meanwhile)
    finish(reread)
    assert (reread.state, reread.looked, reread.changes.count()) == ("cancelled", 0, 0)
    with pytest.raises(CannotReread, match="ended already"):
        reread_cancel(reread=reread)


def test_one_at_a_time_and_only_what_was_looked_at_is_written_down(other: ModelVersion) -> None:
    reread = reread_start(limit=100)
    with pytest.raises(CannotReread, match="goes on just now"):
        reread_start(limit=100)
    with pytest.raises(CannotReread, match="looked at to the end"):
        reread_apply(reread=reread)
    for limit in (0, -1, 10**7):
        with pytest.raises(BadRequest, match="uploads can be looked at"):
            reread_start(limit=limit)


def test_the_background_job_does_slice_after_slice(
    other: ModelVersion, uploads: list[Upload], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rereads, "SLICE_SECONDS", 0.0)
    reread, run = reread_start(limit=100), tasks.reread_soon.call_local
    monkeypatch.setattr(tasks, "reread_soon", run)
    run(str(reread.id))
    reread.refresh_from_db()
    assert reread.state == "looked"
    run("00000000-0000-0000-0000-000000000000")


@pytest.fixture
def staff(charlie: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> Client:
    """At the keyboard; jobs are done at once."""
    monkeypatch.setattr("recognizer.admin.reread.reread_soon", tasks.reread_soon.call_local)
    return signed_in(charlie)


def test_staff_start_look_and_write_down(other: ModelVersion, uploads: list[Upload], staff: Client) -> None:
    assert (
        "What would it read otherwise?"
        in staff.get(f"/admin/recognizer/modelversion/{other.pk}/change/").content.decode()
    )
    assert 'name="limit"' in staff.get("/admin/recognizer/reread/").content.decode()
    answer = staff.post("/admin/recognizer/reread/start/", {"limit": "50"}, follow=True)
    reread = Reread.objects.get()
    page = answer.content.decode()
    assert "Another text" in page
    assert str(uploads[-1].id)[:8] in page
    assert f"Write {reread.changes.count()} change" in page.replace("\xa0", " ")
    answer = staff.post(f"/admin/recognizer/reread/{reread.pk}/apply/", follow=True)
    assert Reread.objects.get().state == "applied"
    assert ">done" in answer.content.decode().replace(" ", "").replace("\n", "")


def test_the_page_looks_again_by_itself_while_it_goes_on(other: ModelVersion, staff: Client) -> None:
    reread = reread_start(limit=5)
    address = f"/admin/recognizer/reread/{reread.pk}/"
    assert staff.get(f"{address}change/").headers["Refresh"] == "5"
    staff.post(f"{address}cancel/")
    answer = staff.get(f"{address}change/")
    assert "Refresh" not in answer.headers
    assert "Cancelled" in answer.content.decode()
    assert "ended already" in staff.post(f"{address}cancel/", follow=True).content.decode()


@pytest.mark.parametrize("limit", ["", "0", "many", "-3", "99999999999"])
def test_a_bad_limit_is_said_so(other: ModelVersion, staff: Client, limit: str) -> None:
    answer = staff.post("/admin/recognizer/reread/start/", {"limit": limit}, follow=True)
    assert "uploads can be looked at" in answer.content.decode()
    assert not Reread.objects.exists()


def test_who_may_not_see_uploads_sees_counts_only(
    other: ModelVersion, uploads: list[Upload], make_user: Callable[..., User], signed_in: SignIn, client: Client
) -> None:
    reread = finish(reread_start(limit=50))
    looker = make_user("looker", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_reread"))
    page = signed_in(looker).get(f"/admin/recognizer/reread/{reread.pk}/change/").content.decode()
    assert "Another text" in page
    assert str(uploads[-1].id)[:8] not in page
    for address in ("start/", f"{reread.pk}/apply/", f"{reread.pk}/cancel/"):
        assert signed_in(looker).post(f"/admin/recognizer/reread/{address}").status_code == 403
        assert client.post(f"/admin/recognizer/reread/{address}").status_code == 302
        assert signed_in(looker).get(f"/admin/recognizer/reread/{address}").status_code == 405
