"""No form takes more than it asks for.

Every view that takes a POST is sent what it expects, and then the same with every column name of every table beside it:
in the body, and once more in the address. What changed in the whole database must be the same. Two honest requests show
which cells differ by themselves (numbers, keys, random names); in these no hostile value may stand either.
"""

from __future__ import annotations

import copy
import importlib
import json
import pkgutil
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django import forms
from django.apps import apps
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, models, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client, RequestFactory

import gongzhi
from gongzhi.accounts.actions import codes
from gongzhi.accounts.models import OneTimeCode, SignIn
from gongzhi.core.actor import Actor
from gongzhi.core.door import acting
from gongzhi.core.times import today
from gongzhi.orgs.models import Membership
from tests import access
from tests.access import CHARACTERS, LIKE, TABLE, Access
from tests.test_access import routes, signed_in
from tests.world import GUANGDONG, LIST, PASSWORD, SHENZHEN, account_of, actor_of

NEW_PASSWORD = "two boats on a quiet lake"
MARK = "hostile"
MARK_DAY = "2001-02-03"
MARK_NUMBER = 424_242

#: Names an attacker would try that are no column of ours, or that a program takes for something special.
WORDS = (
    "is_superuser", "is_staff", "is_active", "is_admin", "admin", "staff", "superuser", "groups", "user_permissions",
    "permissions", "permission", "role", "roles", "scope", "reach", "owner", "owner_id", "org", "org_id",
    "organization", "agency", "agency_id", "division", "path", "state", "status", "verified", "is_verified", "level",
    "person", "person_id", "account", "account_id", "user", "user_id", "actor", "actor_id", "id", "pk", "public_id",
    "created_by", "approved_by", "approved_at", "decided_by", "_state", "__class__", "_meta", "save", "delete",
    "request_id", "process", "gz.process", "gz.person", "gz.org", "gz.path", "second_factor", "began", "proved_at",
    "_auth_user_id", "_auth_user_backend", "acting_for",
)  # fmt: skip


def our_forms() -> set[type[forms.BaseForm]]:
    """Every form class of the project's own modules."""
    for module in pkgutil.walk_packages(gongzhi.__path__, "gongzhi."):
        if ".tests" not in module.name and ".migrations" not in module.name:
            importlib.import_module(module.name)
    found: set[type[forms.BaseForm]] = set()
    waiting = [forms.BaseForm]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.__module__.startswith("gongzhi.") and ".tests" not in kind.__module__:
                found.add(kind)
    return found


def open_forms(kinds: set[type[forms.BaseForm]]) -> list[str]:
    """Forms that take their fields from a model as a whole: `__all__`, or all but some."""
    found = []
    for kind in kinds:
        if issubclass(kind, forms.BaseModelForm):
            meta: Any = kind._meta
            if meta is None or meta.exclude or not isinstance(meta.fields, list | tuple):
                found.append(kind.__name__)
    return found


#: Kind of column → something it would take. The first that fits.
VALUES: tuple[tuple[type[models.Field[Any, Any]], str], ...] = (
    (models.BooleanField, "on"),
    (models.IntegerField, str(MARK_NUMBER)),
    (models.DecimalField, str(MARK_NUMBER)),
    (models.DateTimeField, f"{MARK_DAY}T00:00:00Z"),
    (models.DateField, MARK_DAY),
    (models.JSONField, json.dumps({MARK: True})),
    (models.EmailField, f"{MARK}@evil.example"),
)


def hostile_value(column: models.Field[Any, Any]) -> str:
    """Something this column would take: another row's key, the last of its choices, or a mark of its kind."""
    if isinstance(column, models.ForeignKey):
        other = column.related_model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
        return str(other if other is not None else MARK_NUMBER)
    if column.choices:
        return str(list(column.flatchoices)[-1][0])
    return next((value for kind, value in VALUES if isinstance(column, kind)), MARK)


def hostile_names() -> dict[str, str]:
    """Every field and column name of every table, and the words, each with a value that would do harm."""
    found = {word: "1" if word.startswith(("is_", "_")) else MARK for word in WORDS}
    with acting(Actor.system("tests")):
        for model in apps.get_models():
            for column in model._meta.concrete_fields:
                found[column.name] = found[column.attname] = hostile_value(column)
                found[f"{column.name}_id"] = found[column.name]
    return found


