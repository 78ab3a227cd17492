"""Journeys as a person makes them. Run by `tests.test_browser` in a process of its own.

`python -m tests.journeys NAME ADDRESS on|off WIDTH`; LOGIN and PASSWORD name a registry officer.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import re
import sys
import time
import wave
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import FilePayload, Page, expect, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--lang=zh-CN",
]  # fmt: skip


def find(page: Page, address: str) -> None:
    """A stranger who was asked for a donation looks the body up: first page, two characters, its page, its source."""
    page.goto(address)
    page.locator("main input[name=q]").first.fill("助老")
    page.locator("main form[role=search] button, main form button[type=submit]").first.click()
    page.wait_for_url("**/orgs/?*")
    first = page.locator("main .res h3 a").first
    name = first.inner_text()
    first.click()
    expect(page.locator("h1")).to_contain_text(name.strip())
    expect(page.locator("main")).to_contain_text("统一社会信用代码")
    expect(page.locator("main")).to_contain_text("登记机关名录")
    page.goto(f"{address}/orgs/?q=查无此名称")
    expect(page.locator("main")).to_contain_text("查无此名称")


def sign_in(page: Page, address: str) -> None:
    """An officer mistypes the password, sees why, signs in, sees for whom they act, opens a list, signs out."""
    page.goto(f"{address}/workbench/")
    page.fill("input[name=login]", os.environ["LOGIN"])
    page.fill("input[name=password]", "not this one")
    page.locator("main button[type=submit]").first.click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    expect(page.locator("input[name=login]")).to_have_value(os.environ["LOGIN"])
    assert page.title().startswith("错误"), page.title()
    page.fill("input[name=password]", os.environ["PASSWORD"])
    page.locator("main button[type=submit]").first.click()
    page.wait_for_url(f"{address}/workbench/")
    expect(page.locator("body")).to_contain_text("示例市民政局")
    newest = page.locator("main table a").first
    name = newest.inner_text()
    newest.click()
    expect(page.locator("h1")).to_contain_text(name)
    page.goto(f"{address}/workbench/")
    page.locator("form[action='/accounts/sign-out/'] button").first.click()
    page.goto(f"{address}/workbench/")
    page.wait_for_url("**/accounts/sign-in/**")


def modes(page: Page, address: str) -> None:
    """An old man turns the care version on by its button, and everything stays large on the next page."""
    page.goto(address)
    before = page.evaluate("getComputedStyle(document.documentElement).fontSize") if _scripts(page) else ""
    page.goto(f"{address}/ui/settings/")
    page.locator("main input[name=elder], main input[value=elder]").first.check(force=True)
    page.locator("main button[type=submit]").first.click()
    page.goto(f"{address}/orgs/")
    expect(page.locator("html")).to_have_attribute("data-elder", "on")
    if before:
        assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "22px"


def language(page: Page, address: str) -> None:
    """A foreign visitor changes to English on a page and stays on that page."""
    page.goto(f"{address}/orgs/?q=助老")
    page.goto(f"{address}/en/orgs/?q=助老")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("main input[name=q]").first).to_have_value("助老")


def parameters(page: Page, address: str) -> None:
    """An officer looks up a limit and sees its article and how sure it is."""
    page.goto(f"{address}/workbench/parameters/")
    page.fill("input[name=login]", os.environ["LOGIN"])
    page.fill("input[name=password]", os.environ["PASSWORD"])
    page.locator("main button[type=submit]").first.click()
    page.goto(f"{address}/workbench/parameters/")
    expect(page.locator("main")).to_contain_text("待核实")
    expect(page.locator("main")).to_contain_text("条例")


def narrow(page: Page, address: str) -> None:
    """Somebody looks for help for an old mother: narrows the list down, compares two bodies, keeps what differs."""
    page.goto(f"{address}/orgs/")
    box = page.locator("main input[name=q]").first
    if _scripts(page):
        box.press_sequentially("助老", delay=20)
        expect(page.locator(".sug [role=option]").first).to_be_visible()
        expect(box).to_have_attribute("aria-expanded", "true")
        page.keyboard.press("ArrowDown")
        expect(page.locator(".sug [aria-selected=true]")).to_have_count(1)
        page.keyboard.press("Escape")
        expect(page.locator(".sug")).to_be_hidden()
        page.keyboard.press("Enter")
    else:
        box.fill("助老")
        page.locator("main form[role=search] button").first.click()
    page.wait_for_url("**/orgs/?*")
    expect(page.locator("main")).to_contain_text("找到")
    if page.locator(".mbar a").first.is_visible():
        page.locator(".mbar a").first.click()
        page.wait_for_url("**/orgs/filter/?*")
    filters = page.locator("form:has(.facet)").last
    filters.locator("input[name=kind][value=service]").check()
    filters.locator("button[type=submit]").click()
    page.wait_for_url("**kind=service*")
    expect(page.locator(".chip.on")).to_contain_text("社会服务机构")
    boxes = page.locator(".res .pick input")
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.locator(".cbar button").click()
    page.wait_for_url("**/orgs/compare/?*")
    expect(page.locator("table.vs thead th")).to_have_count(2)
    page.locator(".tools .seg a").last.click()
    page.wait_for_url("**only=different*")
    expect(page.locator("main")).not_to_contain_text("相同", use_inner_text=True)
    page.locator("table.vs thead a.lk").first.click()
    expect(page.locator("main")).to_contain_text("请至少选择两家组织")


def keep(page: Page, address: str) -> None:
    """An officer, for herself, saves a search under a name, finds it in her list, and removes it."""
    page.goto(f"{address}/my/searches/?q=助老")
    page.fill("input[name=login]", os.environ["LOGIN"])
    page.fill("input[name=password]", os.environ["PASSWORD"])
    page.locator("main button[type=submit]").first.click()
    page.goto(f"{address}/my/searches/?q=助老")
    page.locator("main button[name=agency]").click()
    page.goto(f"{address}/orgs/?q=助老")
    page.locator("main .tools a[href*='/my/searches/']").click()
    page.fill("main input[name=name]", "我的助老搜索")
    page.locator("main form:has(input[name=name]) button").click()
    expect(page.locator(".letters")).to_contain_text("我的助老搜索")
    page.get_by_role("link", name="我的助老搜索").click()
    page.wait_for_url("**/orgs/?q=*")
    page.goto(f"{address}/my/messages/")
    expect(page.locator("h1")).to_contain_text("消息")
    page.goto(f"{address}/my/searches/")
    page.get_by_role("button", name="删除 我的助老搜索").click()
    expect(page.locator("main")).not_to_contain_text("我的助老搜索")


def passkey(page: Page, address: str) -> None:
    """An official makes a passkey in the browser's own dialogue, signs out, and comes back with it and nothing else."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    page.goto(f"{address}/my/security/passkey/")
    page.fill("input[name=login]", os.environ["LOGIN"])
    page.fill("input[name=password]", os.environ["PASSWORD"])
    page.locator("main button[type=submit]").first.click()
    page.goto(f"{address}/my/security/passkey/")
    page.fill("main input[name=name]", "办公电脑")
    page.locator("button[data-passkey-button]").click()
    expect(page.locator("h1")).to_contain_text("恢复码")
    expect(page.locator("main li.code")).to_have_count(10)
    page.locator("main a.btn.c").click()
    page.goto(f"{address}/my/security/")
    expect(page.locator("main")).to_contain_text("办公电脑")
    page.goto(f"{address}/workbench/")
    page.locator("form[action='/accounts/sign-out/'] button").first.click()
    page.goto(f"{address}/workbench/")
    page.wait_for_url("**/accounts/sign-in/**")
    page.locator("nav.views a[href*='/passkey/']").click()
    page.locator("button[data-passkey-button]").click()
    page.wait_for_url(f"{address}/workbench/")
    expect(page.locator("body")).to_contain_text("示例市民政局")
    page.goto(f"{address}/my/security/")
    expect(page.locator("main")).to_contain_text("已二次验证")
    page.locator("form[action*='/factors/'] button").first.click()  # for an agency one keeps the last one
    expect(page.locator("main")).to_contain_text("至少要保留一种二次验证")
    page.goto(f"{address}/my/messages/")
    page.locator("main button[name=agency]").click()
    page.goto(f"{address}/my/security/")
    page.locator("form[action*='/factors/'] button").first.click()
    expect(page.locator("main")).to_contain_text("还没有")


