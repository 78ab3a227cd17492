"""Whether a form loses a word: random faults while somebody types, and what is there afterwards.

The platform runs as an operator runs it, in a data folder of its own. A typist fills in the form of a community group
in Debian's Chromium, character by character, personal answers included; in the middle of it a fault strikes. Then the
page is opened again and what stands there is compared with what was typed. The contract: whatever was typed more than
two seconds before is there. `late` is what is missing of the last two seconds, which the contract does not cover.

Where the page stays open through a fault (no network, server killed, database stopped, signed out), the typing goes on
meanwhile; the text is judged on a second device, once the page had time to reach the server again. `overwritten` counts
characters of a colleague that are neither kept nor offered to choose from. `no_script` is the same form without
JavaScript: everything up to the last button pressed.

`--control` keeps the form's script from being loaded: it must end not ok.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

import psutil
import psycopg
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from playwright.sync_api import Error as BrowserError

from bench.harness import Broken, Result, command, end, environment, family, folder, free_port, run, say, urls, wait_for
from gongzhi.config.database import Cluster

NAME = "lostwords"
#: Faults.
SIZE = 200
SEED = 20_260_701
#: Seconds after which whatever was typed has to be there.
SOON = 2.0
#: How long a page may need to reach the server again after a fault that left it open, in seconds.
RECOVERY = 20.0
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--lang=zh-CN"]
AIM = {"lost": "<= 0", "overwritten": "<= 0", "no_script_lost": "<= 0", "faults_per_size": ">= 1"}

#: The questions typed into: section, name, which characters. Those of people are personal.
HAN = "邻里互助邻居一起锻炼唱歌下棋读书看报助老帮困环境清洁楼道花草节日活动排练社区志愿服务"
QUESTIONS = [
    ("group", "name", HAN),
    ("group", "purpose", HAN),
    ("group", "scope", HAN),
    ("group", "domicile", HAN),
    ("people", "leader", "陈李王张刘杨赵黄周吴"),
    ("people", "leader_id", "0123456789"),
    ("people", "leader_phone", "0123456789"),
]
KINDS = ("tab_closed", "browser_killed", "offline", "signed_out", "server_killed", "database_stopped", "other_device", "colleague")  # fmt: skip


def alike(one: str, other: str) -> int:
    """How many characters two texts have in common from their beginning."""
    return sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


@dataclass
class Count:
    """Characters of one kind of fault; `due` were typed more than two seconds before."""

    faults: int = 0
    typed: int = 0
    due: int = 0
    restored: int = 0
    lost: int = 0
    late: int = 0
    overwritten: int = 0

    def judge(self, strokes: list[tuple[float, str]], moment: float, found: str) -> int:
        """Add one fault: the keystrokes with their times, when what was typed had to be there, and what is. What is lost."""
        text = "".join(character for _at, character in strokes)
        due = sum(at < moment - SOON for at, _character in strokes)
        there = alike(text, found)
        lost = max(0, due - there)
        self.faults += 1
        self.typed += len(text)
        self.due += due
        self.restored += there
        self.lost += lost
        self.late += len(text) - there - lost
        return lost


@dataclass
class Platform:
    """Database, web and worker of one data folder, each of which can be ended and started again."""

    var: Path
    cluster: Cluster
    port: int
    more: Mapping[str, str]
    web: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://localhost:{self.port}"

    def start_web(self) -> None:
        """Start the web server and wait until it answers."""
        with (self.var / "bench.log").open("ab") as log:
            self.web = subprocess.Popen(
                command(self.var, "serve", "--port", str(self.port)), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=environment(**self.more), start_new_session=True,
                cwd=Path(__file__).resolve().parent.parent,
            )  # fmt: skip
        wait_for(("127.0.0.1", self.port), "/accounts/sign-in/", process=self.web)

    def kill_web(self) -> None:
        """`kill -9` of the web server and its workers."""
        if self.web is not None:
            for process in family([self.web.pid]):
                with contextlib.suppress(psutil.Error):
                    process.kill()
            self.web.wait()

    def account(self, role: str) -> tuple[str, str]:
        """Login and password of the first account of a role."""
        accounts = json.loads((self.var / "demo-accounts.json").read_text(encoding="utf-8"))
        found = next(one for one in accounts if one["role"] == role)
        return found["email"], found["password"]

    def forget_tries(self) -> None:
        """Forget the sign-ins counted, of which a benchmark makes more than a person may."""
        with psycopg.connect(self.cluster.url(), autocommit=True) as connection:
            connection.execute("DELETE FROM core_throttle")


@contextlib.contextmanager
def platform() -> Iterator[Platform]:
    """The platform with its demonstration accounts, stopped at the end without a trace."""
    with folder() as var:
        cluster = Cluster(var)
        one = Platform(var, cluster, free_port(), {})
        try:
            cluster.start()
            # No worker runs here: health is asked of the web alone.
            one.more = {**urls(cluster), "GONGZHI_DEMO": "1", "VAR": str(var)}
            run(var, "prepare", more=one.more)
            one.start_web()
            yield one
        finally:
            if one.web is not None:
                end(one.web)


@dataclass
class Typist:
    """A person at a form, in a browser that can be killed, and a second browser that stays."""

    playwright: Playwright
    platform: Platform
    draw: random.Random
    control: bool
    second: Browser
    case: str = ""
    context: BrowserContext | None = None
    page: Page | None = None
    other: BrowserContext | None = None
    plain: BrowserContext | None = None
    reading: Page | None = None
    counts: dict[str, Count] = field(default_factory=dict)
    made: int = 0

    # --- browsers ---

    def open_browser(self) -> None:
        """The typist's own browser, with its profile on disk."""
        self.context = self.playwright.chromium.launch_persistent_context(
            str(self.profile), executable_path=CHROMIUM, args=FLAGS, locale="zh-CN"
        )
        self._prepare(self.context)

    def _prepare(self, context: BrowserContext) -> None:
        context.set_default_timeout(30_000)
        if self.control:
            context.route("**/cases/autosave*", lambda route: route.abort())

    @property
    def profile(self) -> Path:
        """Where the typist's browser keeps what it keeps."""
        return self.platform.var / "profile"

    def kill_browser(self) -> None:
        """`kill -9` of the typist's browser with everything below it."""
        for process in psutil.process_iter(["cmdline"]):
            if any(word == f"--user-data-dir={self.profile}" for word in process.info["cmdline"] or []):
                for one in family([process.pid]):
                    with contextlib.suppress(psutil.Error):
                        one.kill()
        if self.context is not None:
            with contextlib.suppress(BrowserError):
                self.context.close()
        for name in ("SingletonLock", "SingletonCookie", "SingletonSocket"):
            (self.profile / name).unlink(missing_ok=True)

    def device(self, *, script: bool = True) -> BrowserContext:
        """Another device of the same person, signed in."""
        context = self.second.new_context(locale="zh-CN", java_script_enabled=script)
        self._prepare(context)
        page = context.new_page()
        self.sign_in(page)
        page.close()
        return context

    def sign_in(self, page: Page) -> None:
        """Sign in through the page."""
        login, password = self.platform.account("resident")
        self.platform.forget_tries()
        page.goto(f"{self.platform.address}/accounts/sign-in/")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", password)
        page.locator("main button[type=submit]").first.click()
        page.wait_for_load_state()
        if "/sign-in/" in page.url:
            raise Broken("the typist was not let in")

    def begin(self) -> None:
        """Sign in and begin a case."""
        self.open_browser()
        page = self.tab()
        self.sign_in(page)
        page.goto(f"{self.platform.address}/services/community-group-filing/begin/")
        page.locator(".offices button").first.click()
        page.wait_for_url("**/cases/*/")
        self.case = page.url
        self.other = self.device()
        self.plain = self.device(script=False)

    def tab(self) -> Page:
        """A tab of the typist's browser, which becomes the one typed in."""
        assert self.context is not None
        self.page = self.context.new_page()
        return self.page

    def form(self, section: str) -> str:
        """The address of a page of the form."""
        return f"{self.case}form/{section}/"

    def open_form(self, section: str) -> Page:
        """Open a page of the form in a new tab, signing in again where the session went with the browser."""
        page = self.tab()
        page.goto(self.form(section))
        if "/sign-in/" in page.url:
            self.sign_in(page)
            page.goto(self.form(section))
        return page

    # --- typing ---

    def type(self, page: Page, name: str, characters: str, seconds: float) -> list[tuple[float, str]]:
        """Type for some seconds at the end of the answer; each keystroke with its time."""
        strokes: list[tuple[float, str]] = []
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            character = self.draw.choice(characters)
            page.keyboard.insert_text(character)
            strokes.append((time.monotonic(), character))
            time.sleep(self.draw.uniform(0.03, 0.12))
            if self.draw.random() < 0.03:
                time.sleep(self.draw.uniform(0.2, 0.6))
        return strokes

    def focus(self, page: Page, name: str, address: str) -> None:
        """Empty an answer and put the cursor there."""
        if page.evaluate("Object.keys(localStorage).length"):  # each fault strikes a device that holds nothing older
            page.evaluate("localStorage.clear()")
            page.evaluate("document.querySelector('form[data-autosave]').removeAttribute('data-autosave')")
            page.goto("about:blank")
            page.goto(address)
            page.evaluate("localStorage.clear()")
        box = page.locator(f"[name={name}]")
        box.fill("")
        box.focus()

    def stands(self, section: str, name: str, wanted: str = "") -> str:
        """What the platform keeps, read by a device without script; a while is given until it is what is `wanted`."""
        assert self.plain is not None
        if self.reading is None:
            self.reading = self.plain.new_page()
        deadline = time.monotonic() + (RECOVERY if wanted and not self.control else 0)
        while True:
            self.reading.goto(self.form(section))
            box = self.reading.locator(f"[name={name}]")
            found = box.input_value() if box.count() else ""
            if found == wanted or time.monotonic() > deadline:
                return found
            time.sleep(0.3)

    # --- one fault ---

    def fault(self, kind: str) -> None:
        """Type, let the fault strike, look what is there, and count."""
        section, name, characters = self.draw.choice(QUESTIONS)
        page = self.open_form(section)
        self.focus(page, name, self.form(section))
        strokes = self.type(page, name, characters, self.draw.uniform(2.2, 3.6))
        count = self.counts.setdefault(kind, Count())
        made: Callable[..., tuple[float, str]] = getattr(self, f"_{kind}")
        moment, found = made(page, section, name, characters, strokes, count)
        lost = count.judge(strokes, moment, found)
        if lost and not self.control:
            say(f"  {kind} on {section}.{name}: {lost} lost of {len(strokes)}; there are {len(found)}")
        with contextlib.suppress(BrowserError):
            if self.page is not None:
                self.page.close()
        self.made += 1

    def again(self, section: str, name: str, strokes: list[tuple[float, str]]) -> str:
        """What the page shows when it is opened again, or what the platform keeps where the device put back something
        older: the page then asks, and both are there to choose from."""
        page = self.open_form(section)
        shown = page.locator(f"[name={name}]").input_value()
        kept = self.stands(section, name)
        text = "".join(character for _at, character in strokes)
        return max(shown, kept, key=lambda one: alike(one, text))

    def _tab_closed(
        self, page: Page, section: str, name: str, _characters: str, strokes: list[tuple[float, str]], _count: Count
    ) -> tuple[float, str]:
        moment = time.monotonic()
        page.close()
        return moment, self.again(section, name, strokes)

    def _browser_killed(
        self, page: Page, section: str, name: str, _characters: str, strokes: list[tuple[float, str]], _count: Count
    ) -> tuple[float, str]:
        moment = time.monotonic()
        self.kill_browser()
        self.open_browser()
        return moment, self.again(section, name, strokes)

    def _other_device(self, page: Page, section: str, name: str, *_rest: Any) -> tuple[float, str]:
        return time.monotonic(), self.stands(section, name)

    def _through(self, section: str, name: str, strokes: list[tuple[float, str]]) -> tuple[float, str]:
        """The page stays open: give it time to reach the server again. Nothing typed is excused."""
        found = self.stands(section, name, "".join(character for _at, character in strokes))
        return time.monotonic() + SOON, found

    def _more(self, page: Page, name: str, characters: str, strokes: list[tuple[float, str]]) -> None:
        strokes += self.type(page, name, characters, self.draw.uniform(0.5, 1.5))

    def _offline(
        self, page: Page, section: str, name: str, characters: str, strokes: list[tuple[float, str]], _count: Count
    ) -> tuple[float, str]:
        assert self.context is not None
        self.context.set_offline(True)
        self._more(page, name, characters, strokes)
        self.context.set_offline(False)
        return self._through(section, name, strokes)

    def _signed_out(
        self, page: Page, section: str, name: str, characters: str, strokes: list[tuple[float, str]], _count: Count
    ) -> tuple[float, str]:
        assert self.context is not None
        self.context.clear_cookies()
        self._more(page, name, characters, strokes)
        second = self.context.new_page()
        self.sign_in(second)
        second.close()
        return self._through(section, name, strokes)

    def _server_killed(
        self, page: Page, section: str, name: str, characters: str, strokes: list[tuple[float, str]], _count: Count
    ) -> tuple[float, str]:
        self.platform.kill_web()
        self._more(page, name, characters, strokes)
        self.platform.start_web()
        return self._through(section, name, strokes)

    def _database_stopped(
        self, page: Page, section: str, name: str, characters: str, strokes: list[tuple[float, str]], _count: Count
    ) -> tuple[float, str]:
        self.platform.cluster.stop()
        self._more(page, name, characters, strokes)
        self.platform.cluster.start()
        return self._through(section, name, strokes)

    def _colleague(
        self, page: Page, section: str, name: str, characters: str, strokes: list[tuple[float, str]], count: Count
    ) -> tuple[float, str]:
        """Somebody else, who read the page before, saves the same answer; then the typist presses the button."""
        assert self.other is not None
        theirs = self.other.new_page()
        theirs.goto(self.form(section))
        self._more(page, name, characters, strokes)
        text = "".join(character for _at, character in strokes)
        self.stands(section, name, text)
        wrote = "".join(self.draw.choice(characters) for _ in range(8))
        theirs.locator(f"[name={name}]").fill(wrote)
        theirs.locator("button[name=do][value=later]").click()
        theirs.wait_for_load_state()
        offered = theirs.content()
        if theirs.locator(f"input[name='pick-{name}']").count():
            found = self.stands(section, name)
            count.overwritten += 0 if wrote in offered else len(wrote)
        else:
            found = self.stands(section, name)
            count.overwritten += len(text) if found == wrote else 0
        theirs.close()
        return time.monotonic() + SOON, found

    # --- without the script ---

    def without_script(self) -> None:
        """Type, press a button, type more, close: what stood there at the button is there."""
        section, name, characters = self.draw.choice(QUESTIONS)
        assert self.plain is not None
        page = self.plain.new_page()
        page.goto(self.form(section))
        text = "".join(self.draw.choice(characters) for _ in range(self.draw.randint(5, 18)))
        page.fill(f"[name={name}]", text)
        page.locator("button[name=do][value=later]").click()
        page.wait_for_load_state()
        strokes = [(0.0, character) for character in text]
        page.goto(self.form(section))
        page.locator(f"[name={name}]").press_sequentially("1", delay=10)
        moment = time.monotonic()
        page.close()
        count = self.counts.setdefault("no_script", Count())
        count.judge(strokes, moment, self.stands(section, name))


