"""Searching, filtering and ordering one's history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Keep, User
from recognizer import history_plan
from recognizer.domain.history import digit_count, expansions, first_value, search_parse
from recognizer.models import ModelVersion, Upload
from recognizer.selectors_history import history_page
from recognizer.services.ingest import picture_ingest
from recognizer.services.review import prediction_correct

SignIn = Callable[[User], Client]
Find = Callable[[str], list[str]]
DAY = dt.datetime(2026, 5, 3, 12, tzinfo=dt.UTC)


def put(owner: User, text: str, **fields: Any) -> Upload:
    """An upload with a reading, as the services leave it."""
    figures = {"digit_count": digit_count(text), "value": first_value(text)}
    made = {
        "created_at": DAY,
        "source": "file",
        "keep": "text",
        "state": "read",
        "confidence": 0.9,
        **figures,
        **fields,
    }
    return Upload.objects.create(owner=owner, text=text, final_text=text, **made)


@pytest.fixture
def find(alice: User, signed_in: SignIn) -> Find:
    """The texts that Alice's history shows for a query, in its order."""
    client = signed_in(alice)

    def ask(query: str) -> list[str]:
        response = client.get(f"/history/?{query}")
        assert response.status_code == 200, response.content
        return [row["text"] for row in response.context["uploads"]]

    return ask