def sign_up(page: Page, address: str) -> None:
    """A resident opens an account: a number, a wrong code that says why, and nothing typed is lost."""
    page.goto(f"{address}/accounts/sign-in/")
    page.locator("a[href^='/accounts/sign-up/']").first.click()
    page.fill("input[name=login]", "139 1234 0013")
    page.locator("main form[method=post] button[type=submit]").first.click()
    page.wait_for_url("**/accounts/sign-up/finish/**")
    expect(page.locator("main")).to_contain_text("139****0013")
    page.fill("input[name=code]", "000000")
    page.fill("input[name=name]", "李××")
    page.fill("input[name=password]", "seven purple umbrellas")
    page.locator("main form[method=post] button[type=submit]").first.click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("验证码不对")
    expect(page.locator("input[name=name]")).to_have_value("李××")


def hand_in(page: Page, address: str) -> None:
    """Somebody on a bad line keeps a paper: the line breaks in the middle, the page is loaded again, and it goes on
    where it was. Without JavaScript the same question takes the file whole."""
    page.goto(f"{address}/my/files/")
    page.fill("input[name=login]", os.environ["LOGIN"])
    page.fill("input[name=password]", os.environ["PASSWORD"])
    page.locator("main button[type=submit]").first.click()
    page.goto(f"{address}/my/files/")
    page.locator("main button[name=agency]").click()
    page.goto(f"{address}/my/files/")
    name = f"证明-{sys.argv[3]}-{sys.argv[4]}.txt"
    content = (f"{name} 情况说明\n" * 60_000).encode()  # nine pieces or so
    paper: FilePayload = {"name": name, "mimeType": "text/plain", "buffer": content}
    if _scripts(page):
        pieces: list[str] = []
        page.on(
            "request", lambda asked: pieces.append(asked.url) if re.search(r"/sending/\w+/\d+/$", asked.url) else None
        )
        page.route(re.compile(r"/sending/\w+/3/$"), lambda route: route.abort())  # the line breaks at the fourth piece
        page.locator("main input[type=file]").set_input_files(paper)
        expect(page.locator(".sending [role=status]")).to_contain_text("网络中断")
        page.unroute(re.compile(r"/sending/\w+/3/$"))
        page.goto(f"{address}/my/files/")  # the page is closed and opened again
        expect(page.locator("#on-the-way")).to_be_visible()
        before = {url.rstrip("/").rpartition("/")[2] for url in pieces} - {"3"}
        assert before == {"0", "1", "2"}, before
        pieces.clear()
        page.locator("main input[type=file]").set_input_files(paper)
        expect(page.locator(".sending [role=status]")).to_contain_text("已全部传到")
        again = {url.rstrip("/").rpartition("/")[2] for url in pieces}
        assert again, "nothing was sent"
        assert not again & before, again  # a finished piece is never sent again
    else:
        page.locator("main input[type=file]").set_input_files(paper)
    page.locator("main form:has(input[type=file]) button[type=submit]").click()
    expect(page.locator(".letters").last).to_contain_text(name)
    expect(page.locator("#on-the-way")).to_have_count(0)
    with page.expect_download() as saved:
        page.locator(".letters li", has_text=name).get_by_text("下载").click()
    assert saved.value.suggested_filename == name
    assert Path(saved.value.path()).read_bytes() == content
    page.locator(".letters li", has_text=name).get_by_role("button", name="删除").click()
    expect(page.locator("main")).not_to_contain_text(name)


