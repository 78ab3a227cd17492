"""Journeys as a person makes them. Run by `tests.test_browser` in a process of its own.

`python -m tests.journeys NAME ADDRESS on|off WIDTH`; LOGIN and PASSWORD name a registry officer.
"""

from __future__ import annotations

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
    page.locator("main table a").first.click()
    expect(page.locator("main")).to_contain_text("示例市名录")
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


def _scripts(page: Page) -> bool:
    return sys.argv[3] == "on"


JOURNEYS: dict[str, Callable[[Page, str], None]] = {
    "find": find,
    "sign_in": sign_in,
    "modes": modes,
    "language": language,
    "parameters": parameters,
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