# --- what a request changed ---

#: What moves by itself and holds nothing of a form: the queue's own tables of events and workers.
LEFT_OUT = ("procrastinate_events", "procrastinate_workers", "procrastinate_periodic_defers", "django_migrations")
Rows = dict[str, dict[str, dict[str, Any]]]


def snapshot() -> Rows:
    """Every row of every table that is not huge: table → key → column → value."""
    with acting(Actor.system("tests")), connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE nspname = 'public' AND relkind IN ('r', 'p') AND NOT relispartition"
            " AND has_table_privilege(c.oid, 'SELECT') ORDER BY relname"
        )
        names = [name for (name,) in cursor.fetchall() if name not in LEFT_OUT]
        small = [name for name in names if name not in _large()]
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}', to_jsonb(t) FROM {name} t" for name in small))
        found: Rows = defaultdict(dict)
        for name, row in cursor.fetchall():
            values = json.loads(row) if isinstance(row, str) else row
            found[name][_key(name, values)] = values
        for name in sorted(set(names) - set(small)):
            cursor.execute(f"SELECT count(*), coalesce(sum(hashtext(t::text)), 0) FROM {name} t")
            found[name]["all"] = {"all": [int(one) for one in cursor.fetchone()]}
    return found


def _large() -> set[str]:
    """Tables of reference data, which are compared as a whole."""
    return {model._meta.db_table for model in apps.get_app_config("reference").get_models()}


def _key(table: str, values: dict[str, Any]) -> str:
    return json.dumps(values.get("id", values), sort_keys=True, default=str)


@dataclass
class Outcome:
    """What came of one request: its status, and the rows it made, changed and removed."""

    status: int
    changes: list[tuple[str, str, dict[str, Any]]]
    names: set[str] = field(default_factory=set)


def plain(value: Any) -> Any:
    """A value without what is only the moment: times near now are one and the same, sealed bytes count by length."""
    if isinstance(value, str):
        if value.startswith("\\x"):
            return f"{(len(value) - 2) // 2} bytes" if len(value) > 66 else value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return value
        if moment.tzinfo is not None and abs(datetime.now(UTC) - moment) < timedelta(hours=1):
            return "now"
    return value


def difference(before: Rows, after: Rows) -> list[tuple[str, str, dict[str, Any]]]:
    """(table, new | changed | gone, its row) in the order the rows were made."""
    found = []
    for table in sorted(set(before) | set(after)):
        old, new = before.get(table, {}), after.get(table, {})
        made = [new[key] for key in new if key not in old]
        made.sort(key=lambda row: (0, row["id"], "") if isinstance(row.get("id"), int) else (1, 0, repr(row)))
        found += [(table, "new", row) for row in made]
        found += [(table, "changed", {"was": key, **new[key]}) for key in new if key in old and old[key] != new[key]]
        found += [(table, "gone", {"was": key}) for key in old if key not in new]
    return [
        (table, what, {name: plain(value) for name, value in row.items() if name != "id" or what != "new"})
        for table, what, row in found
    ]


