"""An S3-compatible store in place of the folder: the same protocol, spoken by a server of the test's own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.http import HttpRequest
from django.utils import timezone
from moto.server import ThreadedMotoServer

from gongzhi.config import env
from gongzhi.core.door import acting
from gongzhi.core.errors import RuleViolation
from gongzhi.files import actions, published, store
from gongzhi.files.enums import Purpose
from gongzhi.files.models import Upload
from gongzhi.files.tests import samples as make
from gongzhi.files.tests.test_actions import PROCESS, close, hand_in
from gongzhi.files.tests.test_pieces import CONTENT, finish, send_all
from tests.world import actor_of


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the store of this module listens."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["", "gongzhi/files"], ids=["whole bucket", "folder of a bucket"])
def bucket(request: pytest.FixtureRequest, address: str, settings: Any, tmp_path: Path) -> Iterator[Any]:
    """The bucket the platform keeps its files in."""
    options = {
        "bucket_name": f"files-{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:12]}",
        "endpoint_url": address,
        "region_name": "us-east-1",
        "access_key": "key",
        "secret_key": "secret",
        "addressing_style": "path",
    }
    if request.param:
        options["location"] = request.param
    client = boto3.resource(
        "s3", endpoint_url=address, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret"
    )
    found = client.create_bucket(Bucket=options["bucket_name"])
    settings.OBJECT_STORE = options
    settings.UPLOADS = tmp_path / "uploads"
    yield found
    store._store.cache_clear()


def keys(bucket: Any) -> list[str]:
    return sorted(one.key for one in bucket.objects.all())


def forget_copies() -> None:
    for path in (store.root() / "fetched").glob("*"):
        path.unlink()


@pytest.mark.django_db
def test_a_file_lies_in_the_store_and_comes_back_from_it(bucket: Any, settings: Any) -> None:
    rita = actor_of("rita")
    upload = hand_in(rita)
    folder = settings.OBJECT_STORE.get("location", "")
    assert keys(bucket) == [f"{folder}/{upload.key}".strip("/")]
    assert upload.stored_name not in str([path for path in store.root().rglob("*") if path.parent.name != "fetched"])
    for _ in range(2):  # from the copy of this machine, then from the store itself
        with acting(rita):
            response = actions.send(upload, actor=rita)
            assert hashlib.sha256(response.getvalue()).digest() == bytes(upload.sha256)
            close(response)
        forget_copies()
    bucket.Object(keys(bucket)[0]).delete()
    with acting(rita), pytest.raises(RuleViolation) as caught:
        actions.send(upload, actor=rita)
    assert caught.value.code == "files.lost"


@pytest.mark.django_db
def test_pieces_and_the_whole_go_through_the_store(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from gongzhi.files.actions import pieces

    monkeypatch.setattr(pieces, "PIECE", 1000)
    rita = actor_of("rita")
    transfer = send_all(rita)
    assert len(keys(bucket)) == 3
    forget_copies()
    upload = finish(rita, transfer)
    forget_copies()
    assert upload.place.read_bytes() == CONTENT


@pytest.mark.usefixtures("fresh_database")
def test_a_sweep_removes_what_no_row_refers_to(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rita = actor_of("rita")
    kept, lost = hand_in(rita), hand_in(rita)
    with acting(rita):
        Upload.objects.filter(pk=lost.pk).delete()
    with acting(PROCESS) as actor:
        assert actions.sweep(actor=actor) == 0  # it is young: its transaction may be open
        monkeypatch.setattr("gongzhi.files.store.time.time", (timezone.now() + timedelta(days=8)).timestamp)
        assert actions.sweep(actor=actor) == 1
    assert [key.rpartition("/")[2] for key in keys(bucket)] == [kept.stored_name]


def test_published_files_lie_in_the_store_too(bucket: Any) -> None:
    file = published.workshop() / "a"
    file.write_bytes(b"register")
    name, size = published.publish(file)
    assert (name, size) == (hashlib.sha256(b"register").hexdigest(), 8)
    assert keys(bucket)[0].endswith(f"published/{name[:2]}/{name}")
    forget_copies()
    request = HttpRequest()
    request.method = "GET"
    response: Any = published.send_published(request, name, shown="a.csv", content_type="text/csv")
    assert response.getvalue() == b"register"
    close(response)
    assert published.unneeded(set(), older_than_s=-10) == [name]
    assert published.unneeded({name}, older_than_s=-10) == []
    published.withdraw([name])
    assert keys(bucket) == []


@pytest.mark.django_db
def test_a_store_that_is_away_is_told_and_nothing_is_recorded(bucket: Any, settings: Any) -> None:
    rita = actor_of("rita")
    upload = hand_in(rita)
    forget_copies()
    assert store.unavailable() == ""
    settings.OBJECT_STORE = {**settings.OBJECT_STORE, "bucket_name": "nowhere"}
    assert store.unavailable() != ""
    with pytest.raises(RuleViolation) as caught:
        hand_in(rita)
    assert caught.value.code == "files.not_stored"
    assert Upload.objects.count() == 1
    with acting(rita), pytest.raises(RuleViolation):
        actions.send(upload, actor=rita)


def test_fetched_copies_take_no_more_than_their_share(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "FETCHED_MOST_BYTES", 2500)
    for number in range(4):
        file = store.workplace() / str(number)
        file.write_bytes(bytes(1000))
        store.put(file, f"pieces/x/{number}")
    assert len(list((store.root() / "fetched").glob("*"))) == 2
    assert store.at("pieces/x/0").read_bytes() == bytes(1000)


def test_the_store_is_named_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.object_store() == {}
    monkeypatch.setenv("GONGZHI_S3_BUCKET", "files")
    with pytest.raises(env.BadSetting, match="GONGZHI_S3_KEY_ID"):
        env.object_store()
    monkeypatch.setenv("GONGZHI_S3_KEY_ID", "key")
    monkeypatch.setenv("GONGZHI_S3_SECRET", "secret")
    monkeypatch.setenv("GONGZHI_S3_ENDPOINT", "https://store.example.org")
    assert env.object_store() == {
        "bucket_name": "files", "access_key": "key", "secret_key": "secret", "endpoint_url": "https://store.example.org",
    }  # fmt: skip
    monkeypatch.setenv("GONGZHI_S3_ADDRESSING", "sideways")
    with pytest.raises(env.BadSetting, match="ADDRESSING"):
        env.object_store()


@pytest.mark.django_db
def test_a_recording_is_kept_without_its_tags() -> None:
    with_tag = make.mp3(before=make.id3(b"GPS"))
    upload = hand_in(actor_of("dana"), with_tag, name="防汛通知.mp3", purpose=Purpose.RECORDING)
    assert upload.place.read_bytes() == make.mp3()
