"""Names and numbers: random outside, without a gap where a series is counted."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from gongzhi.accounts.models import Person
from gongzhi.core.ids import ALPHABET, next_number, next_pk, public_id, unguessable
from gongzhi.core.models import Sequence


def test_a_public_id_is_ten_characters_nobody_mishears() -> None:
    found = [public_id() for _ in range(2000)]
    assert {len(one) for one in found} == {10}
    assert set("".join(found)) == set(ALPHABET)
    assert not set(ALPHABET) & set("01OIL")
    assert len(set(found)) == len(found)


def test_a_link_that_opens_something_carries_256_random_bits() -> None:
    assert {len(unguessable()) for _ in range(10)} == {43}
    assert unguessable() != unguessable()


@pytest.mark.django_db
def test_a_key_taken_in_advance_is_given_once() -> None:
    first, second = next_pk(Person), next_pk(Person)
    assert second > first
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('gz.process', 'core.test', true)")
    assert not Person.objects.filter(pk__gte=first).exists()
    later = Person.objects.create(public_id="later", name_sealed=b"x", name_masked="×")
    assert later.pk > second
    assert Person.objects.create(pk=first, public_id="first", name_sealed=b"x", name_masked="×").pk == first
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.create(pk=first, public_id="again", name_sealed=b"x", name_masked="×")


@pytest.mark.django_db
def test_a_series_counts_by_code_and_year() -> None:
    given = [next_number(*of) for of in (("DJ", 2026), ("DJ", 2026), ("JB", 2026), ("DJ", 2027), ("DJ", 2026))]
    assert given == ["DJ-2026-000001", "DJ-2026-000002", "JB-2026-000001", "DJ-2027-000001", "DJ-2026-000003"]
    Sequence.objects.filter(code="DJ", year=2026).update(last=999_999)
    assert next_number("DJ", 2026) == "DJ-2026-1000000"


def test_a_number_of_a_transaction_that_failed_is_given_again(committed: str) -> None:
    assert next_number("DJ", 2026) == "DJ-2026-000001"
    with pytest.raises(RuntimeError), transaction.atomic():
        assert next_number("DJ", 2026) == "DJ-2026-000002"
        lost = next_pk(Person)
        raise RuntimeError
    assert next_number("DJ", 2026) == "DJ-2026-000002"
    assert next_pk(Person) > lost  # the negative control: a PostgreSQL sequence leaves a gap


def test_numbers_taken_at_the_same_time_are_different_and_leave_no_gap(committed: str) -> None:
    given: list[str] = []

    def take() -> None:
        try:
            for _ in range(10):
                with transaction.atomic():
                    given.append(next_number("DJ", 2026))
        finally:
            connection.close()

    takers = [threading.Thread(target=take) for _ in range(3)]
    for one in takers:
        one.start()
    for one in takers:
        one.join()
    assert sorted(given) == [f"DJ-2026-{number:06}" for number in range(1, 31)]