def _any_minute(value: Any) -> str:
    """The value with the minute it was written in made the same: three requests may lie on both sides of a full minute."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return re.sub(rf"(?!{MARK_DAY})\b\d{{4}}-\d\d-\d\d/\d\d:\d\d\b", "<minute>", text)


def harm(honest: list[Outcome], hostile: Outcome) -> list[str]:
    """What the hostile request did that the honest ones did not."""
    first, second = honest
    if hostile.status != first.status:
        return [f"status {hostile.status} instead of {first.status}"]
    shape = [(table, what) for table, what, _row in first.changes]
    if shape != [(table, what) for table, what, _row in hostile.changes]:
        return [f"other rows: {[(table, what) for table, what, _row in hostile.changes]} instead of {shape}"]
    found = []
    for (table, what, row), (_t, _w, again), (_t2, _w2, bad) in zip(
        first.changes, second.changes, hostile.changes, strict=True
    ):
        for name in row:
            by_itself = row[name] != again.get(name)
            text = json.dumps(bad.get(name), ensure_ascii=False, default=str)
            marked = MARK in text or MARK_DAY in text or str(MARK_NUMBER) in text
            if (not by_itself and _any_minute(row[name]) != _any_minute(bad.get(name))) or (by_itself and marked):
                found.append(f"{table}.{name} ({what}): {bad.get(name)!r} instead of {row[name]!r}")
    return found


# --- the requests ---

Make = Callable[[], Any]


@dataclass(frozen=True)
class Case:
    """One request that means something: by whom, where to, with what."""

    who: str
    address: Callable[[], str]
    #: The body; a function if it needs the world. A file is a pair of name and bytes.
    body: dict[str, Any] | Callable[[], Any] = field(default_factory=dict)
    #: Something done with the client first: a step before this one.
    before: Callable[[Client], None] | None = None
    #: Names beside the form's fields that this view reads on purpose, with what for.
    reads: tuple[str, ...] = ()
    as_json: bool = False


def day(name: str, years: int = 0, days: int = 0) -> dict[str, str]:
    """Three boxes of a date."""
    on = today() + timedelta(days=days)
    return {f"{name}-year": str(on.year + years), f"{name}-month": str(on.month), f"{name}-day": str(on.day)}


def code_sent() -> str:
    """What the worker sends for the newest code; the digits."""
    with acting(Actor.system("accounts.send_code", permissions=frozenset())) as sender:
        codes.send_code(actor=sender, code_id=OneTimeCode.objects.latest("pk").pk)
    found = re.search(r"\b\d{6}\b", str(mail.outbox[-1].body))
    assert found
    return found[0]


def asked_code(address: str, login: str) -> Callable[[Client], None]:
    """A step: ask for a code."""
    return lambda client: _done(client.post(address, {"login": login}, secure=True))


def _done(response: Any) -> None:
    assert response.status_code < 400, response.content.decode()[:2000]


def a_saved_search() -> str:
    """The public name of a search Rita keeps."""
    from gongzhi.orgs.actions import save_search
    from gongzhi.orgs.search.asking import Asked

    with acting(actor_of("rita")) as rita:
        return save_search(actor=rita, name="示例", asked=Asked(query="助老")).public_id


def a_letter() -> int:
    """A message to Rita that she has not read."""
    from gongzhi.notify.actions import notify
    from gongzhi.notify.models import Message
    from gongzhi.orgs.notifications import SAVED_SEARCH_ANSWERED

    rita = account_of("rita").person_id
    with acting(Actor.system("orgs.look_again")) as clock:
        notify(actor=clock, person_id=rita, kind=SAVED_SEARCH_ANSWERED.code, params={"count": 1}, key="tests:1")
    with acting(actor_of("rita")) as reader:
        return int(Message.objects.visible_to(reader).latest("pk").pk)


SESSION = "/my/security/sessions/end/"


def other_session(client: Client) -> None:
    """Rita signs in on another machine."""
    _done(Client().post("/accounts/sign-in/", {"login": "rita@world.example", "password": PASSWORD}, secure=True))


#: What a search is asked by, in the address or in the form of the button that asks for its files.
SEARCH = ("q", "kind", "standing", "level", "place", "field", "mark", "since_from", "since_to", "sort")
CORRECTION = {"item": "domicile", "value": "示例路 9 号", "reason": "证书所载"}
RECORD = f"/workbench/orgs/{SHENZHEN}/record"

#: (address name, method) → a request that is let through and changes rows.
CASES: dict[tuple[str, str], Case] = {
    ("accounts:sign_in", "post"): Case(
        "visitor", access.at("/accounts/sign-in/"), {"login": "rita@world.example", "password": PASSWORD}
    ),
    ("accounts:sign_in_code", "post"): Case(
        "visitor", access.at("/accounts/sign-in/code/"), {"login": "rita@world.example"}
    ),
    ("accounts:sign_in_code_enter", "post"): Case(
        "visitor",
        access.at("/accounts/sign-in/code/enter/"),
        lambda: {"code": code_sent()},
        asked_code("/accounts/sign-in/code/", "rita@world.example"),
    ),
    ("accounts:sign_up", "post"): Case("visitor", access.at("/accounts/sign-up/"), {"login": "new@world.example"}),
    ("accounts:sign_up_finish", "post"): Case(
        "visitor",
        access.at("/accounts/sign-up/finish/"),
        lambda: {"code": code_sent(), "name": "王××", "password": NEW_PASSWORD},
        asked_code("/accounts/sign-up/", "new@world.example"),
    ),
    ("accounts:recover", "post"): Case("visitor", access.at("/accounts/recover/"), {"login": "rita@world.example"}),
    ("accounts:recover_finish", "post"): Case(
        "visitor",
        access.at("/accounts/recover/finish/"),
        lambda: {"code": code_sent(), "password": NEW_PASSWORD},
        asked_code("/accounts/recover/", "rita@world.example"),
    ),
    ("accounts:sign_out", "post"): Case("rita", access.at("/accounts/sign-out/")),
    ("accounts:password", "post"): Case(
        "rita", access.at("/my/security/password/"), {"old": PASSWORD, "new": NEW_PASSWORD}
    ),
    ("accounts:contact", "post"): Case("rita", access.at("/my/security/contact/"), {"login": "other@world.example"}),
    ("accounts:contact_confirm", "post"): Case(
        "rita",
        access.at("/my/security/contact/confirm/"),
        lambda: {"code": code_sent()},
        asked_code("/my/security/contact/", "other@world.example"),
    ),
    ("accounts:session_end", "post"): Case(
        "rita",
        access.at(SESSION),
        lambda: {"session": SignIn.objects.latest("pk").public_id},
        other_session,
    ),
    ("accounts:recovery_list", "post"): Case(
        "sena",
        access.at("/workbench/account-recovery/"),
        {"login": "rita@world.example", "contact": "new@world.example", "because": "示例"},
    ),
    ("accounts:sessions_end", "post"): Case(
        "sena", access.at("/workbench/account-sessions/"), {"login": "rita@world.example"}, other_session
    ),
    ("accounts:recovery_detail", "post"): Case("sena", access.a_recovery, {"do": "stop"}),
    ("accounts:recovery_stop_own", "post"): Case("rita", TABLE["accounts:recovery_stop_own", "post"].build),
    ("portal:client_list", "post"): Case(
        "adam",
        access.at("/workbench/api-clients/"),
        {"name": "示例程序", "purpose": "示例", "contact": "13800000000"},
    ),
    ("portal:client_detail", "post"): Case("adam", access.a_client, {"do": "renew"}),
    ("portal:download_ask", "post"): Case("visitor", access.at("/data/downloads/"), reads=SEARCH),
    ("portal:saved_searches", "post"): Case("rita", access.at("/my/searches/?q=x"), {"name": "示例"}, reads=SEARCH),
    ("portal:forget_search", "post"): Case("rita", lambda: f"/my/searches/{a_saved_search()}/remove/"),
    ("portal:messages", "post"): Case("rita", access.at("/my/messages/"), lambda: {"message": a_letter()}),
    ("portal:notices_choose", "post"): Case("rita", access.at("/my/notices/"), {"begins": "20:00", "ends": "07:00"}),
    ("portal:member_detail", "post"): Case(
        "alice", lambda: f"/desk/members/{access.a_member()}/", {"role": "org_administrator"}
    ),
    ("portal:member_end", "post"): Case("alice", TABLE["portal:member_end", "post"].build),
    ("portal:member_leave", "post"): Case(
        "alice",
        access.at("/desk/leave/"),
        lambda: {"successor": Membership.objects.get(person_id=account_of("bob").person_id, ended_at=None).pk},
    ),
    ("portal:invitation_list", "post"): Case(
        "alice", access.at("/desk/invitations/"), {"address": "victor@world.example", "role": "org_reader"}
    ),
    ("portal:invitation_withdraw", "post"): Case("alice", TABLE["portal:invitation_withdraw", "post"].build),
    ("portal:invitation", "post"): Case("victor", access.an_invitation),
    ("portal:owner_admit", "post"): Case(
        "dana",
        access.at(f"/workbench/orgs/{SHENZHEN}/owner/"),
        {"login": "victor@world.example", "basis": "letter"},
    ),
    ("portal:objection_raise", "post"): Case(
        "visitor", access.at(f"/orgs/{GUANGDONG}/objection/"), {"item": "domicile", "says": "8 号", "evidence": "证书"}
    ),
    ("portal:objection_answer", "post"): Case(
        "dana",
        lambda: f"/workbench/objections/{access.an_objection()}/",
        {"outcome": "decline", "value": "", "answer": "证书所载无误"},
    ),
    ("portal:record", "post"): Case(
        "dana", access.at(f"{RECORD}/officer/"), {"name": "钱××", "post": "chair", "reason": "决定"}
    ),
    ("portal:record_end", "post"): Case(
        "dana", lambda: f"{RECORD}/officer/{access.an_officer()}/end/", {**day("until"), "reason": "决定"}
    ),
    ("portal:correct", "post"): Case("dana", access.at(f"/workbench/orgs/{SHENZHEN}/correct/"), CORRECTION),
    ("portal:code_blocks", "post"): Case(
        "dana", access.at("/workbench/codes/"), {"stem": "MJ", "first": "900000", "last": "900009"}
    ),
    ("portal:doubt_settle", "post"): Case(
        "dana",
        lambda: f"/workbench/doubts/{access.a_doubt()}/",
        {"outcome": "use", "item": "fund_fen", "value": "5.00 万元", "reason": "证书所载"},
    ),
    ("portal:doubt_units", "post"): Case(
        "dana", lambda: f"/workbench/doubts/{access.a_doubt()}/column/", {"unit": "万元", "reason": "名录说明"}
    ),
    ("portal:intake_apply", "post"): Case("dana", lambda: f"{access.an_intake()}apply/"),
    ("portal:intake_problem", "post"): Case("dana", access.a_problem, {"choice": "unit:万元"}),
    ("cases:rate", "post"): Case(
        "rita",
        lambda: f"/cases/{access.a_closed_case()}/rate/",
        {"grade": "4", "trips": "1", "trip_reasons": "collect", "words": "很快"},
    ),
    ("cases:rating_answer", "post"): Case(
        "dana", lambda: f"/workbench/ratings/{access.a_bad_rating()}/", {"words": "已经改正"}
    ),
    ("cases:withdraw", "post"): Case(
        "rita", lambda: f"/cases/{access.a_case()}/withdraw/", {"reason": "不办了"}, reads=("reason",)
    ),
    ("cases:talk", "post"): Case(
        "rita",
        lambda: f"/cases/{access.a_case()}/talk/",
        {"text": "示例", "about": "group.name"},
        reads=("text", "about"),
    ),
    ("cases:link", "post"): Case("rita", access.a_case_to_link, access.a_case_number),
    ("cases:asked_one", "post"): Case("dana", access.a_case_question, {"text": "示例"}, reads=("text",)),
    ("cases:act", "post"): Case(
        "dana",
        lambda: f"/workbench/cases/{access.a_case('handed in')}/return/",
        {"fault:group.name": "名称不全", "reason": ""},
        reads=("reason",),
    ),
    ("portal:extract", "post"): Case("visitor", access.at(f"/orgs/{SHENZHEN}/extract/")),
    ("portal:verify", "post"): Case(
        "visitor", access.at("/verify/"), {"number": "", "file": ("x.pdf", b"%PDF-1.7 none")}
    ),
    ("portal:revoke", "post"): Case(
        "dana",
        lambda: access.an_extract("revoke/", "/workbench/certificates/"),
        {"reason": "登记事项有误"},
    ),
    ("cases:document_receive", "post"): Case("rita", lambda: f"{access.a_document()}receive/"),
    ("cases:office_document", "post"): Case(
        "dana",
        lambda: access.a_document("/workbench/cases/"),
        {"how": "in_person", **day("on"), "by": "李××", "note": "窗口"},
    ),
    ("cases:page", "post"): Case(
        "rita",
        lambda: f"/cases/{access.a_case()}/form/group/",
        {"shown": "name", "name": "示例舞蹈队", "base": "0", "do": "later"},
        reads=("name", "nonce"),
    ),
    ("portal:act_for", "post"): Case("dana", access.at("/acting/"), {"agency": ""}, reads=("org",)),
    ("rulebook:parameter_amend", "post"): Case(
        "adam",
        access.at("/workbench/parameters/licence.correction_days/"),
        {
            "path": "",
            "value": "7",
            **day("valid_from"),
            "article": "示例第一条",
            "source": "示例",
            "evidence": "V",
            "reason": "示例",
        },
    ),
    ("portal:setting_detail", "post"): Case(
        "adam",
        access.at("/workbench/settings/site.help_line/"),
        lambda: {"value": "0755-12345", **day("valid_from"), "reason": "示例"},
        reads=("at",),
    ),
    ("portal:house_setting", "post"): Case(
        "alice",
        access.at("/desk/settings/desk.greeting/"),
        lambda: {"value": "请走东门", **day("valid_from"), "reason": "示例"},
    ),
    ("privacy:own_data", "post"): Case("rita", access.at("/my/data/"), {"step": "ask", "kind": "restrict"}),
    ("privacy:own_take_back", "post"): Case("rita", TABLE["privacy:own_take_back", "post"].build),
    ("privacy:request_decide", "post"): Case(
        "adam",
        lambda: f"/workbench/data-requests/{access.a_request()}/",
        {"outcome": "grant", "ground": "", "answer": "已限制使用"},
    ),
    ("privacy:holds", "post"): Case(
        "dana", access.at("/workbench/holds/"), {"matter": "示例 1 号", "reason": "示例", **day("until", days=20)}
    ),
    ("privacy:person", "post"): Case(
        "dana", lambda: f"/workbench/people/{access.a_resident()}/", {"purpose": "contact.matter"}
    ),
    ("privacy:exports", "post"): Case(
        "dana", access.at("/workbench/people/export/"), {"purpose": "contact.matter", "reason": "示例：停电通知"}
    ),
    ("privacy:emergency", "post"): Case(
        "edith",
        access.at("/workbench/people/emergency/"),
        lambda: {"number": access.a_resident(), "reason": "示例：走失老人"},
    ),
    ("privacy:access_review", "post"): Case(
        "sena", access.an_emergency, {"outcome": "yes", "review": "示例：符合规定"}
    ),
    ("privacy:ask_why", "post"): Case("rita", access.a_look),
    ("privacy:question_answer", "post"): Case("dana", access.a_question, {"answer": "为核对其本人申请"}),
    ("privacy:counter", "post"): Case(
        "dana", access.at("/workbench/counter/looked/"), lambda: {"number": access.a_resident(), "present": "on"}
    ),
    ("ui:settings", "post"): Case("rita", access.at("/ui/settings/"), {"toggle": "elder"}),
    ("files:begin", "post"): Case(
        "rita",
        access.at("/files/sending/"),
        {"name": "a.pdf", "size": 9, "sha256": "00" * 32, "purpose": "own"},
        as_json=True,
    ),
    ("files:mine", "post"): Case("rita", access.at("/my/files/"), {"file": ("说明.txt", b"text")}),
    ("portal:intake_upload", "post"): Case(
        "dana", access.at("/workbench/import/"), {"file": ("名录.tsv", LIST.encode()), **day("dated_on")}
    ),
    ("files:remove", "post"): Case("rita", TABLE["files:remove", "post"].build),
    ("files:give_up", "post"): Case("rita", TABLE["files:give_up", "post"].build),
    ("loudspeaker:broadcast_new", "post"): Case(
        "dana",
        access.at("/workbench/broadcasts/new/"),
        lambda: {
            "title": "防汛",
            "place": "440300",
            "text": "今晚有雨。",
            **day("first_on"),
            **day("last_on"),
            "times": "12:00",
        },
    ),
    ("loudspeaker:broadcast_change", "post"): Case(
        "dana",
        lambda: f"/workbench/broadcasts/{access.a_broadcast()}/change/",
        lambda: {
            "title": "防风",
            "place": "440300",
            "text": "今晚有风。",
            **day("first_on"),
            **day("last_on"),
            "times": "12:00",
        },
    ),
    ("loudspeaker:broadcast_detail", "post"): Case(
        "dana", lambda: f"/workbench/broadcasts/{access.a_broadcast()}/", {"step": "ask"}
    ),
    ("loudspeaker:point_list", "post"): Case(
        "dana", access.at("/workbench/playing-points/"), {"name": "村口", "place": "440300"}
    ),
    ("loudspeaker:point_end", "post"): Case("dana", TABLE["loudspeaker:point_end", "post"].build),
}


def plainest(row: Access) -> Case:
    """The row of the access table as a request, by the character who gets furthest."""
    order = {200: 0, 302: 1, 422: 2}
    names = [name for name in (*CHARACTERS, *LIKE) if name != "visitor"]
    who = min(names, key=lambda name: order.get(row.status_of(name), row.status_of(name)))
    if row.status_of("visitor") == 422:
        who = "visitor"  # what only who is signed out may fill in
    return Case(who, row.build, dict(row.body))


#: Every view with a POST: the request that means something, else the one of the access table.
ALL = {
    **{key: plainest(row) for key, row in TABLE.items() if row.method == "post"},
    ("accounts:second_step", "post"): Case("visitor", access.at("/accounts/sign-in/second/")),
    ("accounts:factor_needed", "post"): Case("dana", access.at("/my/security/needed/")),
    ("accounts:identity_connect", "post"): Case("rita", access.at("/accounts/identity/connect/")),
    **CASES,
}


def fields_of(form: forms.BaseForm) -> set[str]:
    """What a form declares, as it is called in a body."""
    return {form.add_prefix(name) for name in form.fields}


def asked_for(name: str, declared: set[str]) -> bool:
    """Whether a name belongs to a declared question: itself, or one of its boxes."""
    return name in declared or any(name.startswith(f"{one}-") for one in declared)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names all forms declared that were given a body."""
    names: set[str] = set()
    clean = forms.BaseForm.full_clean

    def noting(form: forms.BaseForm) -> None:
        if form.is_bound:
            names.update(fields_of(form))
        clean(form)

    monkeypatch.setattr(forms.BaseForm, "full_clean", noting)
    return names