def _sign_in_as(page: Page, address: str, which: str = "") -> None:
    page.goto(f"{address}/accounts/sign-in/?next=/workbench/")
    page.fill("input[name=login]", os.environ[f"{which}LOGIN"])
    page.fill("input[name=password]", os.environ[f"{which}PASSWORD"])
    page.locator("main button[type=submit]").first.click()
    page.goto(f"{address}/workbench/broadcasts/")


def _sound() -> bytes:
    """Two seconds of a tone, as a telephone records it."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(
            b"".join((1000 if at // 20 % 2 else -1000).to_bytes(2, "little", signed=True) for at in range(16000))
        )
    return file.getvalue()


def announce(page: Page, address: str) -> None:
    """An officer records a flood warning, listens, asks a colleague; the colleague approves; at the village square it is
    found by a secret link without an account; then it is withdrawn and gone."""
    title = f"防汛提醒 {sys.argv[3]} {sys.argv[4]}"
    _sign_in_as(page, address)
    page.goto(f"{address}/workbench/playing-points/")
    page.fill("main input[name=name]", f"村口 {title}")
    page.fill("main input[name=place]", "999900")
    page.locator("main form:has(input[name=place]) button").click()
    link = re.search(r"http://[^<\s]+/loudspeaker/[\w-]+/", page.locator("main").inner_text().replace("\n", ""))
    assert link is not None
    page.goto(f"{address}/workbench/broadcasts/new/")
    page.fill("main input[name=title]", title)
    page.fill("main input[name=times]", "00:30")
    recorded: FilePayload = {"name": "录音.wav", "mimeType": "audio/wav", "buffer": _sound()}
    page.locator("main input[type=file]").set_input_files(recorded)
    if _scripts(page):
        expect(page.locator(".sending [role=status]")).to_contain_text("已全部传到")
    page.locator("main form:has(input[type=file]) button[type=submit]").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("静音时段")
    expect(page.locator("main input[name=title]")).to_have_value(title)
    page.fill("main input[name=times]", "08:00 23:59")
    page.fill("main input[name=urgent_because]", "水库泄洪")
    if _scripts(page):
        expect(page.locator(".sending [role=status]")).to_contain_text("无需重传")  # the recording has arrived before
    else:
        page.locator("main input[type=file]").set_input_files(recorded)
    page.locator("main form:has(input[type=file]) button[type=submit]").click()
    expect(page.locator("main h1")).to_contain_text(title)
    here = page.url
    if _scripts(page):
        length = "new Promise(r => { const a = document.querySelector('audio'); a.onloadedmetadata = () => r(a.duration); a.onerror = () => r(0); a.load(); a.preload = 'auto'; a.load(); })"
        assert page.evaluate(length) > 1.9  # it can be listened to
    page.locator("main button[value=ask]").click()
    expect(page.locator("main")).to_contain_text("由同事批准")
    page.context.clear_cookies()
    _sign_in_as(page, address, "OTHER_")
    page.goto(here)
    page.locator("main button[value=approve]").click()
    expect(page.locator("main")).to_contain_text("已批准")
    page.context.clear_cookies()
    page.goto(link[0])
    expect(page.locator("main")).to_contain_text(title)
    _sign_in_as(page, address)
    page.goto(here)
    page.fill("main input[name=reason]", "雨停了")
    page.locator("main button[value=withdraw]").click()
    expect(page.locator("main")).to_contain_text("已撤回")
    page.context.clear_cookies()
    page.goto(link[0])
    expect(page.locator("main h2", has_text=title)).to_have_count(0)


def _enter(page: Page, address: str, who: str, password: str) -> None:
    """Sign in as somebody else."""
    page.context.clear_cookies()
    page.goto(f"{address}/accounts/sign-in/")
    page.fill("input[name=login]", os.environ[who])
    page.fill("input[name=password]", os.environ[password])
    page.locator("main button[type=submit]").first.click()
    page.wait_for_url(f"{address}/workbench/")


def _own_page(page: Page, address: str) -> int:
    """The resident's page of who looked, for herself; how many lines it shows of the newest."""
    _enter(page, address, "RESIDENT", "RESIDENT_PASSWORD")
    page.goto(f"{address}/my/looked/")
    page.locator("main button[name=agency]").click()
    page.goto(f"{address}/my/looked/")
    return page.locator(".look").count()


