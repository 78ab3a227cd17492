"""Which pages are looked at: by `shots.py` with a camera, by `axe.py` with accessibility rules. And the one browser.

Both drive a server with Debian's Chromium: the one named by `BASE`, the one that answers on `PORT`, or one they start
themselves. A page for staff is opened in the role that may see it, by the demonstration's account of that role; the
registrar's pages also as `LOGIN` with `PASSWORD`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

CHROMIUM: Final = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=zh-CN",
]
#: Language code → what stands before every path.
LANGUAGES: Final = {"zh": "", "en": "/en"}
#: Mode → what the display cookie says.
MODES: Final = {"light": "light", "dark": "dark", "elder": "light-elder"}


#: Where pictures and reports go.
VAR: Final = Path(os.environ.get("VAR") or "var").resolve()


@dataclass(frozen=True, slots=True)
class Place:
    """A page to look at. `follow` is a link on `path` whose target is meant, where the address is not known before;
    `then` is what follows that page's address; `role` is whose account opens a page for staff."""

    name: str
    path: str
    staff: bool = False
    follow: str = ""
    status: int = 200
    then: str = ""
    role: str = "registrar"


PLACES: Final = (
    Place("home", "/"),
    Place("search", "/orgs/"),
    Place("search_word", "/orgs/?q=%E5%8A%A9%E8%80%81"),
    Place("search_empty", "/orgs/?q=%E6%9F%A5%E6%97%A0%E6%AD%A4%E5%90%8D"),
    Place("filter", "/orgs/filter/?q=%E5%8A%A9%E8%80%81"),
    Place("compare", "/orgs/compare/?code=52999900MJ0000018H&code=53999903MJ0000253R"),
    Place("compare_none", "/orgs/compare/?code=NOBODY"),
    Place("names", "/names/"),
    Place(
        "names_taken",
        "/names/?kind=foundation&place=999900&name=%E7%A4%BA%E4%BE%8B%E5%B8%82%C3%97%C3%97%E7%8E%AF%E4%BF%9D%E5%9F%BA%E9%87%91%E4%BC%9A",
    ),
    Place("organization", "/orgs/", follow=".res h3 a"),
    Place("data", "/data/"),
    Place("sign_in", "/accounts/sign-in/"),
    Place("sign_in_code", "/accounts/sign-in/code/"),
    Place("sign_in_passkey", "/accounts/sign-in/passkey/"),
    Place("sign_up", "/accounts/sign-up/"),
    Place("recover", "/accounts/recover/"),
    Place("security", "/my/security/", staff=True),
    Place("factor_needed", "/my/security/needed/", staff=True),
    Place("authenticator", "/my/security/authenticator/", staff=True),
    Place("passkey_add", "/my/security/passkey/", staff=True),
    Place("contact", "/my/security/contact/", staff=True),
    Place("password", "/my/security/password/", staff=True),
    Place("settings", "/ui/settings/"),
    Place("gallery", "/ui/"),
    Place("not_found", "/no-such-page/", status=404),
    Place("workbench", "/workbench/", staff=True),
    Place("messages", "/my/messages/", staff=True),
    Place("parameters", "/workbench/parameters/", staff=True),
    # The demonstration is always the same, so one of its bodies can be named.
    Place("correct", "/workbench/orgs/51999901MJ00009740/correct/", staff=True),
    Place("past_day", "/orgs/51999901MJ00009740/?on=2021-01-01"),
    Place("parameter", "/workbench/parameters/licence.correction_days/", staff=True),
    Place("import", "/workbench/", staff=True, follow=".wt td a"),
    Place("objection_raise", "/orgs/", follow=".res h3 a", then="objection/"),
    Place("objections", "/workbench/objections/", staff=True),
    Place("objection_answer", "/workbench/objections/", staff=True, follow=".wt td a"),
    Place("broadcasts", "/workbench/broadcasts/", staff=True),
    Place("broadcast", "/workbench/broadcasts/", staff=True, follow=".wt tr:last-child td a"),
    Place("broadcast_new", "/workbench/broadcasts/new/", staff=True),
    Place("playing_points", "/workbench/playing-points/", staff=True),
    Place("my_files", "/my/files/", staff=True),
    Place("doubts", "/workbench/doubts/", staff=True),
    Place("doubt_units", "/workbench/doubts/", staff=True, follow=".wt td a"),
    Place("people", "/workbench/people/", staff=True),
    Place("people_lists", "/workbench/people/export/", staff=True),
    Place("emergency", "/workbench/people/emergency/", staff=True),
    Place("holds", "/workbench/holds/", staff=True),
    Place("questions", "/workbench/questions/", staff=True),
    Place("counter", "/workbench/counter/looked/", staff=True),
    Place("sign_in_card", "/accounts/card/"),
    Place("identities", "/workbench/identity/", staff=True),
    Place("counter_people", "/workbench/counter/people/", staff=True),
    Place("errands", "/workbench/counter/errands/", staff=True),
    Place("claims", "/workbench/claims/", staff=True),
    Place("claim_letter", "/orgs/51999901MJ00009740/in-charge/letter/"),
    Place("own_records", "/workbench/orgs/51999901MJ00009740/house/", staff=True),
    Place("own_records_open", "/workbench/orgs/51999901MJ00009740/house/open/", staff=True),
    Place("cover", "/workbench/cover/", staff=True),
    Place("verify", "/verify/"),
    Place("extract", "/orgs/", follow=".res h3 a", then="extract/"),
    Place("services", "/services/"),
    Place("service", "/services/community-group-filing/"),
    Place("cases", "/workbench/cases/", staff=True),
    Place("case_review", "/workbench/cases/", staff=True, follow=".wt td a"),
    Place("case_beside", "/workbench/cases/?who=mine", staff=True, follow=".wt a.beside"),
    Place("case_figures", "/workbench/case-list/figures/", staff=True),
    Place("case_asked", "/workbench/asked/", staff=True),
    Place("case_answer", "/workbench/asked/", staff=True, follow=".wt td a"),
    Place("case_talk", "/cases/", staff=True, follow=".wt td a", then="talk/?about=group.name", role="resident"),
    Place("case_check", "/cases/", staff=True, follow=".wt td a", then="check/", role="resident"),
    Place("waiting", "/workbench/waiting/", staff=True),
    Place("case_form", "/cases/", staff=True, follow=".wt td a", then="form/people/", role="resident"),
    Place("layers", "/workbench/settings/", staff=True),
    Place("layers_wrong", "/workbench/settings/?at=%E6%97%A0%E6%AD%A4%E5%9C%B0", staff=True, status=422),
    Place("layer", "/workbench/settings/site.welcome/", staff=True),
    Place("layer_locked", "/workbench/settings/notice.letter/", staff=True),
    Place("place", "/place/"),
    Place("agencies", "/workbench/agencies/", staff=True, role="security_administrator"),
    Place("agency", "/workbench/agencies/", staff=True, follow=".wt td a", role="security_administrator"),
    Place("end_sessions", "/workbench/account-sessions/", staff=True, role="security_administrator"),
    Place("audit_trail", "/workbench/audit/", staff=True, role="audit_administrator"),
    Place("service_group", "/services/social-group-establishment/"),
    Place("can_we", "/services/social-group-establishment/can-we/?c1=no&c2=yes"),
    Place("decided", "/services/decided/"),
    Place("results", "/services/results/"),
    Place("codes", "/workbench/codes/", staff=True),
    Place("ratings", "/workbench/ratings/", staff=True),
)