def run(client: Client, address: str, body: dict[str, Any], before: Rows, *, as_json: bool) -> Outcome:
    """One request and what it changed, undone afterwards."""
    other = Client()
    other.cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        if as_json:
            response = other.post(address, json.dumps(body), content_type="application/json", secure=True)
        else:
            files = {name: SimpleUploadedFile(*one) for name, one in body.items() if isinstance(one, tuple)}
            response = other.post(address, {**body, **files}, secure=True)
        if response.streaming:
            b"".join(response)
        outcome = Outcome(response.status_code, difference(before, snapshot()))
        transaction.set_rollback(True)
    return outcome


@pytest.mark.django_db
@pytest.mark.parametrize(("key", "case"), ALL.items(), ids=[key[0] for key in ALL])
def test_a_form_given_every_column_changes_what_it_changes_without(
    client: Client, key: tuple[str, str], case: Case, seen: set[str]
) -> None:
    signed_in(client, case.who)
    if case.before is not None:
        case.before(client)
    address = case.address()
    body = case.body() if callable(case.body) else dict(case.body)
    before = snapshot()
    honest = [run(client, address, body, before, as_json=case.as_json) for _time in range(2)]
    if key in CASES:
        assert honest[0].status < 400
        assert honest[0].changes, "nothing changed: this request shows nothing"
    declared = set(seen)
    rest = {
        name: value
        for name, value in hostile_names().items()
        if name not in body and name not in case.reads and not asked_for(name, declared)
    }
    assert len(rest) > 150
    assert not harm(honest, run(client, address, {**rest, **body}, before, as_json=case.as_json))
    joined = "&" if "?" in address else "?"
    for part in in_parts(rest):
        assert not harm(honest, run(client, address + joined + urlencode(part), body, before, as_json=case.as_json))


