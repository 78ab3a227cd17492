"""The house's rules, held by machine. Each has a control that shows the check can fail."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from django.apps import apps
from django.db import connection, models
from django.http import HttpResponseBase, StreamingHttpResponse
from django.test import Client
from django.urls import get_resolver

import gongzhi
from gongzhi.orgs.roles import ROLES
from tests.access import TABLE, Access
from tests.test_access import signed_in

ROOT = Path(gongzhi.__file__).resolve().parent
PYPROJECT = tomllib.loads((ROOT.parent / "pyproject.toml").read_text(encoding="utf-8"))


def floors() -> dict[str, int]:
    """App → floor, 0 at the bottom, as the import contract in pyproject.toml has it."""
    contract = next(one for one in PYPROJECT["tool"]["importlinter"]["contracts"] if one["id"] == "floors")
    layers = [[name.strip() for name in layer.split("|")] for layer in contract["layers"]]
    return {name: number for number, layer in enumerate(reversed(layers)) for name in layer}


def our_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("gongzhi.")]


def our_modules(name: str) -> Iterator[tuple[str, ModuleType]]:
    """(app, module) for every app's module of this name, packages' parts included."""
    for app in sorted(path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()):
        if (ROOT / app / f"{name}.py").exists() or (ROOT / app / name / "__init__.py").exists():
            module = importlib.import_module(f"gongzhi.{app}.{name}")
            yield app, module
            for part in pkgutil.iter_modules(getattr(module, "__path__", [])):
                yield app, importlib.import_module(f"gongzhi.{app}.{name}.{part.name}")


# --- arrows ---


def upward_foreign_keys(edges: list[tuple[str, str]], floor: dict[str, int]) -> list[tuple[str, str]]:
    """Foreign keys that point at an app on the same or a higher floor."""
    return [(source, target) for source, target in edges if source != target and floor[target] >= floor[source]]


def test_every_foreign_key_points_down() -> None:
    edges = [
        (model._meta.app_label, field.related_model._meta.app_label)
        for model in our_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and isinstance(field.related_model, type)
    ]
    assert edges
    assert not upward_foreign_keys(edges, floors())
    assert upward_foreign_keys([("accounts", "orgs")], floors()) == [("accounts", "orgs")]


def test_every_app_stands_on_a_floor() -> None:
    on_disk = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}
    assert on_disk == set(floors())


# --- actions ---

#: Functions with an actor that change nothing.
READS = {"files.send"}


def actions() -> dict[str, tuple[ModuleType, object]]:
    """`app.verb_object` → its module and function, for every public function with an actor in an app's actions."""
    found = {}
    for app, module in our_modules("actions"):
        for name, function in vars(module).items():
            own = inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_")
            if own and "actor" in inspect.signature(function).parameters and f"{app}.{name}" not in READS:
                found[f"{app}.{name}"] = (module, function)
    return found


def unsealed(found: dict[str, tuple[ModuleType, object]]) -> list[str]:
    """Actions whose module's `SEALS` names neither an entry type nor the reason for none."""
    return [
        name
        for name, (module, _function) in found.items()
        if not str(getattr(module, "SEALS", {}).get(name.partition(".")[2], "")).strip()
    ]


def test_every_action_says_what_it_seals_or_why_not() -> None:
    found = {name: one for name, one in actions().items() if not name.startswith("audit.")}
    assert len(found) > 10
    assert not unsealed(found)
    module = ModuleType("careless")
    assert unsealed({"careless.delete_everything": (module, print)}) == ["careless.delete_everything"]


def test_actions_take_keywords_only_and_say_what_they_mean() -> None:
    for name, (_module, function) in actions().items():
        if name.startswith("audit."):
            continue  # it writes down actions and is none
        parameters = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
        assert all(one.kind is inspect.Parameter.KEYWORD_ONLY for one in parameters), name
        assert (function.__doc__ or "").strip(), name


def test_every_model_says_what_one_row_is() -> None:
    for model in our_models():
        assert model.__doc__, model
        assert not model.__doc__.startswith(f"{model.__name__}("), f"{model} has no docstring of its own"


# --- words in the sources ---

FORBIDDEN = {
    r"\bdef save\(": "nothing happens in save()",
    r"post_save|pre_save|post_delete|pre_delete|m2m_changed": "no signals",
    r"django\.contrib\.admin": "there is no Django admin",
    r"\.extra\(|RawSQL\(": "raw SQL belongs into a named statement",
    r"\bfloat\([^)]*(fen|yuan|amount)": "money is never a float",
}


def broken_words(text: str) -> list[str]:
    return [reason for pattern, reason in FORBIDDEN.items() if re.search(pattern, text)]


def test_the_sources_hold_to_the_rules() -> None:
    for path in ROOT.rglob("*.py"):
        if "migrations" not in path.parts and "tests" not in path.parts:
            assert not broken_words(path.read_text(encoding="utf-8")), path
    assert broken_words("def save(self): ...")


