"""/docs: the contract as a page, from this origin alone."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.tab import WATCH
from tests.support.contract import operations
from tests.support.stack import LocalStack

pytestmark = pytest.mark.browser


def test_the_contract_is_shown_without_a_request_to_anywhere_else(browser: Browser, stack: LocalStack) -> None:
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.add_init_script(WATCH)
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: complaints.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto(f"{stack.page}/docs")
    shown = page.locator(".opblock-summary")
    expect(shown).to_have_count(len(operations()))
    for operation in operations():
        expect(shown.filter(has_text=operation.method).filter(has_text=operation.path).first).to_be_visible()

    # One of them, opened and sent.
    page.locator(".opblock", has_text="/api/health").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table .response-col_status").last).to_contain_text("200")

    assert {url for url in asked if not url.startswith((f"{stack.page}/", "data:"))} == set()
    assert complaints == []
    context.close()