def looked(page: Page, address: str) -> None:
    """An official is refused once, then looks by page, by interface, by list; the resident sees four lines and asks why."""
    before = _own_page(page, address)
    number = page.locator(".pagehead .code").inner_text()
    _enter(page, address, "LOGIN", "PASSWORD")
    refused = page.goto(f"{address}/workbench/people/{number}/")
    assert refused is not None
    assert refused.status == 404
    _own_page(page, address)
    page.goto(f"{address}/my/data/")
    page.fill("main input[name=code]", "999901")
    page.locator("main form:has(input[name=code]) button").click()
    _enter(page, address, "LOGIN", "PASSWORD")
    page.goto(f"{address}/workbench/people/{number}/")
    page.locator("main input[value='contact.matter']").check(force=True)
    page.locator("main form button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("您打开这一页已被记录")
    page.goto(f"{address}/api/v1/people/{number}/contact?purpose=contact.check")
    expect(page.locator("body")).to_contain_text(number)
    page.goto(f"{address}/workbench/people/export/")
    ready = page.locator("main table a").count()
    page.locator("main input[value='contact.notice']").check(force=True)
    page.fill("main textarea[name=reason]", "示例：通知停课，用后销毁")
    page.locator("main form button[type=submit]").click()
    for _try in range(60):
        page.goto(f"{address}/workbench/people/export/")
        if page.locator("main table a").count() > ready:
            break
        page.wait_for_timeout(1000)
    link = page.locator("main table a").first.get_attribute("href")
    assert number in page.request.get(f"{address}{link}").text()
    after = _own_page(page, address)
    assert after == min(before + 4, 20)
    for words in ("被系统拒绝", "批量导出", "通过数据接口", "在页面上看"):
        expect(page.locator("main")).to_contain_text(words)
    page.locator(".look .ask a").first.click()
    page.fill("main textarea[name=says]", "为什么要列入名单？")
    page.locator("main form button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("已问，答复中")
    page.goto(f"{address}/my/data/")
    page.fill("main input[name=code]", "")
    page.locator("main form:has(input[name=code]) button").click()
    page.goto(f"{address}/my/looked/")


def _as(page: Page, address: str, who: str) -> None:
    """Sign in afresh as one of the demonstration's people."""
    page.context.clear_cookies()
    page.goto(f"{address}/accounts/sign-in/")
    page.fill("input[name=login]", os.environ[f"LOGIN_{who}"])
    page.fill("input[name=password]", os.environ[f"PASSWORD_{who}"])
    page.locator("main button[type=submit]").first.click()
    page.wait_for_load_state()


def _act_for(page: Page, address: str) -> None:
    page.goto(f"{address}/my/")
    page.locator("main button[name=org]").first.click()
    page.wait_for_url("**/desk/")
    expect(page.locator(".asofb")).to_contain_text("您正在代表")


def handler(page: Page, address: str) -> None:
    """A person in charge invites a handler, who accepts, acts within what was delegated, and leaves again."""
    day = dt.date.today() + dt.timedelta(days=60)
    _as(page, address, "OWNER")
    _act_for(page, address)
    page.goto(f"{address}/desk/invitations/")
    page.fill("input[name=address]", os.environ["LOGIN_RESIDENT"])
    page.locator("input[name=role][value=org_handler]").check()
    page.locator("input[name=delegated][value='orgs.invite']").check()
    for box, value in (("year", day.year), ("month", day.month), ("day", day.day)):
        page.fill(f"input[name=until-{box}]", str(value))
    page.get_by_role("button", name="生成链接").click()
    link = page.locator("main a.code").inner_text()
    page.goto(f"{address}/desk/invitations/")
    expect(page.locator("main")).to_contain_text("待接受")

    page.goto(link)  # who acts for the organization is not who was invited
    expect(page.locator("main")).not_to_contain_text("您收到邀请")

    _as(page, address, "RESIDENT")
    page.goto(f"{address}/my/")
    expect(page.locator("main")).to_contain_text("您还不属于任何组织")
    page.goto(link)
    expect(page.locator("main")).to_contain_text("经办人")
    page.get_by_role("button", name="接受").click()
    page.wait_for_url("**/my/")
    _act_for(page, address)
    expect(page.locator("main")).to_contain_text("邀请只读成员")
    page.goto(f"{address}/desk/invitations/")
    page.fill("input[name=address]", "nobody@demo.example")
    page.locator("input[name=role][value=org_reader]").check()
    page.get_by_role("button", name="生成链接").click()
    expect(page.locator("h1")).to_contain_text("链接已生成")
    page.goto(f"{address}/desk/members/")
    expect(page.locator("main table a", has_text="更改")).to_have_count(0)
    page.goto(f"{address}/desk/leave/")
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_url("**/my/")
    expect(page.locator("body")).not_to_contain_text("您正在代表")
    page.goto(link)
    expect(page.locator("main")).to_contain_text("404")


def _number(born: dt.date) -> str:
    """A number of nobody: this day of birth, a serial of this run, the right check digit."""
    body = f"440300{born:%Y%m%d}{int(sys.argv[4]) % 900 + (50 if _scripts_on() else 0):03}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(one) * by for one, by in zip(body, weights, strict=True)) % 11]


def _picture() -> FilePayload:
    out = io.BytesIO()
    Image.new("RGB", (800, 500), (120, 160, 200)).save(out, "PNG")
    return {"name": "证件.png", "mimeType": "image/png", "buffer": out.getvalue()}


def _as_official(page: Page, address: str, target: str, which: str = "") -> None:
    page.context.clear_cookies()
    page.goto(f"{address}/accounts/sign-in/")
    page.fill("input[name=login]", os.environ[f"{which}LOGIN"])
    page.fill("input[name=password]", os.environ[f"{which}PASSWORD"])
    page.locator("main button[type=submit]").first.click()
    page.wait_for_load_state()
    page.goto(f"{address}{target}")


def _code_sent_to(login: str) -> str:
    """The newest code that the demonstration printed for an address."""
    for _try in range(100):
        said = Path(os.environ["SAID"]).read_text(encoding="utf-8")
        found = re.search(r"\b(\d{6})\b", said.rpartition(f"To: {login}")[2].partition("-----")[0].partition("\n\n")[2])
        if f"To: {login}" in said and found:
            return found[1]
        time.sleep(0.2)
    raise AssertionError("no code came")


def verify(page: Page, address: str) -> None:
    """A resident signs up, hands in a document with a mistake, then right; an official opens it and approves; the resident
    sees the number that stands for them, and who opened what."""
    login = f"new-{sys.argv[3]}-{sys.argv[4]}@demo.example"
    number = _number(dt.date(1980, 1, 1))
    page.goto(f"{address}/accounts/sign-up/")
    page.fill("input[name=login]", login)
    page.locator("main form[method=post] button[type=submit]").first.click()
    page.wait_for_url("**/accounts/sign-up/finish/**")
    page.fill("input[name=code]", _code_sent_to(login))
    page.fill("input[name=name]", "李××")
    page.fill("input[name=password]", "seven purple umbrellas")
    page.locator("main form[method=post] button[type=submit]").first.click()
    page.wait_for_load_state()
    page.goto(f"{address}/my/identity/")
    expect(page.locator("main")).to_contain_text("未认证")
    page.fill("input[name=name]", "李××")
    page.fill("input[name=number]", number[:-1])
    page.fill("input[name=division]", "999900")
    page.locator("main input[type=file]").set_input_files(_picture())
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("18 位")
    page.fill("input[name=number]", f"{number[:6]} {number[6:14]} {number[14:]}")
    if not _scripts(page):
        page.locator("main input[type=file]").set_input_files(_picture())
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("main")).to_contain_text("待审核")
    expect(page.locator("main")).not_to_contain_text(number)

    _as_official(page, address, "/workbench/identity/")
    page.locator("main table a").last.click()
    page.get_by_role("button", name="显示姓名和号码").click()
    expect(page.locator("main")).to_contain_text(number)
    page.locator("input[name=outcome][value=approve]").check()
    page.get_by_role("button", name="作出决定", exact=True).click()
    page.wait_for_url("**/workbench/identity/")

    page.context.clear_cookies()
    page.goto(f"{address}/accounts/sign-in/")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", "seven purple umbrellas")
    page.locator("main button[type=submit]").first.click()
    page.wait_for_load_state()
    page.goto(f"{address}/my/identity/")
    expect(page.locator("main")).to_contain_text("已认证")
    expect(page.locator("main .code b")).to_have_text(re.compile(r"\d{4} \d{4} \d{4}"))
    page.goto(f"{address}/my/looked/")
    expect(page.locator("main")).to_contain_text("示例市民政局")


def counter(page: Page, address: str) -> None:
    """An old man without a phone is registered at the counter, gets a card, and signs in with number and PIN. He loses it:
    one official asks for another, a second one looks and prints."""
    _as_official(page, address, "/workbench/counter/people/")
    page.fill("input[name=name]", "赵××")
    number = _number(dt.date(1946, 1, 1))
    page.fill("input[name=number]", number)
    page.fill("input[name=division]", "999900")
    page.locator("input[name=way][value=letter]").check()
    page.fill("input[name=reach]", "示例村 5 号")
    page.get_by_role("button", name="下一步").click()
    expect(page.locator("main")).to_contain_text(number)
    page.get_by_role("button", name="登记并打印登录卡").click()
    expect(page.locator("main [role=alert]")).to_contain_text("核对")
    page.locator("input[name=seen]").check()
    page.get_by_role("button", name="登记并打印登录卡").click()
    expect(page.locator(".code.big")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    page.get_by_role("link", name="已打印并交给本人").click()
    page.locator("input[name=present]").first.check()
    page.get_by_role("button", name="申请换发新卡").click()
    expect(page.locator("main")).to_contain_text("另一名工作人员")
    expect(page.get_by_role("button", name="确认并打印")).to_have_count(0)
    _as_official(page, address, "/workbench/counter/people/", "OTHER_")
    page.locator("#wishes a, [aria-labelledby=wishes] a").last.click()
    page.locator("input[name=present]").first.check()
    page.get_by_role("button", name="确认并打印").click()
    card, pin = page.locator(".code.big").nth(0).inner_text(), page.locator(".code.big").nth(1).inner_text()

    page.context.clear_cookies()
    page.goto(f"{address}/accounts/sign-in/")
    page.locator("a[href^='/accounts/card/']").first.click()
    page.fill("input[name=number]", card)
    page.fill("input[name=pin]", "402917" if pin != "402 917" else "402918")
    page.locator("main form[method=post] button[type=submit]").first.click()
    expect(page.locator("main")).to_contain_text("卡号和密码不匹配")
    expect(page.locator("input[name=number]")).to_have_value(card)
    page.fill("input[name=pin]", pin)
    page.locator("main form[method=post] button[type=submit]").first.click()
    page.wait_for_load_state()
    page.goto(f"{address}/my/identity/")
    expect(page.locator("main")).to_contain_text("已认证")
    expect(page.locator("main")).not_to_contain_text(number)
    page.get_by_role("button", name="卡丢了").click()
    expect(page.locator("main")).not_to_contain_text("卡丢了")


def in_charge(page: Page, address: str) -> None:
    """Who is in charge of a body says so with a letter; the officer opens it and admits; the desk keeps minutes that the
    officer cannot see until a case with a legal ground opens them, and shows who looked."""
    number = (0 if _scripts(page) else 2) + (0 if int(sys.argv[4]) > 600 else 1)
    _as(page, address, "HEAD")
    page.goto(f"{address}/orgs/?q=示例&kind=foundation")
    page.locator("main .res h3 a").nth(number).click()
    page.get_by_role("link", name="我是本组织负责人").click()
    expect(page.locator("main")).to_contain_text("授权书应写明")
    body = page.locator(".pagehead .code").inner_text()
    page.locator("main form[enctype] button[type=submit]").click()  # without the letter: said, and nothing is lost
    expect(page.locator(".govuk-error-summary")).to_contain_text("请上传本组织的授权书")
    letter: FilePayload = {"name": "授权书.pdf", "mimeType": "application/pdf", "buffer": _letter()}
    page.locator("main input[type=file]").set_input_files(letter)
    if _scripts(page):
        expect(page.locator(".sending [role=status]")).to_contain_text("已全部传到")
    page.locator("main form[enctype] button[type=submit]").click()
    page.wait_for_url("**/my/claims/**")
    claim = page.locator("h1 .code").inner_text()
    expect(page.locator("main")).to_contain_text("等待登记管理机关处理")

    _enter(page, address, "LOGIN", "PASSWORD")
    page.goto(f"{address}/workbench/claims/")
    page.locator("main table tr", has_text=claim).locator("a").first.click()
    page.get_by_role("button", name="显示完整姓名").click()
    expect(page.locator("main")).to_contain_text("周××")
    with page.expect_download() as saved:
        page.get_by_role("link", name="打开授权书").click()
    assert saved.value.suggested_filename == "授权书.pdf"
    page.locator("main input[value=admit]").check(force=True)
    page.get_by_role("button", name="作出决定").click()
    page.wait_for_url("**/workbench/claims/")

    _as(page, address, "HEAD")
    page.goto(f"{address}/my/claims/{claim}/")
    page.get_by_role("button", name="代表该组织办事").click()
    page.wait_for_url("**/desk/")
    page.goto(f"{address}/desk/house/new/")
    page.locator("main input[value=minutes]").check(force=True)
    page.fill("main input[name=title]", "理事会会议")
    page.fill("main textarea[name=text]", "示例决定")
    page.locator("main form[enctype] button[type=submit]").click()
    page.wait_for_url(re.compile(r"/desk/house/\w{10}/$"))
    record = page.url.rstrip("/").rpartition("/")[2]

    _enter(page, address, "LOGIN", "PASSWORD")
    refused = page.goto(f"{address}/workbench/orgs/{body}/house/{record}/")
    assert refused is not None
    assert refused.status == 404
    page.goto(f"{address}/workbench/orgs/{body}/house/open/")
    page.locator("main input[value=minutes]").check(force=True)
    page.locator("main input[value=supervision]").check(force=True)
    page.fill("main input[name=matter]", "示例 1 号")
    page.fill("main textarea[name=reason]", "核对会议决定")
    day = dt.date.today() + dt.timedelta(days=3)
    for box, value in (("year", day.year), ("month", day.month), ("day", day.day)):
        page.fill(f"main input[name=until-{box}]", str(value))
    page.locator("main form button[type=submit]").last.click()
    page.locator("main table a", has_text=record).click()
    expect(page.locator("main")).to_contain_text("示例决定")

    _as(page, address, "HEAD")
    page.goto(f"{address}/my/claims/{claim}/")
    page.get_by_role("button", name="代表该组织办事").click()
    page.goto(f"{address}/desk/seen/")
    for words in ("示例 1 号", "核对会议决定", "被系统拒绝", "内部资料标题"):
        expect(page.locator("main")).to_contain_text(words)


def _set(page: Page, address: str, value: str, *, lock: bool) -> None:
    """Fill in the form of a setting on the page that is open, and see what holds now."""
    page.goto(address)
    page.fill("main textarea[name=value]", value)
    page.fill("main textarea[name=reason]", "示例理由")
    if lock:
        page.locator("main input[name=locked]").check(force=True)
    page.get_by_role("button", name="记录", exact=True).click()
    page.wait_for_url("**saved=1")
    expect(page.locator("section[aria-labelledby=holds]")).to_contain_text(value)


def layers(page: Page, address: str) -> None:
    """A person in charge words the desk; the city locks its own words, and takes them back; a visitor chooses the city."""
    own, locked = f"请走东门 {sys.argv[3]} {sys.argv[4]}", f"全市一致 {sys.argv[3]} {sys.argv[4]}"
    mine, theirs = f"{address}/desk/settings/desk.greeting/", f"{address}/workbench/settings/desk.greeting/?at=999900"
    _as(page, address, "OWNER")
    _act_for(page, address)
    _set(page, mine, own, lock=False)
    page.goto(f"{address}/desk/")
    expect(page.locator("main")).to_contain_text(own)

    _as(page, address, "ADMIN")
    page.goto(f"{address}/workbench/settings/")
    page.fill("main input[name=at]", "示例市")
    page.get_by_role("button", name="显示", exact=True).click()
    expect(page.locator("main")).to_contain_text("欢迎来到示例市")
    _set(page, theirs, locked, lock=True)
    expect(page.locator("main")).to_contain_text("示例平台运营中心")

    _as(page, address, "OWNER")
    _act_for(page, address)
    page.goto(mine)
    expect(page.locator("main")).to_contain_text("被锁定覆盖")
    expect(page.locator("main textarea[name=value]")).to_have_count(0)
    page.goto(f"{address}/desk/")
    expect(page.locator("main")).to_contain_text(locked)

    _as(page, address, "ADMIN")
    page.goto(theirs)
    page.fill("main textarea[name=back-reason]", "不再需要")
    page.get_by_role("button", name="收回").click()
    page.wait_for_url("**saved=1")

    page.context.clear_cookies()
    page.goto(f"{address}/place/")
    page.fill("main input[name=at]", "示例市")
    page.get_by_role("button", name="使用这个地区").click()
    expect(page.locator("main")).to_contain_text("欢迎来到示例市")
    expect(page.locator("footer")).to_contain_text("0999-12345")


def _letter() -> bytes:
    """A page without words, as a scanner makes it."""
    pages = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    parts = [b"<</Type/Catalog/Pages 2 0 R>>", pages, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"]
    text, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(text))
        text += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(text)
    text += b"xref\n0 4\n0000000000 65535 f \n" + table
    return text + b"trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start


def _scripts_on() -> bool:
    return sys.argv[3] == "on"


def _scripts(page: Page) -> bool:
    return _scripts_on()


def _again_as(page: Page, address: str, who: str) -> None:
    """Sign in on another page of the same browser, as somebody does whose time ran out."""
    page.goto(f"{address}/accounts/sign-in/")
    page.fill("input[name=login]", os.environ[f"LOGIN_{who}"])
    page.fill("input[name=password]", os.environ[f"PASSWORD_{who}"])
    page.locator("main button[type=submit]").first.click()
    page.wait_for_load_state()


def _type_through_mishaps(page: Page, address: str, form: str) -> None:
    """Type, close the page, come back; lose the session, sign in on another page, and go on where one was."""
    page.goto(form)
    page.fill("input[name=name]", "示例市××社区乒乓球队")
    expect(page.locator("[data-saved]")).to_contain_text("已自动保存", timeout=15_000)
    other = page.context.new_page()
    other.goto(form)
    expect(other.locator("input[name=name]")).to_have_value("示例市××社区乒乓球队")
    other.close()
    page.context.clear_cookies()
    page.fill("textarea[name=purpose]", "邻里一起锻炼")
    expect(page.locator("[data-saved]")).to_contain_text("登录已过期", timeout=15_000)
    second = page.context.new_page()
    _again_as(second, address, "RESIDENT")
    second.close()
    # In place: the page that stayed open goes on by itself, with the token of the new session.
    expect(page.locator("[data-saved]")).to_contain_text("已自动保存", timeout=15_000)
    page.goto(form)
    expect(page.locator("textarea[name=purpose]")).to_have_value("邻里一起锻炼")


def file_group(page: Page, address: str) -> None:
    """A resident files a community group through every mishap; the office sends it back, and decides in the end."""
    _as(page, address, "RESIDENT")
    page.goto(f"{address}/services/")
    page.get_by_role("link", name="社区社会组织备案").first.click()
    page.get_by_role("link", name="在线办理").click()
    page.locator(".offices button").first.click()
    page.wait_for_url("**/cases/*/")
    case = page.url
    form = f"{case}form/group/"
    if _scripts_on():
        _type_through_mishaps(page, address, form)
    page.goto(form)
    page.fill("input[name=name]", "示例市××社区乒乓球队")
    page.get_by_role("button", name="保存并继续").last.click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    expect(page.locator("input[name=name]")).to_have_value("示例市××社区乒乓球队")
    page.locator("input[name=category][value=culture]").check(force=True)
    page.select_option("select[name=field]", "sport")
    page.fill("textarea[name=purpose]", "邻里一起锻炼")
    page.fill("textarea[name=scope]", "每周六上午在社区活动室练习")
    page.fill("input[name=domicile]", "示例路 8 号")
    page.locator("input[name=hosted][value=no]").check(force=True)
    page.get_by_role("button", name="保存并继续").last.click()
    page.wait_for_url("**/form/people/")
    page.get_by_role("button", name="增加一项").click()
    page.fill("input[name=leader]", "陈××")
    page.fill("input[name=leader_id]", _number(dt.date(1980, 5, 5)))
    page.fill("input[name=leader_phone]", "13900000000")
    page.fill("input[name=members]", "26")
    page.locator(".grow input").first.fill("陈××")
    page.get_by_role("button", name="保存并继续").last.click()
    page.wait_for_url("**/form/money/")
    page.locator("input[name=has_money][value=no]").check(force=True)
    page.get_by_role("button", name="保存并继续").last.click()
    page.wait_for_url("**/form/papers/")
    page.set_input_files("input[name=rules]", _picture())
    if _scripts_on():
        expect(page.locator("input[name=rules-transfer]")).not_to_have_value("", timeout=15_000)
    page.locator("input[name=declared]").check(force=True)
    page.get_by_role("button", name="保存并继续").last.click()
    page.wait_for_url("**/check/")
    page.get_by_role("button", name="核对后提交").or_(page.locator("main button.c")).first.click()
    page.wait_for_url(case)
    expect(page.locator("main")).to_contain_text("BA-")
    number = page.locator("main .code.big").first.inner_text()

    _as_official(page, address, f"/workbench/cases/{case.rstrip('/').rpartition('/')[2]}/")
    expect(page.locator("main")).to_contain_text(number)
    page.locator("details.fault summary").first.click()
    page.locator("details.fault textarea").first.fill("名称里缺少街道")
    page.get_by_role("button", name="退回补正").first.click()
    expect(page.locator("main")).to_contain_text("待补正")

    _as(page, address, "RESIDENT")
    page.goto(case)
    expect(page.locator("main")).to_contain_text("名称里缺少街道")
    page.goto(form)
    page.fill("input[name=name]", "示例市示例街道××社区乒乓球队")
    page.get_by_role("button", name="保存并继续").last.click()
    page.wait_for_url("**/form/people/")
    page.goto(f"{case}check/")
    page.locator("main button.c").first.click()
    page.wait_for_url(case)

    _as_official(page, address, f"/workbench/cases/{case.rstrip('/').rpartition('/')[2]}/")
    page.get_by_role("button", name="受理", exact=True).click()
    page.get_by_role("button", name="审查完毕").click()
    page.fill("textarea[name=reason]", "活动场所尚未落实")
    page.get_by_role("button", name="不予备案").click()
    _as(page, address, "RESIDENT")
    page.goto(case)
    expect(page.locator("main")).to_contain_text("活动场所尚未落实")


JOURNEYS: dict[str, Callable[[Page, str], None]] = {
    "find": find,
    "sign_in": sign_in,
    "modes": modes,
    "language": language,
    "parameters": parameters,
    "narrow": narrow,
    "keep": keep,
    "sign_up": sign_up,
    "passkey": passkey,
    "hand_in": hand_in,
    "announce": announce,
    "looked": looked,
    "handler": handler,
    "verify": verify,
    "counter": counter,
    "in_charge": in_charge,
    "layers": layers,
    "file_group": file_group,
}


def main() -> None:
    """Make one journey; a failed expectation ends the process with its reason."""
    name, address, scripts, width = sys.argv[1:5]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(
            viewport={"width": int(width), "height": 900}, java_script_enabled=scripts == "on", locale="zh-CN"
        )
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
        JOURNEYS[name](page, address)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{wide} pixels of sideways scroll"
        assert not faults, faults
        browser.close()


if __name__ == "__main__":
    main()