@contextmanager
def platform(arguments: list[str]) -> Iterator[str]:
    """The server to look at: the first argument, else BASE, else one that answers on PORT, else one started for this.

    Staff pages are opened with LOGIN and PASSWORD, or with the demonstration officer of the data folder.
    """
    named = arguments[0] if arguments and "://" in arguments[0] else os.environ.get("BASE", "")
    if named:
        if "VAR" in os.environ:  # its data folder is named too: the accounts in it are this server's
            _use_demo_account()
        yield named.rstrip("/")
        return
    server = f"http://localhost:{os.environ.get('PORT') or 8000}"
    process = None if _answers(server) else _start()
    try:
        while process is not None and not _answers(server):
            if process.poll() is not None:
                raise SystemExit("the platform did not start; the reason stands above")
            time.sleep(0.2)
        _use_demo_account()
        yield server
    finally:
        if process is not None:
            process.terminate()
            process.wait(60)


def _answers(server: str) -> bool:
    try:
        with urllib.request.urlopen(f"{server}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _start() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "gongzhi.config.cli", "--var", str(VAR), "demo"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


#: Role → how an account of it signs in.
ACCOUNTS: Final[dict[str, tuple[str, str]]] = {}


def _use_demo_account() -> None:
    file = VAR / "demo-accounts.json"
    if not file.exists():
        return
    for one in json.loads(file.read_text(encoding="utf-8")):
        ACCOUNTS.setdefault(one["role"], (one["email"], one["password"]))


def places() -> list[Place]:
    """The pages that can be opened with the accounts there are: in order, so that each role signs in once."""
    if os.environ.get("LOGIN") and os.environ.get("PASSWORD"):
        ACCOUNTS["registrar"] = os.environ["LOGIN"], os.environ["PASSWORD"]
    left_out = [place.name for place in PLACES if place.staff and place.role not in ACCOUNTS]
    if left_out:
        print(f"left out, because no account of their role is known: {', '.join(left_out)}", file=sys.stderr)
    found = [place for place in PLACES if not place.staff or place.role in ACCOUNTS]
    return sorted(found, key=lambda place: place.staff and list(ACCOUNTS).index(place.role) + 1)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def visitor(browser: Browser, server: str, *, mode: str, width: int, height: int) -> BrowserContext:
    """A fresh browser profile in this mode and size."""
    context = browser.new_context(viewport=ViewportSize(width=width, height=height))
    context.add_cookies([{"name": "display", "value": MODES[mode], "url": server}])
    return context


def sign_in(context: BrowserContext, server: str, role: str = "registrar") -> None:
    """Sign this profile in through the page, as a person would, whoever it was before. Raises when the page refuses."""
    login, password = ACCOUNTS[role]
    for cookie in context.cookies():
        if cookie.get("name", "").endswith("sid"):
            context.clear_cookies(name=cookie.get("name", ""))
    page = context.new_page()
    page.goto(f"{server}/accounts/sign-in/")
    page.fill("[name=login]", login)
    page.fill("[name=password]", password)
    page.click("main form button[type=submit]")
    page.wait_for_load_state()
    if urlsplit(page.url).path.endswith("/sign-in/"):
        raise RuntimeError("signing in was refused")
    page.close()


def open_place(page: Page, server: str, place: Place, language: str) -> bool:
    """Go to the page; False when the link to follow is not there. Raises on an unexpected status."""
    answer = page.goto(f"{server}{LANGUAGES[language]}{place.path}")
    if answer is None or answer.status != place.status:
        raise RuntimeError(f"{place.name}: status {answer.status if answer else 'none'}, expected {place.status}")
    if place.follow:
        link = page.locator(place.follow).first
        if not link.count():
            return False
        link.click()
        page.wait_for_load_state()
    if place.then:
        page.goto(page.url + place.then)
    return True
