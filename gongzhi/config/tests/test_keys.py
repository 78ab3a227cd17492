"""Keys of personal fields: killed in the middle of a rotation, a dump without the key, values that were moved."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection

from gongzhi.accounts import actions as accounts
from gongzhi.accounts.models import Person
from gongzhi.config import env, keys
from gongzhi.core import crypto
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.orgs.models import Organization
from gongzhi.privacy import actions as privacy
from gongzhi.registry.actions import raise_objection
from tests.plugin import cluster
from tests.world import actor_of

MAKER = Actor.system("accounts.test", permissions=frozenset({"accounts.create"}))
PLANTED = 500
#: Characters for invented names; together rare enough that a find is a leak.
SYLLABLES = "囍龘靐齉爨灪麤鱻犇骉"


@pytest.fixture
def ring(fresh_database: str, tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A key file of this test's own, with one version."""
    file = tmp_path / "keys.json"
    data = {"django": "x" * 50, "encryption": {"1": secrets.token_hex(32)}, "blind_index": secrets.token_hex(32)}
    file.write_text(json.dumps(data))
    file.chmod(0o600)
    with contextlib.ExitStack() as stack:
        before = os.environ.get("GONGZHI_KEYS_FILE")
        os.environ["GONGZHI_KEYS_FILE"] = str(file)
        stack.callback(
            lambda: (
                os.environ.pop("GONGZHI_KEYS_FILE")
                if before is None
                else os.environ.__setitem__("GONGZHI_KEYS_FILE", before)
            )
        )
        settings.KEYS = env.keys(tmp_path)
        with acting(Actor.system("tests")):  # what the world was built with has another key
            Person.objects.update(name_sealed=b"", phone_sealed=b"")
        yield file


def plant(count: int) -> dict[int, str]:
    """So many people with a sealed name; pk → name."""
    made = {}
    with acting(MAKER):
        for number in range(count):
            from gongzhi.core.ids import next_pk

            pk = next_pk(Person)
            name = f"示例{number}"
            Person.objects.create(
                pk=pk, name_masked="示××", name_sealed=crypto.seal(name, where="accounts_person.name_sealed", pk=pk)
            )
            made[pk] = name
    return made


def readable(people: dict[int, str]) -> bool:
    with acting(MAKER):
        rows = Person.objects.in_bulk(list(people))
        return all(
            crypto.unseal(rows[pk].name_sealed, where="accounts_person.name_sealed", pk=pk) == name
            for pk, name in people.items()
        )


