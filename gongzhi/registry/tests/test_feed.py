"""The changes feed: nothing is missed and nothing comes twice, whatever order writers commit in."""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections import Counter

import pytest
from django.db import connection, transaction
from django.test import Client

from gongzhi.core.clocks import amend
from gongzhi.core.door import acting
from gongzhi.core.paging import BadCursor
from gongzhi.core.times import today
from gongzhi.orgs.models import Organization
from gongzhi.registry import feed
from gongzhi.registry.actions import correct_item, record_mark
from gongzhi.registry.models import Certificate, Host, Lineage, Officer, Source, Version
from tests.plugin import point_django_at
from tests.world import GUANGDONG, SHENZHEN, actor_of

NOW = dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC)


def version(organization: Organization, source: Source, name: str, valid_from: dt.date) -> Version:
    return Version.objects.create(
        org=organization,
        valid_from=valid_from,
        known_from=NOW,
        standing="normal",
        name=name,
        source=source,
        event="list_changed",
    )


def read_all(where: feed.Position, size: int = 7) -> tuple[list[feed.Change], feed.Position]:
    """Everything behind a place, page by page."""
    found: list[feed.Change] = []
    while positions := feed.positions_after(where, size=size):
        found += feed.changes_at(positions)
        where = positions[-1]
    return found, where


@pytest.fixture
def beginning(fresh_database: str) -> feed.Position:
    """The end of the feed as the seeded world left it."""
    return read_all(feed.Position())[1]


def test_every_kind_of_fact_comes_in_the_order_of_its_transaction(beginning: feed.Position) -> None:
    organization = Organization.objects.get(credit_code=SHENZHEN)
    other = Organization.objects.get(credit_code=GUANGDONG)
    source = Source.objects.earliest("pk")
    about = {"known_from": NOW, "source": source}
    Officer.objects.create(org=organization, name="示例甲", post="director", **about)
    Host.objects.create(org=organization, name="示例街道", **about)
    Lineage.objects.create(from_org=other, to_org=organization, kind="merger", on_date=today(), **about)
    Certificate.objects.create(org=organization, valid_from=today(), **about)
    organization.branches.create(name="示例分支", kind="branch", **about)
    with acting(actor_of("dana")) as actor:
        correct_item(actor=actor, organization=organization, item="scope", value="新业务", reason="证书")
    with acting(actor_of("dana")) as actor:
        record_mark(actor=actor, organization=organization, mark="charity", held=True, on=today(), reason="决定")
    changes, _end = read_all(beginning, size=2)
    assert [one.kind for one in changes] == ["officer", "host", "lineage", "certificate", "branch", "items", "mark"]
    assert changes[6].values() == {"code": "charity", "value": "yes"}
    assert changes[6].source == Source.objects.latest("pk")
    assert changes[0].values() == {"name": "示例甲", "post": "director"}
    assert changes[2].values() == {"kind": "merger", "to": SHENZHEN}
    assert changes[2].organization == other
    assert changes[5].values()["scope"] == "新业务"