def in_parts(names: dict[str, str]) -> Iterator[dict[str, str]]:
    """As many at a time as an address may hold."""
    pairs = list(names.items())
    for at in range(0, len(pairs), 150):
        yield dict(pairs[at : at + 150])


def test_what_is_tried_covers_every_view_that_takes_a_post() -> None:
    """At least 25 change rows; and each view with a POST is in the table, by name."""
    assert len(CASES) >= 25
    assert {name for name, _method in ALL} <= set(routes())


@pytest.mark.django_db
def test_every_route_that_takes_a_post_is_tried(client: Client) -> None:
    """A route answers 405 to a POST, or stands in the table above."""
    signed_in(client, "adam")
    missing = []
    for name, method in TABLE:
        if method == "get" and (name, "post") not in ALL:
            with transaction.atomic():  # what one row builds may stand in the way of another's
                response = client.post(TABLE[name, method].build(), secure=True)
                transaction.set_rollback(True)
            if response.status_code not in {405, 404}:
                missing.append((name, response.status_code))
    assert not missing


def test_every_form_names_its_fields_one_by_one() -> None:
    kinds = our_forms()
    assert len(kinds) > 30
    assert not open_forms(kinds)


def test_operations_of_the_api_take_no_body_or_refuse_what_they_do_not_know() -> None:
    from gongzhi.api.v1 import api

    described = api.get_openapi_schema(path_prefix="/api/v1/")
    assert described["paths"]
    assert not careless_bodies(described)
    anything = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}
    assert careless_bodies({"paths": {"/x": {"post": anything}}}) == ["post /x"]
    closed = {"type": "object", "additionalProperties": False}
    strict = {"requestBody": {"content": {"application/json": {"schema": closed}}}}
    assert careless_bodies({"paths": {"/x": {"post": strict}}}) == []