def rotating(name: str, file: Path) -> subprocess.Popen[str]:
    """`gongzhi keys rotate` as a process of its own, in small batches."""
    code = "from gongzhi.config import keys; keys.rotate.__kwdefaults__['batch'] = 20\n"
    code += "import sys; from gongzhi.config.cli import main; sys.exit(main(['--var', sys.argv[1], 'keys', 'rotate']))"
    # Django has to be set up before the module's imports.
    code = "from gongzhi.config.cli import start_django; start_django()\n" + code
    return subprocess.Popen(
        [sys.executable, "-u", "-c", code, str(file.parent)],
        env={**os.environ, "DATABASE_URL": cluster.url(name=name), "GONGZHI_KEYS_FILE": str(file)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextlib.contextmanager
def stuck_at(name: str, pk: int) -> Iterator[Any]:
    """Somebody holds one row, so that whoever comes to it waits there. Yields what waits until the process does."""
    with psycopg.connect(cluster.url("postgres", name)) as holder:
        holder.execute("SELECT FROM accounts_person WHERE id = %s FOR UPDATE", [pk])

        def until_it_waits(process: subprocess.Popen[str]) -> None:
            with psycopg.connect(cluster.url("postgres", name), autocommit=True) as watcher:
                while process.poll() is None:
                    question = "SELECT FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
                    if watcher.execute(question, [name]).rowcount:
                        return
                    time.sleep(0.05)
            raise AssertionError(process.communicate())

        yield until_it_waits


@pytest.mark.stack
def test_a_rotation_killed_several_times_loses_nothing_and_ends_with_the_old_key_removed(
    fresh_database: str, ring: Path, settings: Any
) -> None:
    people = plant(200)
    assert keys.add(ring) == 2
    settings.KEYS = env.keys(ring.parent)
    assert readable(people)
    order = sorted(people)
    for kill in range(4):
        with stuck_at(fresh_database, order[(kill + 1) * 40 + 10]) as waits:
            process = rotating(fresh_database, ring)
            waits(process)
            process.send_signal(signal.SIGKILL)  # in the middle of a batch
            process.communicate()
        assert readable(people)
        held = keys.counts()
        assert held[2] >= (kill + 1) * 40
        assert held[1] >= len(people) - (kill + 1) * 40 - 20
        with pytest.raises(env.BadSetting, match="rotate"):
            keys.remove(ring, 1)
    process = rotating(fresh_database, ring)
    said, complaints = process.communicate(timeout=120)
    assert (process.returncode, complaints) == (0, ""), complaints
    assert "0 cannot be opened" in said
    assert set(keys.counts()) == {2}
    keys.remove(ring, 1)
    settings.KEYS = env.keys(ring.parent)
    assert set(settings.KEYS.encryption) == {2}
    assert readable(people)
    assert ring.stat().st_mode & 0o077 == 0


def test_the_newest_key_and_one_that_is_not_there_are_not_removed(ring: Path) -> None:
    with pytest.raises(env.BadSetting, match="add another"):
        keys.remove(ring, 1)
    with pytest.raises(env.BadSetting, match="no version"):
        keys.remove(ring, 7)


def test_a_value_that_cannot_be_opened_is_left_and_counted(ring: Path, settings: Any, capsys: Any) -> None:
    people = plant(3)
    first, second = sorted(people)[:2]
    with acting(MAKER), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_person p SET name_sealed = o.name_sealed FROM accounts_person o"
            " WHERE (p.id, o.id) IN ((%s, %s), (%s, %s))",
            [first, second, second, first],
        )
    keys.add(ring)
    settings.KEYS = env.keys(ring.parent)
    assert keys.run("rotate", var=ring.parent, version=0) == 1
    assert "2 values" in capsys.readouterr().err
    assert keys.counts() == {1: 2, 2: 1}
    assert keys.run("status", var=ring.parent, version=0) == 0
    assert "version 1: 2 values" in capsys.readouterr().out


def test_every_sealed_column_is_known_and_may_be_sealed_anew() -> None:
    known = {one.where for one in keys.sealed_columns()}
    assert {"accounts_person.name_sealed", "vault_subject_key.dek_sealed", "files_upload.name_sealed"} <= known


@pytest.mark.django_db
def test_the_application_may_write_every_sealed_column() -> None:
    with connection.cursor() as cursor:
        for one in keys.sealed_columns():
            cursor.execute("SELECT has_column_privilege('gz_app', %s, %s, 'UPDATE')", [one.table, one.column])
            assert cursor.fetchone() == (True,), one.where


# --- a dump without the key ---


def dump(name: str) -> dict[str, str]:
    """Table → everything in it as text, as a dump shows it, read by the superuser whom no wall stops."""
    found = {}
    with psycopg.connect(cluster.url("postgres", name)) as connected:
        tables = connected.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind = 'r'"
        ).fetchall()
        for (table,) in tables:
            with connected.cursor() as cursor, cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                found[table] = b"".join(bytes(part) for part in copy).decode()
    return found


def traces(tables: dict[str, str], words: list[str]) -> dict[str, int]:
    """Table → how many of the words stand in it: as text, or as bytes in hexadecimal digits."""
    return {
        table: count
        for table, text in tables.items()
        if (count := sum(word in text or word.encode().hex() in text for word in words))
    }


def test_a_dump_without_the_key_shows_none_of_500_planted_identities(fresh_database: str, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    names, phones, mails = [], [], []
    with acting(MAKER):
        for number in range(PLANTED):
            digits = [int(one) for one in f"{number:03d}"]
            name = "".join(SYLLABLES[one] for one in digits) + SYLLABLES[9]
            phone, mail = f"139{57000000 + number * 13:08d}", f"planted{number:03d}@dump.example"
            person = accounts.create_account(
                actor=MAKER, name=name, password="correct horse battery", email=mail, phone=phone
            ).person
            if number % 50 == 0:
                person.path = "44/4403/"
                person.save(update_fields=["path"])
            names.append(name)
            phones.append(phone)
            mails.append(mail)
    body = Organization.objects.first()
    assert body is not None
    with acting(Actor.visitor()) as visitor:
        raise_objection(actor=visitor, organization=body, says="示例", evidence="示例", contact=phones[7])
    with acting(actor_of("rita")) as rita:
        privacy.ask_about_own(actor=rita, kind="correct", field="phone_sealed", says=phones[8])
    with acting(actor_of("dana")) as dana:
        export = privacy.ask_export(actor=dana, purpose="contact.notice", reason="示例：停电通知")
    with acting(Actor.system("privacy.test")) as process:
        privacy.make_export(actor=process, export=export)
    tables = dump(fresh_database)
    assert len(tables) > 30
    assert traces(tables, names) == {}
    assert traces(tables, phones) == {}
    # The one declared exception, and the control that the search finds what is there.
    assert traces(tables, mails) == {"accounts_account": PLANTED}
    assert django_settings.KEYS.encryption