def _faults(size: int, draw: random.Random) -> list[str]:
    """Every kind about equally often, in random order."""
    kinds = [KINDS[number % len(KINDS)] for number in range(size)]
    draw.shuffle(kinds)
    return kinds


def measure(size: int, *, control: bool) -> Result:
    """Make `size` faults, and a tenth of that without the script, and count what is there afterwards."""
    if not Path(CHROMIUM).exists():
        raise Broken("there is no Chromium: install the Debian package chromium")
    draw = random.Random(SEED)
    begun = time.monotonic()
    with platform() as one, sync_playwright() as playwright:
        second = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        typist = Typist(playwright, one, draw, control, second)
        try:
            typist.begin()
            say(f"{size} faults, after {time.monotonic() - begun:.0f} s of preparation")
            for number, kind in enumerate(_faults(size, draw), 1):
                typist.fault(kind)
                if number % 20 == 0:
                    say(f"  {number} faults, {time.monotonic() - begun:.0f} s")
            for _turn in range(max(1, size // 10)):
                typist.without_script()
        finally:
            typist.kill_browser()
            second.close()
            shutil.rmtree(typist.profile, ignore_errors=True)
    counts = {kind: vars(typist.counts[kind]) for kind in (*KINDS, "no_script") if kind in typist.counts}
    total = {key: sum(counts[kind][key] for kind in counts if kind != "no_script") for key in vars(Count())}
    return Result(
        name=NAME,
        size=size,
        rounds=1,
        product={**total, "seconds": round(time.monotonic() - begun), "kinds": counts},
        anchors={"promised_after_s": SOON},
        ratios={
            "lost": total["lost"],
            "overwritten": total["overwritten"],
            "no_script_lost": counts["no_script"]["lost"],
            "faults_per_size": typist.made / size,
        },
        aim=AIM,
    )
