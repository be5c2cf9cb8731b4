"""What clients see when the network or the assistant goes away, and comes back."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator

import pytest
from chat_page import Chat
from playwright.sync_api import BrowserContext, Page, expect
from processes import Place, Server, free_port

NewChat = Callable[..., Chat]


def test_a_message_written_without_network_is_sent_when_it_is_back(chat: Chat):
    chat.say("does it hurt?")
    chat.page.context.set_offline(True)
    expect(chat.element.locator(".banner")).to_contain_text("No connection right now")
    expect(chat.element.locator(".banner a")).to_have_attribute("href", "tel:5125550142")
    chat.field.fill("how much does it cost?")
    chat.field.press("Enter")
    expect(chat.asked.last).to_contain_text("Waiting for the connection")
    chat.page.context.set_offline(False)

    expect(chat.replies).to_have_count(2)
    expect(chat.asked.last).not_to_contain_text("Waiting for the connection")
    expect(chat.element.locator(".banner")).to_be_empty()


def test_a_reply_that_came_while_the_network_was_away_is_delivered(chat: Chat):
    chat.say("does it hurt?")
    chat.page.context.set_offline(True)
    expect(chat.element.locator(".banner")).not_to_be_empty()
    chat.put("and cupping?", {"text": "Cupping is something else."})
    chat.page.context.set_offline(False)

    expect(chat.replies).to_have_count(2)
    assert chat.messages()[-1] == "Cupping is something else."


def test_after_a_minute_the_client_is_asked_whether_to_try_again(new_chat: NewChat):
    chat = new_chat()
    chat.page.clock.install()
    chat.open()
    chat.page.clock.run_for(2_000)
    chat.page.context.set_offline(True)
    chat.field.fill("does it hurt?")
    chat.field.press("Enter")
    chat.page.clock.run_for(70_000)
    expect(chat.asked).to_contain_text(["Not sent."])
    chat.page.context.set_offline(False)
    chat.page.clock.run_for(20_000)
    chat.page.clock.resume()
    expect(chat.element.locator(".banner")).to_be_empty()
    assert chat.replies.count() == 0
    chat.element.get_by_role("button", name="Try again").click()

    expect(chat.replies).to_have_count(1)
    expect(chat.asked).to_have_count(1)
    expect(chat.asked).not_to_contain_text("Not sent.")


def without_sockets(page: Page) -> None:
    """What a strict company network does."""
    page.route("**/webhooks/web/socket.io/**", lambda route: route.abort())
    page.route_web_socket("**/webhooks/web/socket.io/**", lambda socket: socket.close())


def test_where_sockets_are_blocked_plain_requests_do(contexts: Callable[..., BrowserContext], server: Server):
    page = contexts().new_page()
    without_sockets(page)
    page.goto(server.url)
    chat = Chat(page, server).open()
    reply = chat.say("does it hurt?")
    reply.get_by_role("button", name="This helped").click()
    expect(chat.notice).to_contain_text("Thank you")
    expect(chat.element.locator(".banner")).to_be_empty()
    chat.put("and cupping?", {"text": "Cupping is something else."})
    expect(chat.replies).to_have_count(2)
    session = chat.session
    chat.choose("Delete this conversation")
    chat.element.get_by_role("button", name="Delete", exact=True).click()

    expect(chat.asked).to_have_count(0)
    expect(chat.element.locator(".welcome .chips")).to_be_visible()
    assert chat.entries.history(session) == []
    chat.say("how much does it cost?")


def test_a_website_that_is_not_listed_is_told_of_the_setting_and_shows_the_phone(
    contexts: Callable[..., BrowserContext], server: Server
):
    page = contexts().new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    script = f"<script src='{server.url}/webhooks/web/nmt-chat.js' data-phone='(512) 555-0142' defer></script>"
    body = f"<!doctype html><html lang='en'><title>A clinic</title>{script}"
    page.route("https://clinic.example/", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto("https://clinic.example/")
    chat = Chat(page, server)
    chat.launcher.click()
    expect(chat.element.locator(".banner")).to_contain_text("You can also call us: (512) 555-0142")
    expect(chat.element.locator(".banner a")).to_have_attribute("href", "tel:5125550142")
    page.wait_for_timeout(500)

    hint = f"nmt-chat: {server.url} answers. Is https://clinic.example in its NMT_WEB_ORIGINS?"
    assert said.count(hint) == 1
    assert "'https://clinic.example'. If it is yours: add it to NMT_WEB_ORIGINS." in server.errors()


def test_a_conversation_that_is_unknown_here_begins_anew(chat: Chat):
    chat.say("does it hurt?")
    chat.page.evaluate(
        """() => {
            const key = Object.keys(localStorage).find((key) => key.startsWith("nmt-chat "));
            localStorage.setItem(key, JSON.stringify({...JSON.parse(localStorage[key]), token: "forged"}));
        }"""
    )
    chat.reload()

    assert chat.asked.count() == 0
    chat.say("how much does it cost?")


@pytest.fixture
def start(place: Place) -> Iterator[Callable[[], Server]]:
    """Starts an assistant of this test's own, always at the same address, that takes two messages a minute."""
    port = free_port()
    started: list[Server] = []

    def start() -> Server:
        environment = place.environment(NMT_PORT=str(port), NMT_WEB_MESSAGES_PER_MINUTE="2")
        log = place.folder / f"serve-{len(started)}.log"
        server = Server("the assistant", [sys.executable, "-m", "nmt_guide", "serve"], environment, log, port=port)
        started.append(server)
        server.wait_until_ready(f"{server.url}/webhooks/rest/")
        return server

    yield start
    for server in started:
        if server.popen.poll() is None:
            server.stop()


def test_an_assistant_that_dies_over_a_message_answers_it_when_it_is_back(
    start: Callable[[], Server], contexts: Callable[..., BrowserContext]
):
    server = start()
    page = contexts().new_page()
    page.goto(server.url)
    chat = Chat(page, server).open()
    chat.say("does it hurt?")
    server.popen.send_signal(signal.SIGSTOP)
    chat.field.fill("how much does it cost?")
    chat.field.press("Enter")
    expect(chat.element.locator(".typing")).to_be_visible()
    server.popen.send_signal(signal.SIGKILL)
    server.popen.wait()
    expect(chat.asked.last).to_contain_text("Waiting for the connection")
    start()
    # On a slow machine the start takes longer than the chat waits before it asks.
    again = chat.element.get_by_role("button", name="Try again")
    expect(again.or_(chat.replies.nth(1)).first).to_be_visible(timeout=120_000)
    if again.is_visible():
        again.click()

    expect(chat.replies).to_have_count(2)
    assert chat.messages()[0::2] == ["does it hurt?", "how much does it cost?"]
    expect(chat.replies.last).to_contain_text("Here is our price list")

    # The same assistant, asked too much.
    for question in ("what should i wear?", "do you take insurance?"):
        chat.field.fill(question)
        chat.field.press("Enter")
    expect(chat.asked.last).to_contain_text("Please wait a moment")
    expect(again).to_be_visible()
