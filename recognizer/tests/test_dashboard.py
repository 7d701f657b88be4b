"""Figures over time: what is counted, when, and how it is shown."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from recognizer import selectors_figures
from recognizer.domain.figures import Figures, Span, figures_sum, misread_digits, spans_of
from recognizer.models import DailyFigure, FiguresCounted, ModelVersion, Prediction, Upload
from recognizer.selectors_figures import day_counted, figures_over_time, today_here
from recognizer.services.batches import batch_delete
from recognizer.services.daily_figures import figures_catch_up, figures_changed
from recognizer.services.retention import upload_delete
from recognizer.services.review import prediction_correct
from recognizer.services.uploads_trash import uploads_restore, uploads_trash
from recognizer.tests.batches import make_batch, make_upload
from recognizer.views.dashboard_plots import confidence_plot, confusion_bars, readings_plot, shares_plot

SignIn = Callable[[User], Client]

pytestmark = pytest.mark.usefixtures("model")


def ago(days: int) -> dt.datetime:
    return timezone.now() - dt.timedelta(days=days)


def on(owner: User, days: int, text: str = "407", **fields: Any) -> Upload:
    """An upload so many days ago."""
    return make_upload(owner, text, created_at=ago(days), **fields)


def counted(owner: User, days: int) -> Figures:
    return day_counted(owner=owner, day=today_here() - dt.timedelta(days=days))


def readings(owner: User) -> dict[int, int]:
    """Readings by how many days ago, as the page has them."""
    found = figures_over_time(owner=owner, since=None)
    return {(today_here() - day).days: figures.readings for day, figures in found.days.items()}


def test_a_day_counts_what_was_read_doubted_and_corrected(alice: User, bob: User, model: ModelVersion) -> None:
    on(alice, 0, "11", confidence=0.999, read_by=model)
    on(alice, 0, "22", confidence=0.01, read_by=model)  # under the threshold: in doubt, though confirmed since
    on(alice, 0, "33", confidence=0.5, state="needs_review")
    on(alice, 0, "", confidence=0.0)
    broken = on(alice, 0, "44", confidence=0.999, read_by=model)
    broken.predictions.update(doubt="range")
    on(alice, 0, "55", confidence=0.999, state="failed")
    on(alice, 0, "66", confidence=0.999, deleted_at=timezone.now())
    on(alice, 1, "77")
    on(bob, 0, "88")
    corrected = on(alice, 0, "407", confidence=0.999, read_by=model)
    prediction_correct(prediction=corrected.predictions.get(), author=alice, text="401")
    figures = counted(alice, 0)
    assert (figures.readings, figures.doubtful, figures.corrected, figures.without_number) == (6, 3, 1, 1)
    assert figures.sure_sum == pytest.approx(3 * 0.999 + 0.01 + 0.5)
    assert figures.confusions == {"71": 1}


def test_only_the_newest_correction_of_the_same_length_tells_which_digit_was_misread(alice: User) -> None:
    prediction = on(alice, 0, "407").predictions.get()
    for text in ("111", "406"):
        prediction_correct(prediction=prediction, author=alice, text=text)
    prediction_correct(prediction=on(alice, 0, "5").predictions.get(), author=alice, text="55")
    prediction_correct(prediction=on(alice, 0, "6").predictions.get(), author=alice, text="6")
    assert counted(alice, 0).confusions == {"76": 1}
    assert misread_digits("12", "21") == {"12": 1, "21": 1}


def test_finished_days_are_counted_once_and_today_live(alice: User, bob: User) -> None:
    for days in (40, 40, 5, 1, 0):
        on(alice, days)
    on(bob, 3)
    assert figures_catch_up() == 4
    assert figures_catch_up() == 0
    assert DailyFigure.objects.filter(owner=alice, stale=False).count() == 3
    assert readings(alice) == {40: 2, 5: 1, 1: 1, 0: 1}
    on(alice, 0)
    assert readings(alice)[0] == 2
    assert readings(bob) == {3: 1}


def test_counting_goes_on_where_it_stopped(alice: User) -> None:
    for days in (40, 20, 10):
        on(alice, days)
    turns = 0
    while figures_catch_up(seconds=-1):
        turns += 1
        assert turns < 10
    assert readings(alice) == {40: 1, 20: 1, 10: 1}
    assert turns == 3
    assert FiguresCounted.objects.get(owner=alice).before == today_here()


def test_what_is_not_counted_yet_is_said(alice: User, signed_in: SignIn) -> None:
    on(alice, 9)
    on(alice, 0)
    client = signed_in(alice)
    assert b"still being added up" in client.get("/dashboard/").content
    assert readings(alice) == {0: 1}
    figures_catch_up()
    page = client.get("/dashboard/")
    assert b"still being added up" not in page.content
    assert page.context["total"].readings == 2


def test_yesterday_is_there_before_anything_was_counted(alice: User, signed_in: SignIn) -> None:
    on(alice, 1)
    page = signed_in(alice).get("/dashboard/")
    assert (page.context["total"].readings, page.context["complete"]) == (1, True)


def test_deleting_and_bringing_back_change_the_figures_at_once(alice: User) -> None:
    upload = on(alice, 5)
    on(alice, 5)
    figures_catch_up()
    _, moment = uploads_trash(owner=alice, ids=[upload.id])
    assert readings(alice) == {5: 1}
    figures_catch_up()
    assert readings(alice) == {5: 1}
    uploads_restore(owner=alice, deleted_at=moment)
    assert readings(alice) == {5: 2}
    upload.refresh_from_db()
    upload_delete(upload=upload)
    assert readings(alice) == {5: 1}
    figures_catch_up()
    assert not DailyFigure.objects.filter(stale=True).exists()


def test_deleting_a_batch_takes_its_readings_out_of_the_figures(alice: User) -> None:
    batch = make_batch(alice, "1", "2")
    Upload.objects.update(created_at=ago(5))
    figures_catch_up()
    assert readings(alice) == {5: 2}
    batch_delete(batch=batch)
    assert readings(alice) == {}


def test_a_day_of_which_all_is_deleted_has_no_figures(alice: User) -> None:
    upload = on(alice, 5)
    figures_catch_up()
    uploads_trash(owner=alice, ids=[upload.id])
    figures_catch_up()
    assert not DailyFigure.objects.exists()
    assert readings(alice) == {}


def test_correcting_an_old_reading_changes_its_day(alice: User) -> None:
    upload = on(alice, 5)
    figures_catch_up()
    prediction_correct(prediction=upload.predictions.get(), author=alice, text="401")
    found = figures_over_time(owner=alice, since=None)
    assert figures_sum(found.days.values()).confusions == {"71": 1}
    figures_catch_up()
    assert DailyFigure.objects.get().confusions == {"71": 1}


def test_many_changed_days_are_said_and_counted_soon(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors_figures, "STALE_LIVE", 1)
    for days in (5, 6):
        on(alice, days)
    figures_catch_up()
    figures_changed(owner_id=alice.pk, moments=[ago(5), ago(6), ago(0)])
    assert DailyFigure.objects.filter(stale=True).count() == 2
    assert not figures_over_time(owner=alice, since=None).complete
    figures_catch_up()
    assert figures_over_time(owner=alice, since=None).complete


def test_days_are_those_of_the_installation(alice: User, settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Tokyo"
    upload = make_upload(alice, "7", created_at=dt.datetime(2026, 3, 1, 16, tzinfo=dt.UTC))
    with timezone.override("America/New_York"):
        assert day_counted(owner=alice, day=dt.date(2026, 3, 2)).readings == 1
        figures_changed(owner_id=alice.pk, moments=[upload.created_at])
    assert DailyFigure.objects.get().day == dt.date(2026, 3, 2)


def test_the_page_shows_each_figure_with_its_table(alice: User, signed_in: SignIn) -> None:
    upload = on(alice, 2)
    prediction_correct(prediction=upload.predictions.get(), author=alice, text="401")
    on(alice, 0, "5", state="needs_review", confidence=0.4)
    figures_catch_up()
    page = signed_in(alice).get("/dashboard/?range=7")
    html = page.content.decode()
    assert [figure.title for figure in page.context["plots"]] == [
        "Readings a day",
        "In doubt, and corrected",
        "Confidence",
    ]
    assert html.count("As a table") == 3
    assert dict(page.context["tiles"]) == {
        "Readings": "2",
        "Not sure at first": "50.0 %",
        "Corrected": "50.0 %",
        "Mean confidence": "65.0 %",
    }
    assert [(pair.read, pair.said, pair.count) for pair in page.context["confusions"]] == [("7", "1", 1)]
    assert "style=" not in html
    assert "<script>" not in html


def test_nothing_read_shows_the_next_step(alice: User, signed_in: SignIn) -> None:
    client = signed_in(alice)
    for query in ("", "?range=7", "?range=all"):
        html = client.get(f"/dashboard/{query}").content.decode()
        assert "Nothing read in this time" in html
        assert 'href="/read/"' in html


@pytest.mark.parametrize("value", ["", "8", "0", "-1", "ALL", "9" * 50, "\x00"])
def test_another_range_is_refused_with_a_sentence(alice: User, signed_in: SignIn, value: str) -> None:
    response = signed_in(alice).get("/dashboard/", {"range": value})
    assert response.status_code == 400
    assert b"7, 30 or 365 days" in response.content


def test_the_figures_are_one_s_own_and_looked_at_by_get(
    alice: User, bob: User, client: Client, signed_in: SignIn
) -> None:
    on(alice, 0)
    assert client.get("/dashboard/").headers["Location"].startswith("/accounts/login/")
    assert signed_in(bob).get("/dashboard/?range=all").context["total"].readings == 0
    assert signed_in(alice).post("/dashboard/").status_code == 405


@pytest.mark.parametrize("range_", ["7", "365", "all"])
def test_the_page_costs_few_queries_however_many_days(
    alice: User, signed_in: SignIn, django_assert_num_queries: Any, range_: str
) -> None:
    uploads = [on(alice, days) for days in (0, 1, 2, 3, 30, 800)]
    figures_catch_up()
    figures_changed(owner_id=alice.pk, moments=[upload.created_at for upload in uploads[1:4]])
    client = signed_in(alice)
    with django_assert_num_queries(7):  # session, person, how far, days, today twice, what waits for review
        client.get(f"/dashboard/?range={range_}")


def test_spans_grow_with_the_time_shown_and_lose_nothing() -> None:
    day = dt.date(2026, 3, 31)
    for first, count, begins in (
        (day - dt.timedelta(days=6), 7, dt.date(2026, 3, 25)),
        (day - dt.timedelta(days=364), 53, dt.date(2025, 3, 31)),
        (dt.date(2020, 2, 29), 74, dt.date(2020, 2, 1)),
        (day, 1, day),
    ):
        days = {first: Figures(readings=2), day: Figures(readings=3)} if first != day else {day: Figures(readings=5)}
        spans = spans_of(days, first, day)
        assert (len(spans), spans[0].first) == (count, begins)
        assert sum(span.figures.readings for span in spans) == 5


def test_sums_add_all_up() -> None:
    one = Figures(readings=2, doubtful=1, sure_sum=1.5, confusions=Counter({"17": 2}))
    total = figures_sum([one, one, Figures()])
    assert (total.readings, total.doubtful_share, total.confidence, total.confusions["17"]) == (4, 0.5, 0.75, 4)
    assert (Figures().doubtful_share, Figures().confidence) == (None, None)


def test_plots_stay_inside_and_show_nothing_of_nothing() -> None:
    day, full = dt.date(2026, 3, 2), Figures(readings=3, doubtful=1, corrected=3, sure_sum=3.0)
    spans = [Span(day, full), Span(day + dt.timedelta(days=1), Figures()), Span(day + dt.timedelta(days=2), full)]
    for make in (readings_plot, shares_plot, confidence_plot):
        figure = make(spans, "day")
        assert figure is not None
        assert len(figure.rows) == 2
        places = [point.split(",") for line in figure.plot.lines for point in line.points.split()]
        places += [[dot.x, dot.y] for dot in figure.plot.dots]
        for bar in figure.bars:
            places += [[bar.x, bar.y], [str(float(bar.x) + float(bar.width)), str(float(bar.y) + float(bar.height))]]
        assert places
        assert all(52 <= float(x) <= 468 and 12 <= float(y) <= 258.01 for x, y in places)
        assert make([Span(day, Figures())], "day") is None
    assert confusion_bars(Counter()) == []
    assert [pair.width for pair in confusion_bars(Counter({"17": 4, "38": 1}))] == ["100.0", "25.0"]


def test_a_corrected_number_of_an_upload_in_the_trash_does_not_count(alice: User) -> None:
    upload = on(alice, 0)
    prediction_correct(prediction=upload.predictions.get(), author=alice, text="401")
    uploads_trash(owner=alice, ids=[upload.id])
    assert Prediction.objects.filter(state="corrected").exists()
    assert counted(alice, 0) == Figures()