def test_no_module_has_a_name_that_says_nothing() -> None:
    names = {path.stem for path in ROOT.rglob("*.py")}
    assert not names & {"utils", "helpers", "common", "misc", "tools"}


# --- permissions ---


def permission_codes() -> set[str]:
    """Every permission code an app declares: upper-case constants `app.verb` in its enums."""
    return {
        value
        for app, module in our_modules("enums")
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str) and re.fullmatch(rf"{app}\.[a-z_]+", value)
    }


#: Codes no person holds: they belong to the platform's own processes.
PROCESS_ONLY = {"orgs.write_register", "orgs.index", "reference.load", "rulebook.load"}


def test_roles_hold_codes_that_exist_and_every_code_is_held() -> None:
    held = {code for role in ROLES.values() for code in role.permissions}
    assert held - permission_codes() == set()
    assert permission_codes() - held - PROCESS_ONLY == set()
    assert all(str(role.purpose) for role in ROLES.values())


# --- personal data ---

SUSPICIOUS = re.compile(r"(^|_)(email|phone|mobile|birth|id_number|address|sealed|contact|handle)|^name_masked$")
#: Fields that look personal and are not, each with its reason.
NOT_PERSONAL = {
    "cases.case.query_code_sha256": "a hash of a random code",
    "cases.casetype.sha256": "a hash of a published text",
    "cases.submission.sha256": "a hash of what was handed in, whose personal answers are sealed under keys of their own",
    "core.idempotencykey.body_sha256": "a hash of a client's request",
    "files.upload.sha256": "a hash of the file's bytes",
    "files.transfer.sha256": "a hash of the file's bytes, forgotten with the transfer",
    "files.piece.sha256": "a hash of the piece's bytes",
}


def undeclared(model: type[models.Model]) -> list[str]:
    """Fields that look personal and stand neither in `personal_fields` nor in `public_by_law`."""
    declared = set(getattr(model, "personal_fields", {})) | set(getattr(model, "public_by_law", {}))
    masks = {name.replace("_sealed", "_masked") for name in declared}
    found = []
    for field in model._meta.get_fields():
        name = getattr(field, "attname", "")
        looks = isinstance(field, models.EmailField | models.BinaryField) or SUSPICIOUS.search(name)
        if name and looks and name not in declared | masks:
            found.append(f"{model._meta.label_lower}.{name}")
    return found


def test_every_personal_field_is_declared_with_its_retention() -> None:
    found = {name for model in our_models() if model._meta.app_label != "tlog" for name in undeclared(model)}
    assert found - set(NOT_PERSONAL) == set()

    class Careless(models.Model):
        phone = models.CharField(max_length=20)

        class Meta:
            app_label = "core"
            managed = False

        def __str__(self) -> str:
            return ""

    del apps.all_models["core"]["careless"]
    assert undeclared(Careless) == ["core.careless.phone"]


@pytest.mark.django_db
def test_append_only_tables_refuse_by_privilege_or_trigger() -> None:
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
            WHERE t.tgname LIKE '%append_only' AND NOT t.tgisinternal AND c.relispartition = false
        """)
        tables = {row[0] for row in cursor.fetchall()}
    assert {"audit_event", "audit_look", "orgs_mark", "registry_version", "registry_source"} <= tables


# --- headers ---


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "row"), TABLE.items(), ids=[":".join(key) for key in TABLE])
def test_every_address_sends_the_headers(client: Client, name: tuple[str, str], row: Access) -> None:
    signed_in(client, "dana")
    ask = client.post if row.method == "post" else client.get
    response = ask(row.build(), row.body, secure=True)
    headers = response.headers
    policy = headers["Content-Security-Policy"]
    for part in (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ):
        assert part in policy
    assert "unsafe" not in policy
    page = content_of(response)
    loads_writers = b"/htmx" in page or b"accessible-autocomplete" in page
    assert ("require-trusted-types-for" in policy) is not loads_writers
    assert headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains; preload"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    for cookie in response.cookies.values():
        if cookie.key.startswith("__Host-"):
            assert cookie["secure"]
            assert cookie["path"] == "/"
            assert cookie["samesite"]


def content_of(response: HttpResponseBase) -> bytes:
    """What an answer holds; a file is read to its end and closed by that."""
    parts = response.streaming_content if isinstance(response, StreamingHttpResponse) else [response.content]  # type: ignore[attr-defined]
    return b"".join(parts)  # type: ignore[arg-type]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "row"),
    [(k, r) for k, r in TABLE.items() if r.method == "get"],
    ids=[k[0] for k, r in TABLE.items() if r.method == "get"],
)
def test_no_page_holds_inline_script_or_style(client: Client, name: tuple[str, str], row: Access) -> None:
    signed_in(client, "dana")
    page = content_of(client.get(row.build(), secure=True)).decode(errors="replace")
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", page)
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=\"", page)


# --- language ---

HAN = re.compile(r"[\u3400-\u9fff]")


def test_every_named_route_is_reachable() -> None:
    assert get_resolver().url_patterns