def careless_bodies(described: dict[str, Any]) -> list[str]:
    """Operations with a body whose schema lets further properties through."""
    found = []
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                schema = content["schema"]
                if "$ref" in schema:
                    schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
                if schema.get("additionalProperties") is not False:
                    found.append(f"{method} {path}")
    return found


# --- the controls ---


class OpenForm(forms.ModelForm):  # type: ignore[type-arg]
    """What must never be: a form of a whole table."""

    class Meta:
        model = SignIn
        fields = "__all__"  # noqa: DJ007  # the control


class AllButOneForm(forms.ModelForm):  # type: ignore[type-arg]
    """What must never be: a form of a table but for one column."""

    class Meta:
        model = SignIn
        exclude = ("account",)  # noqa: DJ006  # the control


class ClosedForm(forms.ModelForm):  # type: ignore[type-arg]
    """What may be: the columns are named."""

    class Meta:
        model = SignIn
        fields = ("device",)


def test_a_form_of_a_whole_table_is_noticed() -> None:
    assert sorted(open_forms({OpenForm, AllButOneForm, ClosedForm})) == ["AllButOneForm", "OpenForm"]


def careless(request: HttpRequest) -> HttpResponse:
    """A view that sets whatever column the body names."""
    account = account_of("rita")
    for name, value in request.POST.items():
        if name in {one.name for one in account._meta.concrete_fields} - {"id", "person", "password", "last_login"}:
            setattr(account, name, value == "on" if name.startswith("is_") else value)
    account.display = request.POST.get("display", "")
    account.save()
    return JsonResponse({})


