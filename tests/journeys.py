"""Journeys as a person makes them. Run by `tests.test_browser` in a process of its own.

`python -m tests.journeys NAME ADDRESS on|off WIDTH`; LOGIN and PASSWORD name a registry officer.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Callable

from playwright.sync_api import Page, expect, sync_playwright

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


def _scripts(page: Page) -> bool:
    return sys.argv[3] == "on"


JOURNEYS: dict[str, Callable[[Page, str], None]] = {
    "find": find,
    "sign_in": sign_in,
    "modes": modes,
    "language": language,
    "parameters": parameters,
    "narrow": narrow,
    "keep": keep,
    "handler": handler,
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
