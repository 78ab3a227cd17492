"""Limits that hold whoever counts, and that time and success lift."""

import threading

import pytest
from django.db import connection

from gongzhi.core import throttle
from gongzhi.core.models import Throttle

WINDOW = 600


def hit(bucket: str = "test:a") -> bool:
    return throttle.hit(bucket, limit=3, seconds=WINDOW)


def spent(bucket: str = "test:a") -> bool:
    return throttle.spent(bucket, limit=3, seconds=WINDOW)


def begin_earlier(bucket: str, seconds: int) -> None:
    """Move the window's beginning into the past, instead of waiting."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_throttle SET window_start = window_start - make_interval(secs => %s) WHERE bucket = %s",
            [seconds, bucket],
        )
        assert cursor.rowcount == 1


@pytest.mark.django_db
def test_the_limit_is_the_last_try_that_passes() -> None:
    assert not spent()
    assert [(hit(), spent()) for _ in range(5)] == [
        (True, False),
        (True, False),
        (True, True),
        (False, True),
        (False, True),
    ]
    assert hit("test:b")  # the negative control: another bucket is not held up


@pytest.mark.django_db
def test_asking_whether_it_is_spent_counts_nothing() -> None:
    for _ in range(10):
        assert not spent()
    assert not Throttle.objects.exists()
    assert hit()


@pytest.mark.django_db
def test_when_the_window_has_passed_it_begins_anew() -> None:
    for _ in range(4):
        hit()
    begin_earlier("test:a", WINDOW - 5)
    assert spent()
    assert not hit()  # the negative control: just before the end
    begin_earlier("test:a", 10)
    assert not spent()
    assert hit()
    assert Throttle.objects.get(pk="test:a").count == 1


@pytest.mark.django_db
def test_tries_do_not_lengthen_the_window() -> None:
    hit()
    begun = Throttle.objects.get(pk="test:a").window_start
    begin_earlier("test:a", 100)
    hit()
    assert (begun - Throttle.objects.get(pk="test:a").window_start).total_seconds() == 100


@pytest.mark.django_db
def test_after_a_success_the_tries_are_forgotten() -> None:
    for bucket in ("test:a", "test:b"):
        for _ in range(4):
            hit(bucket)
    throttle.clear("test:a")
    throttle.clear("test:never tried")
    assert hit("test:a")
    assert not hit("test:b")


def test_two_processes_count_together(committed: str) -> None:
    passed: list[bool] = []

    def try_often() -> None:
        try:
            passed.extend(throttle.hit("test:a", limit=15, seconds=WINDOW) for _ in range(10))
        finally:
            connection.close()

    tries = [threading.Thread(target=try_often) for _ in range(2)]
    for one in tries:
        one.start()
    for one in tries:
        one.join()
    assert (passed.count(True), passed.count(False)) == (15, 5)
    assert Throttle.objects.get(pk="test:a").count == 20


@pytest.mark.django_db
def test_counting_tells_how_many_and_how_long_the_window_still_lasts() -> None:
    assert throttle.count("test:a", seconds=WINDOW) == (1, WINDOW)
    begin_earlier("test:a", 100)
    tries, left = throttle.count("test:a", seconds=WINDOW)
    assert tries == 2
    assert WINDOW - 110 < left <= WINDOW - 100


@pytest.mark.django_db
def test_old_windows_are_forgotten_and_young_ones_are_not() -> None:
    hit("test:old")
    hit("test:young")
    begin_earlier("test:old", 25 * 3600)
    assert throttle.forget(hours=24) == 1
    assert list(Throttle.objects.values_list("pk", flat=True)) == ["test:young"]