def tried(view: Callable[[HttpRequest], HttpResponse], body: dict[str, str], before: Rows) -> Outcome:
    """A view called beside every address, and what it changed."""
    with transaction.atomic():
        response = view(RequestFactory().post("/", body))
        outcome = Outcome(response.status_code, difference(before, snapshot()))
        transaction.set_rollback(True)
    return outcome


@pytest.mark.django_db
def test_a_view_that_takes_whatever_it_is_given_is_noticed() -> None:
    """The control: the same comparison, with a view that is open."""
    before = snapshot()
    honest = [tried(careless, {"display": "elder"}, before) for _time in range(2)]
    assert honest[0].changes
    assert not harm(honest, tried(careless, {"display": "elder"}, before))
    found = harm(honest, tried(careless, {"display": "elder", "name_masked": MARK}, before))
    assert [one.split()[0] for one in found] == ["accounts_account.name_masked"]


@pytest.mark.django_db
def test_the_rows_of_walled_tables_are_seen_by_the_comparison() -> None:
    """The control: what the second wall hides from ordinary scopes is part of the snapshot."""
    found = snapshot()
    assert {"accounts_person", "accounts_account", "orgs_membership", "audit_event"} <= set(found)
    assert len(found["accounts_person"]) >= 9


def every_name() -> Iterator[str]:
    """All names that are posted."""
    yield from hostile_names()


@pytest.mark.django_db
def test_the_names_cover_people_roles_and_states() -> None:
    assert {"is_superuser", "permissions", "role", "owner", "org", "agency", "path", "state", "verified"} <= set(
        every_name()
    )
