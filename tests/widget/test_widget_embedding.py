"""The script on other people's pages: strict policies, old markup, wild style sheets, own colours and words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from chat_page import PHONE, Chat
from playwright.sync_api import BrowserContext, expect
from processes import Server

#: A strict page allows its own scripts and styles and nothing inline.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; require-trusted-types-for 'script'"
)
TAG = '<script src="/webhooks/web/nmt-chat.js" defer></script>'

OnPage = Callable[[str], Chat]


@pytest.fixture
def on_page(contexts: Callable[..., BrowserContext], server: Server) -> OnPage:
    """A page of ours with some markup, at the assistant's own address."""

    def make(markup: str) -> Chat:
        page = contexts().new_page()
        body = f"<!doctype html><html lang='en'><title>A clinic</title>{markup}"
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY}
        page.route("**/a-page", lambda route: route.fulfill(body=body, headers=headers))
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.goto(f"{server.url}/a-page")
        chat = Chat(page, server)
        chat.launcher.wait_for(state="attached")
        assert [one for one in complaints if "favicon" not in one] == []
        return chat

    return make


def test_one_script_tag_is_enough_under_a_strict_policy(on_page: OnPage):
    chat = on_page(TAG).open()
    chat.say("does it hurt?")

    expect(chat.panel).to_have_css("position", "fixed")  # the style sheet was let in
    expect(chat.panel.locator("h2")).to_have_text("Harbor Lane Neuromuscular Clinic (example)")


def test_the_tag_carries_the_attributes(on_page: OnPage):
    chat = on_page(TAG.replace("defer", 'defer data-heading="Ask Harbor Lane" data-label="Help" data-position="left"'))
    box = chat.launcher.bounding_box()

    expect(chat.launcher).to_have_text("Help")
    assert box is not None
    assert box["x"] < 100
    expect(chat.open().panel.locator("h2")).to_have_text("Ask Harbor Lane")


def test_an_element_of_the_page_is_used_and_its_words_replace_ours(on_page: OnPage):
    words = '<script type="application/json">{"launch": "Fragen?", "welcome": "Guten Tag!", "unknown": 1}</script>'
    chat = on_page(f"<nmt-chat privacy='/privacy' open>{words}</nmt-chat>{TAG}")

    assert chat.element.count() == 1
    expect(chat.panel).to_contain_text("Guten Tag!")
    expect(chat.element.get_by_role("link", name="Privacy")).to_have_attribute("href", "/privacy")
    chat.page.keyboard.press("Escape")


def test_the_greeting_names_the_emergency_number_of_the_clinics_country(on_page: OnPage):
    expect(on_page(TAG).open().element.locator(".welcome .hint")).to_contain_text("In an emergency, call 911.")


def test_words_that_are_no_json_leave_the_standard_ones(on_page: OnPage):
    chat = on_page(f'<nmt-chat><script type="application/json">{{oops</script></nmt-chat>{TAG}')

    expect(chat.launcher).to_have_text("Ask a question")


def test_the_look_of_the_page_does_not_leak_in_but_its_variables_do(on_page: OnPage):
    style = "* { font: italic 40px serif !important; color: red !important } nmt-chat { --nmt-chat-accent: #123456 }"
    chat = on_page(TAG)
    chat.page.evaluate(
        "(style) => { const sheet = new CSSStyleSheet(); sheet.replaceSync(style); document.adoptedStyleSheets = [sheet]; }",
        style,
    )

    expect(chat.launcher).to_have_css("background-color", "rgb(18, 52, 86)")
    expect(chat.launcher).to_have_css("font-size", "16px")
    expect(chat.launcher).to_have_css("font-style", "normal")
    expect(chat.launcher).not_to_have_css("color", "rgb(255, 0, 0)")


@pytest.mark.parametrize(("theme", "scheme"), [("dark", "dark"), ("light", "light")])
def test_a_page_can_choose_the_theme(theme: str, scheme: str, on_page: OnPage):
    chat = on_page(f"<nmt-chat theme='{theme}'></nmt-chat>{TAG}")

    expect(chat.element.locator(".frame")).to_have_css("color-scheme", scheme)


def test_nothing_is_fetched_until_it_is_opened(contexts: Callable[..., BrowserContext], server: Server):
    page = contexts().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    page.goto(server.url)
    chat = Chat(page, server)
    chat.launcher.wait_for()
    page.wait_for_load_state("networkidle")

    assert all(url.startswith(server.url) for url in asked)
    assert not [url for url in asked if "socket.io" in url]
    chat.open()
    assert any("socket.io" in url for url in asked)


def test_the_token_can_be_kept_for_the_tab_alone(on_page: OnPage):
    chat = on_page(f"<nmt-chat storage='session'></nmt-chat>{TAG}").open()
    chat.say("does it hurt?")

    assert chat.page.evaluate("localStorage.length") == 0
    chat.page.reload()
    expect(chat.replies).to_have_count(1)


def test_an_element_that_is_moved_keeps_its_conversation(on_page: OnPage):
    chat = on_page(TAG).open()
    chat.say("does it hurt?")
    chat.page.evaluate(
        "() => { const main = document.createElement('main'); document.body.append(main);"
        " main.append(document.querySelector('nmt-chat')); }"
    )

    expect(chat.replies).to_have_count(1)


def test_a_chat_that_opens_with_the_page_on_a_phone_points_at_no_button(
    contexts: Callable[..., BrowserContext], server: Server
):
    page = contexts(viewport=PHONE).new_page()
    body = f"<!doctype html><html lang='en'><title>A clinic</title>{TAG.replace('defer', 'data-open defer')}"
    page.route("**/a-page", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto(f"{server.url}/a-page")
    chat = Chat(page, server)

    expect(chat.panel).to_be_visible()
    expect(chat.panel).to_be_focused()


def test_a_small_phone_has_room_for_the_heading_and_the_number(contexts: Callable[..., BrowserContext], server: Server):
    page = contexts(viewport={"width": 320, "height": 480}).new_page()
    page.goto(server.url)
    chat = Chat(page, server).open()
    heading = chat.panel.locator("h2").bounding_box()
    assert heading is not None
    assert heading["y"] >= 6
    chat.element.get_by_role("button", name="More", exact=True).click()
    number = chat.element.locator(".menu .number")

    expect(number).to_have_text("(512) 555-0142")
    assert number.evaluate("(number) => number.getClientRects().length") == 1


def test_thanks_do_not_lie_over_the_field_for_a_comment(contexts: Callable[..., BrowserContext], server: Server):
    page = contexts(viewport=PHONE).new_page()
    page.goto(server.url)
    chat = Chat(page, server).open()
    chat.say("does it hurt?").get_by_role("button", name="This helped").click()
    expect(chat.notice).to_contain_text("Thank you")
    thanks, send = chat.notice.bounding_box(), chat.element.get_by_text("Send comment").bounding_box()

    assert thanks is not None
    assert send is not None
    assert thanks["y"] + thanks["height"] <= send["y"]