def test_what_is_believed_no_longer_comes_again_as_closed(beginning: feed.Position) -> None:
    organization = Organization.objects.get(credit_code=SHENZHEN)
    source = Source.objects.earliest("pk")
    officer = Officer.objects.create(org=organization, name="示例甲", post="director", known_from=NOW, source=source)
    first, where = read_all(beginning)
    Officer.objects.filter(pk=officer.pk).update(known_to=NOW)
    second, _end = read_all(where)
    assert [one.number for one in first] == [one.number for one in second] == [f"officer-{officer.pk}"]
    assert (first[0].fact.known_to, second[0].fact.known_to) == (None, NOW)
    # The control: the application itself can move nothing in the feed.
    with pytest.raises(Exception, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE registry_officer SET written = '1'::xid8")


def test_the_newest_first_reads_the_same_backwards(beginning: feed.Position) -> None:
    organization = Organization.objects.get(credit_code=SHENZHEN)
    source = Source.objects.earliest("pk")
    for number in range(5):
        Officer.objects.create(org=organization, name=f"示例{number}", post="director", known_from=NOW, source=source)
        Host.objects.create(org=organization, name=f"示例{number}", known_from=NOW, source=source)
    with transaction.atomic():  # several kinds in one transaction
        for number in range(5, 8):
            Host.objects.create(org=organization, name=f"示例{number}", known_from=NOW, source=source)
            Officer.objects.create(
                org=organization, name=f"示例{number}", post="director", known_from=NOW, source=source
            )
    forwards = [one.position for one in read_all(feed.Position(), size=3)[0]]
    backwards: list[feed.Position] = []
    where: feed.Position | None = feed.horizon()
    while where is not None:
        changes, where = feed.changes_before(where, size=3)
        backwards += [one.position for one in changes]
    assert backwards == forwards[::-1]
    assert len(set(forwards)) == len(forwards) > 16


def test_a_cursor_is_ours_or_refused(db: None) -> None:
    place = feed.Position(5, 2, 9)
    assert feed.Position.of(place.cursor()) == place
    assert feed.Position.of("") == feed.Position()
    for bad in ("x", place.cursor()[:-1], "WzEsMiwzXQ"):
        with pytest.raises(BadCursor):
            feed.Position.of(bad)


def test_a_cursor_of_another_cluster_is_refused(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    cursor = feed.Position(5, 2, 9).cursor()
    monkeypatch.setattr(feed, "cluster", lambda: "another")
    with pytest.raises(BadCursor):
        feed.Position.of(cursor)


def test_what_a_restored_dump_brings_is_shown_after_it_is_numbered_anew(beginning: feed.Position) -> None:
    """The control: before, nobody would see it until this cluster had counted as far as the other."""
    organization = Organization.objects.get(credit_code=SHENZHEN)
    source = Source.objects.earliest("pk")
    brought = Host.objects.create(org=organization, name="示例街道", known_from=NOW, source=source)
    name = connection.settings_dict["NAME"]
    point_django_at(name, "gz_owner")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE registry_host DISABLE TRIGGER USER")
        cursor.execute("UPDATE registry_host SET written = '99999999999'::xid8")
        cursor.execute("ALTER TABLE registry_host ENABLE TRIGGER USER")
    assert read_all(beginning)[0] == []
    assert feed.renumber() == 1
    assert feed.renumber() == 0
    point_django_at(name)
    assert [one.fact.pk for one in read_all(beginning)[0]] == [brought.pk]
    with pytest.raises(Exception, match=r"append-only|permission denied"):
        Host.objects.filter(pk=brought.pk).update(name="anders")


class Writers:
    """Some writers with connections of their own that commit late and in any order, and what they wrote."""

    def __init__(self, count: int, each: int) -> None:
        self.written: list[int] = []
        self.threads = [threading.Thread(target=self.write, args=[number, each]) for number in range(count)]
        self.organizations = list(Organization.objects.order_by("pk"))
        self.source = Source.objects.earliest("pk")

    def write(self, number: int, each: int) -> None:
        """Each transaction takes its numbers at once and keeps everybody waiting a while before it commits or not."""
        chance = random.Random(number)
        try:
            for turn in range(each):
                given_up = chance.random() < 0.15
                try:
                    with transaction.atomic():
                        made = version(
                            self.organizations[number % len(self.organizations)],
                            self.source,
                            f"示例{number}-{turn}",
                            dt.date(1900, 1, 1) + dt.timedelta(days=number * 1000 + turn),
                        )
                        threading.Event().wait(chance.random() * 0.02)
                        if given_up:
                            raise InterruptedError
                except InterruptedError:
                    continue
                self.written.append(made.pk)
        finally:
            connection.close()

    @property
    def busy(self) -> bool:
        return any(one.is_alive() for one in self.threads)


def test_a_reader_misses_nothing_and_sees_nothing_twice_while_many_write(beginning: feed.Position) -> None:
    """The control reads by the highest number, as one would: it misses what commits late."""
    writers = Writers(count=6, each=40)
    highest = Version.objects.latest("pk").pk
    careless: list[int] = []
    careful: list[int] = []
    where = beginning
    for one in writers.threads:
        one.start()
    while True:
        last_round = not writers.busy
        positions = feed.positions_after(where, size=5)
        careful += [one.fact.pk for one in feed.changes_at(positions)]
        where = positions[-1] if positions else where
        careless += list(Version.objects.filter(pk__gt=highest).order_by("pk").values_list("pk", flat=True))
        highest = max([highest, *careless[-1:]])
        if last_round and not positions:
            break
    for one in writers.threads:
        one.join()
    assert len(writers.written) > 100
    assert set(careful) == set(writers.written)
    assert max(Counter(careful).values()) == 1
    assert set(careless) < set(writers.written), "the control saw everything: the writers did not overlap"


def test_what_is_not_committed_is_not_shown_and_holds_back_what_is_younger(beginning: feed.Position) -> None:
    organization = Organization.objects.get(credit_code=SHENZHEN)
    source = Source.objects.earliest("pk")
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                version(organization, source, "慢", dt.date(1990, 1, 1))
                begun.set()
                go_on.wait(30)
        finally:
            connection.close()

    writer = threading.Thread(target=slow)
    writer.start()
    assert begun.wait(30)
    version(organization, source, "快", dt.date(1991, 1, 1))
    assert read_all(beginning)[0] == []
    before = feed.state_of_register()
    go_on.set()
    writer.join()
    assert [one.fact.name for one in read_all(beginning)[0]] == ["慢", "快"]
    assert feed.state_of_register() == before  # neither touched what search knows


def test_a_late_commit_changes_the_mark_of_the_search_too(fresh_database: str) -> None:
    """The control: the newest number alone stays what it was."""
    first, second = Organization.objects.order_by("pk")[:2]
    begun, go_on = threading.Event(), threading.Event()
    touch = "UPDATE orgs_search SET changed = pg_current_xact_id() WHERE org_id = %s"

    def newest() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT max(changed::text::bigint) FROM orgs_search")
            return str(cursor.fetchone()[0])

    def slow() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(touch, [first.pk])
                begun.set()
                go_on.wait(30)
        finally:
            connection.close()

    writer = threading.Thread(target=slow)
    writer.start()
    assert begun.wait(30)
    with connection.cursor() as cursor:
        cursor.execute(touch, [second.pk])
    before = feed.state_of_register(), newest()
    go_on.set()
    writer.join()
    assert feed.state_of_register() != before[0]
    assert newest() == before[1]


# --- the two doors ---


def test_the_api_tells_changes_by_cursor(beginning: feed.Position, client: Client) -> None:
    start = client.get("/api/v1/changes?start=now", secure=True).json()
    assert start["items"] == []
    organization = Organization.objects.get(credit_code=SHENZHEN)
    with acting(actor_of("dana")) as actor:
        correct_item(actor=actor, organization=organization, item="scope", value="新业务", reason="证书")
    first = client.get("/api/v1/changes", {"cursor": start["next"]}, secure=True)
    body = first.json()
    assert [one["organization"]["code"] for one in body["items"]] == [SHENZHEN]
    assert body["items"][0]["values"]["scope"] == "新业务"
    assert body["items"][0]["source"]["reason"] == "证书"
    again = client.get("/api/v1/changes", {"cursor": body["next"]}, secure=True).json()
    assert again["items"] == []
    assert feed.Position.of(again["next"]) == feed.Position.of(body["next"])
    etag = {"if-none-match": first["ETag"]}
    assert client.get("/api/v1/changes", {"cursor": start["next"]}, secure=True, headers=etag).status_code == 304
    with acting(actor_of("dana")) as actor:
        correct_item(actor=actor, organization=organization, item="area", value="深圳", reason="证书")
    assert client.get("/api/v1/changes", {"cursor": start["next"]}, secure=True, headers=etag).status_code == 200
    both = client.get("/api/v1/changes", {"cursor": start["next"], "start": "now"}, secure=True)
    assert (both.status_code, both.json()["code"]) == (422, "start_and_cursor")


def test_the_atom_feed_is_well_formed_and_its_pages_hold_every_entry_once(
    beginning: feed.Position, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xml.etree import ElementTree

    monkeypatch.setattr("gongzhi.portal.open_data.ENTRIES", 2)
    organization = Organization.objects.get(credit_code=SHENZHEN)
    source = Source.objects.earliest("pk")
    amended = {"source_id": source.pk, "source_row": None, "event": "renamed"}
    with acting(actor_of("dana")):
        amend(Version, owner={"org_id": organization.pk}, on=today(), changes={"name": '<改名> & "新"'}, about=amended)
    Officer.objects.create(org=organization, name="示例甲", post="director", known_from=NOW, source=source)
    space = {"a": "http://www.w3.org/2005/Atom"}
    ids: list[str] = []
    address = "/data/changes.atom"
    while address:
        response = client.get(address, secure=True)
        assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
        root = ElementTree.fromstring(response.content)
        assert root.findtext("a:updated", namespaces=space)
        ids += [one.findtext("a:id", "", space) for one in root.findall("a:entry", space)]
        onward = root.find("a:link[@rel='next']", space)
        address = onward.attrib["href"].partition("testserver")[2] if onward is not None else ""
    assert len(set(ids)) == len(ids) == len(read_all(feed.Position())[0])
    assert ":officer-" in ids[0]
    assert client.get("/data/changes.atom?cursor=x", secure=True).status_code == 404


def test_a_page_of_changes_costs_the_same_queries_for_few_and_many(
    beginning: feed.Position, client: Client, django_assert_num_queries: object
) -> None:
    from django.test.utils import CaptureQueriesContext

    organization = Organization.objects.get(credit_code=SHENZHEN)
    source = Source.objects.earliest("pk")

    given = beginning.cursor()  # asks once in a process which cluster this is

    def cost() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as queries:
            answer = client.get("/api/v1/changes", {"cursor": given}, secure=True).json()
        return len(answer["items"]), len(queries)

    for number in range(3):
        Host.objects.create(org=organization, name=f"示例{number}", known_from=NOW, source=source)
    few = cost()
    for number in range(3, 30):
        Host.objects.create(org=organization, name=f"示例{number}", known_from=NOW, source=source)
    many = cost()
    assert (few[0], many[0]) == (3, 30)
    assert few[1] == many[1]
