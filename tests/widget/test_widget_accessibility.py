"""WCAG 2.2 AA: axe-core finds nothing in any state, and everything can be done by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chat_page import DESKTOP, PHONE, Chat
from playwright.sync_api import expect

NewChat = Callable[..., Chat]

LOOKS = {
    "light": {"viewport": DESKTOP},
    "dark": {"viewport": DESKTOP, "color_scheme": "dark"},
    "forced colours": {"viewport": DESKTOP, "forced_colors": "active"},
    "phone": {"viewport": PHONE, "is_mobile": True, "has_touch": True},
    "phone, dark": {"viewport": PHONE, "is_mobile": True, "has_touch": True, "color_scheme": "dark"},
    "zoomed to 400 %": {"viewport": {"width": 320, "height": 256}},
}
#: All that axe can check of WCAG 2.2 AA, and what it holds to be good practice.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CARD = {
    "id": "maya", "title": "Maya Ortiz", "subtitle": "Certified in NMT", "lines": ["1.2 miles away"],
    "phone": "(512) 555-0142", "links": [{"title": "Book online", "url": "https://example.com/book"}],
    "buttons": [{"title": "More about Maya", "payload": "/x"}],
}  # fmt: skip


@pytest.fixture
def violations(packages: Path) -> Callable[[Chat], list[str]]:
    """What axe-core finds on the page."""
    axe = (packages / "node_modules" / "axe-core" / "axe.min.js").read_text()

    def find(chat: Chat) -> list[str]:
        chat.page.evaluate(f"window.axe || (() => {{ {axe} }})()")
        # With forced colours the browser paints others than those that axe reads.
        forced = chat.page.evaluate("matchMedia('(forced-colors: active)').matches")
        options = {"runOnly": TAGS, "rules": {"color-contrast": {"enabled": not forced}}}
        found: list[dict[str, Any]] = chat.page.evaluate(
            "(options) => axe.run(document, options).then((result) => result.violations)", options
        )
        return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]

    return find


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_in_any_state(look: str, new_chat: NewChat, violations: Callable[[Chat], list[str]]):
    chat = new_chat(**LOOKS[look])
    found = {"closed": violations(chat)}
    chat.open()
    found["greeting"] = violations(chat)

    reply = chat.say("does it flush out toxins?")
    found["conversation"] = violations(chat)
    reply.get_by_role("button", name="This did not help").click()
    reply.get_by_label("What was missing or wrong?").wait_for()
    found["comment"] = violations(chat)
    chat.element.locator(".chip.strong").hover()
    found["comment, pointed at"] = violations(chat)
    reply.get_by_role("button", name="No comment").click()
    reply.get_by_role("button", name="Tell me more").click()
    chat.replies.nth(1).wait_for()
    found["quick reply used"] = violations(chat)
    chat.say("my chest hurts and my left arm is numb")
    found["urgent"] = violations(chat)
    chat.say("my calf is swollen and warm since the flight")
    found["doctor today"] = violations(chat)
    chat.say("can I come with eliquis")
    found["caution"] = violations(chat)

    metadata = {"kind": "directory", "intro": "I found one.", "cards": [CARD]}
    chat.put("a therapist?", {"text": "I found one.", "metadata": metadata})
    chat.reload()
    chat.element.locator(".card").wait_for()
    found["cards"] = violations(chat)
    chat.element.get_by_role("button", name="More", exact=True).click()
    found["menu"] = violations(chat)
    chat.element.locator(".menu").get_by_text("Delete this conversation").click()
    found["confirmation"] = violations(chat)
    chat.element.get_by_role("button", name="Keep it").click()
    chat.field.fill("a" * 4010)
    found["too long"] = violations(chat)

    chat.page.context.set_offline(True)
    chat.field.fill("does it hurt?")
    chat.field.press("Enter")
    expect(chat.asked.last).to_contain_text("Waiting for the connection")
    expect(chat.element.locator(".banner")).to_contain_text("No connection right now")
    found["offline"] = violations(chat)

    assert [f"{state}: {violation}" for state, all_of in found.items() for violation in all_of] == []


def test_all_of_it_can_be_done_by_keyboard(new_chat: NewChat):
    chat = new_chat()
    keys = chat.page.keyboard
    chat.launcher.focus()
    keys.press("Enter")
    expect(chat.field).to_be_focused()
    chat.element.locator(".welcome .chips").wait_for(state="attached")
    keys.type("does it hurt?")
    keys.press("Enter")
    chat.replies.first.wait_for()
    expect(chat.field).to_be_focused()

    more = chat.replies.first.get_by_role("button", name="Tell me more")
    for _ in range(20):
        keys.press("Shift+Tab")
        if more.evaluate("(button) => button.getRootNode().activeElement === button"):
            break
    expect(more).to_be_focused()
    keys.press("Space")
    chat.replies.nth(1).wait_for()
    expect(more).to_be_focused()  # it is used, and where the client stands all the same

    chat.element.get_by_role("button", name="More", exact=True).focus()
    keys.press("Enter")
    expect(chat.element.locator(".menu a, .menu button").first).to_be_focused()
    keys.press("Escape")
    expect(chat.element.get_by_role("button", name="More", exact=True)).to_be_focused()
    expect(chat.panel).to_be_visible()
    keys.press("Escape")
    expect(chat.panel).to_be_hidden()
    expect(chat.launcher).to_be_focused()


def test_a_window_over_the_whole_screen_keeps_the_focus_inside(new_chat: NewChat):
    chat = new_chat(viewport=PHONE).open()
    for _ in range(30):
        chat.page.keyboard.press("Tab")
        focused = chat.page.evaluate("document.activeElement.localName")
        assert focused in ("nmt-chat", "body")  # body: the browser's own controls, which come after the last one
    chat.page.keyboard.press("Escape")

    expect(chat.launcher).to_be_focused()


def test_turning_the_screen_keeps_the_window_and_what_was_typed(new_chat: NewChat):
    chat = new_chat().open()
    chat.field.fill("does it")
    modal = chat.element.locator("dialog.panel:modal")
    chat.page.set_viewport_size(PHONE)
    expect(chat.panel).to_have_css("width", "390px")
    expect(modal).to_be_visible()
    chat.page.set_viewport_size(DESKTOP)

    expect(modal).to_have_count(0)  # the page hears of its new size some frames later
    expect(chat.panel).to_be_visible()
    expect(chat.field).to_be_focused()
    expect(chat.field).to_have_value("does it")


@pytest.mark.parametrize("look", ["light", "phone", "zoomed to 400 %"])
def test_every_button_is_large_enough_to_touch(look: str, new_chat: NewChat):
    chat = new_chat(**LOOKS[look]).open()
    chat.say("does it hurt?").get_by_role("button", name="This did not help").click()
    chat.say("i want to end it all")
    chat.element.get_by_role("button", name="More", exact=True).click()
    sizes = chat.element.locator("button:visible, .call:visible, .menu a:visible").evaluate_all(
        "(all) => all.map((one) => [one.textContent || one.ariaLabel, one.offsetWidth, one.offsetHeight])"
    )

    assert len(sizes) > 12
    assert [size for size in sizes if min(size[1:]) < 44] == []


def test_nothing_is_cut_off_at_400_percent(new_chat: NewChat):
    chat = new_chat(**LOOKS["zoomed to 400 %"])
    assert chat.page.evaluate("document.documentElement.scrollWidth") <= 320
    chat.open().say("how much does it cost?")

    assert chat.element.locator(".scroller").evaluate(
        "(box) => [box.scrollWidth <= box.clientWidth, box.clientHeight]"
    )[0]
    assert chat.element.locator(".scroller").evaluate("(box) => box.clientHeight") > 90
    expect(chat.field).to_be_in_viewport()


def test_only_what_is_new_is_announced(chat: Chat):
    live = chat.element.get_by_role("log")

    expect(live).to_have_attribute("aria-relevant", "additions")
    chat.say("does it hurt?")
    # The same nodes stay, whatever comes after: one that is put in again is read again.
    chat.element.locator(".message").evaluate_all("(all) => all.forEach((one) => { one.seen = true; })")
    chat.say("how much does it cost?")
    assert chat.element.locator(".message").evaluate_all("(all) => all.map((one) => one.seen ?? false)") == [
        True, True, False, False,
    ]  # fmt: skip
    for tools in chat.element.locator(".after").all():
        expect(tools).to_have_attribute("aria-live", "off")