@pytest.fixture(params=["rarest leads", "order leads"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found must not depend on the way that the plan chose."""
    if request.param == "order leads":
        monkeypatch.setattr(history_plan, "RARE", 1)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("40213", {"40213"}),
        ("021", {"40213"}),
        ("13", {"40213", "4413", "12 13"}),
        ("7", {"1700"}),
        ("4?13", {"4413"}),
        ("4??13", {"40213"}),
        ("?13", {"40213", "4413"}),
        ("12 13", {"12 13"}),
        ("1.700", {"1700"}),
        ("100..250", {"0100"}),
        ("4000..", {"40213", "4413"}),
        ("..99", {"12 13"}),
        ("12..12", {"12 13"}),
        ("9999", set()),
    ],
)
def test_a_text_a_pattern_and_a_range_are_found(
    alice: User, bob: User, find: Find, either_way: None, typed: str, found: set[str]
) -> None:
    for text in ("40213", "4413", "12 13", "1700", "0100", ""):
        put(alice, text)
        put(bob, text)
    assert set(find(f"q={typed}")) == found


def test_every_filter_leaves_what_it_says(alice: User, model: ModelVersion, find: Find, either_way: None) -> None:
    put(alice, "11", state="needs_review", confidence=0.4)
    put(alice, "222", source="canvas", confidence=0.7)
    put(alice, "3333", read_by=model, created_at=DAY + dt.timedelta(days=1))
    assert find("state=needs_review") == ["11"]
    assert find("source=canvas") == ["222"]
    assert find("model=digit-1") == ["3333"]
    assert find("digits=3") == ["222"]
    assert find("since=2026-05-04") == ["3333"]
    assert set(find("until=2026-05-03")) == {"11", "222"}
    assert find("sure_from=50&sure_to=80") == ["222"]
    assert find("state=read&digits=4&since=2026-05-04&q=33&model=digit-1&sure_from=89") == ["3333"]
    assert find("state=needs_review&digits=4") == []


def test_each_order_goes_on_without_gaps_or_repeats(alice: User, signed_in: SignIn, find: Find) -> None:
    for order in range(60):
        put(alice, str(order % 40), confidence=1 - order % 30 / 100, created_at=DAY + dt.timedelta(seconds=order // 2))
    put(alice, "", state="rejected", confidence=0.0)
    client = signed_in(alice)
    for sort, count, column in (
        *(("newest", 61, None), ("oldest", 61, None), ("least-sure", 60, "confidence")),
        *(("smallest", 60, "text"), ("largest", 60, "text")),
    ):
        rows: list[Any] = []
        before: Any = ""
        while before is not None:
            context = client.get("/history/", {"sort": sort, "before": before}).context
            rows += context["uploads"]
            before = context["next_cursor"]
        assert len({row["id"] for row in rows}) == len(rows) == count, sort
        if column:
            places = [float(row[column]) for row in rows]
            assert places == sorted(places, reverse=sort == "largest")


@pytest.mark.parametrize("sort", ["least-sure", "smallest", "largest"])
@pytest.mark.parametrize(
    "cursor", ["x", "nan_" + "0" * 32, "-1_" + "0" * 32, "1e400_" + "0" * 32, "9" * 40 + "_" + "0" * 32]
)
def test_a_made_up_cursor_is_a_sentence_in_every_order(alice: User, signed_in: SignIn, sort: str, cursor: str) -> None:
    response = signed_in(alice).get("/history/", {"sort": sort, "before": cursor})
    assert response.status_code == 400
    assert b"Go back to its beginning" in response.content


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("q=abc", "Search for digits"),
        ("q=9..1", "the smaller one comes first"),
        ("q=..", "Search for digits"),
        ("q=" + "1" * 61, "Search for digits"),
        ("q=%00", "Null characters are not allowed"),
        ("since=yesterday", "Write a day as 2026-05-03"),
        ("since=0001-01-01", "greater than or equal to"),
        ("until=9999-12-31", "less than or equal to"),
        ("since=2026-05-04&until=2026-05-03", "comes before"),
        ("state=lost", "Select a valid choice"),
        ("model=nobody", "Select a valid choice"),
        ("digits=-1", "greater than or equal to 0"),
        ("sure_to=101", "less than or equal to 100"),
        ("sure_from=nan", "Enter a number"),
        ("sort=random", "Select a valid choice"),
    ],
)
def test_a_filter_without_sense_gets_a_sentence_beside_it(
    alice: User, signed_in: SignIn, query: str, sentence: str
) -> None:
    response = signed_in(alice).get(f"/history/?{query}")
    assert response.status_code == 400
    assert sentence in response.content.decode()
    assert b'role="alert"' in response.content


def test_chips_say_what_is_filtered_and_take_it_away(alice: User, signed_in: SignIn) -> None:
    put(alice, "4013")
    context = signed_in(alice).get("/history/?q=40&state=read&sort=oldest&before=&foo=1").context
    assert context["chips"] == [
        {"words": "Search: 40", "without": "sort=oldest&state=read"},
        {"words": "State: Read", "without": "q=40&sort=oldest"},
    ]
    assert context["address"] == "q=40&sort=oldest&state=read"


def test_nothing_found_says_so_and_keeps_the_filters(alice: User, signed_in: SignIn) -> None:
    put(alice, "4013")
    page = signed_in(alice).get("/history/?q=99").content.decode()
    assert "Nothing like that" in page
    assert "Search: 99" in page


def test_a_search_costs_few_queries(alice: User, signed_in: SignIn, django_assert_max_num_queries: Any) -> None:
    put(alice, "4013")
    client = signed_in(alice)
    with django_assert_max_num_queries(6):  # one more: how much each filter would find
        client.get("/history/?q=4013&state=read&source=file&digits=4&since=2026-01-01&sure_from=1&sort=smallest")


def test_a_pattern_of_many_texts_costs_one_query_more(
    alice: User, signed_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    put(alice, "4013")
    client = signed_in(alice)
    with django_assert_max_num_queries(7):  # a look at the texts nearby
        client.get("/history/?q=4??3&sort=oldest")


def test_a_reading_is_found_by_what_was_read_then_by_what_a_person_says(
    alice: User, model: ModelVersion, number_png: Callable[[str], bytes], find: Find
) -> None:
    upload = picture_ingest(data=number_png("4071"), owner=alice, keep=Keep.ALL).upload
    assert upload is not None
    for query in ("q=4071", "q=4071..4071", "digits=4", "model=digit-1"):
        assert find(query) == ["4071"], query
    prediction_correct(prediction=upload.predictions.get(), author=alice, text="98765")
    assert find("q=4071") == []
    for query in ("q=8765", "q=98765..", "digits=5"):
        assert find(query) == ["98765"], query


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the full-text table is SQLite's")
def test_what_is_deleted_leaves_the_full_text_table(alice: User) -> None:
    upload = put(alice, "40213")
    assert indexed() == ["40213"]
    Upload.objects.filter(id=upload.id).update(final_text="777")
    assert indexed() == ["777"]
    upload.delete()
    assert indexed() == []


def indexed() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT final_text FROM recognizer_uploadsearch")
        return [text for (text,) in cursor.fetchall()]


def test_what_a_person_may_type_is_told_apart() -> None:
    assert search_parse(" 4?13 ") == ("4?13", None, None)
    assert search_parse("1.250,5") == ("12505", None, None)
    assert search_parse("100 .. 250") == ("", 100, 250)
    assert search_parse("") == ("", None, None)


def test_the_figures_of_a_text() -> None:
    assert first_value("007 12\n5") == 7
    assert first_value("9" * 18) == 10**18 - 1
    assert first_value("9" * 19) is None
    assert first_value("") is None
    assert digit_count("007 12\n5") == 6
    assert expansions("4?") == [str(number) for number in range(40, 50)]
    assert expansions("???") is None


def test_whoever_is_signed_out_is_asked_to_sign_in(client: Client) -> None:
    assert client.get("/history/?q=1").headers["Location"].startswith("/accounts/login/")


def test_today_is_a_day_to_filter_by(alice: User, find: Find) -> None:
    put(alice, "5", created_at=timezone.now())
    assert find(f"since={timezone.localdate()}&until={timezone.localdate()}") == ["5"]


@pytest.mark.parametrize("sort", ["newest", "oldest", "smallest", "least-sure"])
@pytest.mark.parametrize("full", [1, 3, 1000])
def test_a_pattern_that_is_common_nearby_finds_the_same(
    alice: User, bob: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch, sort: str, full: int
) -> None:
    monkeypatch.setattr(history_plan, "PAGE_FULL", full)
    defaults = {**(history_page.__kwdefaults__ or {}), "size": 2}
    monkeypatch.setattr(history_page, "__kwdefaults__", defaults)
    expected = {"4003", "4113", "74223", "4333 1", "1 4443"}
    for text in (*expected, "4", "43", "", "5003", "40 03"):
        put(alice, text)
        put(bob, text)
    client = signed_in(alice)
    found: list[str] = []
    before: Any = ""
    while before is not None:
        context = client.get("/history/", {"q": "4??3", "sort": sort, "before": before}).context
        found += [row["text"] for row in context["uploads"]]
        before = context["next_cursor"]
    assert sorted(found) == sorted(expected)
