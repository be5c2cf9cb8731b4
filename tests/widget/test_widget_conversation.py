"""What clients do in the chat."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

from chat_page import PHONE, Chat
from playwright.sync_api import expect

NewChat = Callable[..., Chat]


def test_an_answer_names_its_sources_as_links(chat: Chat):
    reply = chat.say("does it flush out toxins?")
    links = reply.locator(".sources a")

    expect(reply).to_contain_text("a common myth")
    assert links.count() >= 1
    assert {link.get_attribute("rel") for link in links.all()} == {"noopener noreferrer"}
    assert "https://" not in chat.messages()[-1]


def test_the_question_stands_above_its_answer(chat: Chat):
    chat.say("does it hurt?")
    chat.say("how much does it cost?")

    assert [chat.messages().index(text) for text in ("does it hurt?", "how much does it cost?")] == [0, 2]


def test_lines_with_a_dash_are_a_list_and_phone_numbers_dial(chat: Chat):
    reply = chat.say("how much does it cost?")

    assert reply.locator(".bubble > ul > li").count() >= 3
    expect(reply.get_by_role("link", name="(512) 555-0142")).to_have_attribute("href", "tel:5125550142")


def test_a_suggested_question_begins_the_conversation(chat: Chat):
    chat.element.locator(".welcome .chips").get_by_role("button", name="Prices").click()

    expect(chat.replies).to_contain_text(["Here is our price list"])
    expect(chat.element.locator(".welcome .chips")).to_be_hidden()


def test_a_quick_reply_can_be_pressed_once(chat: Chat):
    first = chat.say("does it hurt?")
    more = first.get_by_role("button", name="Tell me more")
    more.click()
    chat.replies.nth(1).wait_for()

    expect(chat.asked).to_have_text([re.compile("does it hurt"), re.compile("Tell me more")])
    expect(more).to_have_attribute("aria-disabled", "true")
    assert first.locator(".chip:visible").count() == 1
    more.click(force=True)
    chat.say("how much does it cost?")
    assert chat.asked.count() == 3


def test_a_reload_brings_the_history_back_in_silence(chat: Chat):
    chat.say("does it hurt?")
    before = chat.messages()
    chat.page.reload()
    chat.replies.first.wait_for()

    assert chat.panel.is_visible()  # it was open in this tab
    assert chat.messages() == before
    live = chat.element.locator("[role=log]")
    assert live.get_attribute("aria-live") == "off"
    expect(live).to_have_attribute("aria-live", "polite")


def test_a_phone_is_not_covered_again_by_the_next_page(new_chat: NewChat):
    chat = new_chat(viewport=PHONE, is_mobile=True, has_touch=True).open()
    chat.page.reload()

    expect(chat.launcher).to_be_visible()
    expect(chat.panel).to_be_hidden()


def test_a_second_tab_sees_both_sides(chat: Chat, new_chat: NewChat):
    other = new_chat(chat.page.context).open()
    chat.say("does it hurt?")
    expect(other.replies).to_have_count(1)
    other.say("how much does it cost?")
    expect(chat.replies).to_have_count(2)

    assert other.messages() == chat.messages()


def test_a_closed_chat_counts_what_came_in(chat: Chat, new_chat: NewChat):
    chat.say("does it hurt?")
    other = new_chat(chat.page.context)
    other.page.evaluate("document.querySelector('nmt-chat').close()")
    chat.say("how much does it cost?")
    expect(other.launcher).to_have_attribute("data-unread", "")  # it was read in the first tab
    chat.element.get_by_role("button", name="Close the chat").click()
    chat.put("and cupping?", {"text": "Cupping is something else."})
    chat.page.reload()

    expect(chat.launcher).to_have_attribute("data-unread", "1")
    expect(chat.launcher).to_have_accessible_name("Ask a question, 1 new")
    chat.launcher.click()
    expect(chat.launcher).to_have_attribute("data-unread", "")


def test_markup_in_a_message_is_text(chat: Chat):
    markup = "<script>document.title='broken'</script><img src=x onerror=\"document.title='broken'\">"
    chat.say(markup)
    chat.put("and from there?", {"text": f"{markup}\n- {markup}\njavascript:alert(1) https://example.com/<b>x"})
    chat.reload()

    assert chat.messages()[0] == markup
    assert markup in chat.messages()[-1]
    assert chat.element.locator("script, .message img, .message b").count() == 0
    assert "broken" not in chat.page.title()


def test_links_of_other_schemes_are_no_links(chat: Chat):
    links = [{"title": "Bad", "url": "javascript:alert(1)"}, {"title": "Good", "url": "https://example.com/"}]
    chat.put("sources?", {"text": "Here.", "metadata": {"kind": "answer", "links": links}})
    chat.reload()

    assert [link.get_attribute("href") for link in chat.replies.locator("a").all()] == ["https://example.com/"]
    expect(chat.replies.locator(".sources li").first).to_have_text("Bad")


def test_right_to_left_text_finds_its_direction(chat: Chat):
    arabic = "هل العلاج مؤلم؟"
    chat.field.fill(arabic)
    assert chat.field.evaluate("(field) => getComputedStyle(field).direction") == "rtl"
    chat.say(arabic)
    said = chat.asked.locator(".said").first

    assert said.evaluate("(said) => getComputedStyle(said).direction") == "rtl"
    assert chat.replies.locator("p[dir]").first.evaluate("(said) => getComputedStyle(said).direction") == "ltr"


def test_the_longest_message_is_sent_and_a_longer_one_is_not(chat: Chat):
    chat.field.fill("ow " * 1333 + "ow")
    expect(chat.element.locator(".counter")).to_have_text("1 characters too many")
    expect(chat.field).to_have_attribute("aria-invalid", "true")
    chat.field.press("Enter")
    assert chat.asked.count() == 0
    reply = chat.say("ow " * 1333 + "o")

    expect(reply).to_be_visible()
    assert chat.panel.evaluate("(panel) => panel.scrollWidth <= panel.clientWidth")


def test_a_word_without_end_does_not_break_the_window(chat: Chat):
    chat.say("o" * 3900)

    assert chat.element.locator(".scroller").evaluate("(box) => box.scrollWidth <= box.clientWidth")


def test_shift_and_enter_break_the_line(chat: Chat):
    chat.field.press_sequentially("does it")
    chat.field.press("Shift+Enter")
    chat.field.press_sequentially("hurt?")
    height = chat.field.bounding_box()["height"]
    chat.field.press("Enter")
    chat.replies.first.wait_for()

    assert chat.messages()[0] == "does it\nhurt?"
    assert chat.field.bounding_box()["height"] < height


def test_enter_belongs_to_the_input_method_while_it_composes(chat: Chat):
    chat.field.fill("肩こり")
    chat.field.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})

    assert chat.asked.count() == 0
    chat.field.press("Enter")
    expect(chat.asked).to_have_count(1)


def test_200_messages_stay_in_order_and_quick_to_use(chat: Chat):
    for number in range(100):
        chat.put(f"question {number}", {"text": f"answer {number}\n- one\n- two"})
    chat.reload()
    chat.replies.nth(99).wait_for()
    shown = chat.messages()

    assert shown[::2] == [f"question {number}" for number in range(100)]
    assert (
        chat.element.locator(".scroller").evaluate("(box) => box.scrollHeight - box.scrollTop - box.clientHeight") < 2
    )
    chat.say("does it hurt?")
    assert len(chat.messages()) == 202


def test_new_messages_do_not_move_a_client_who_reads_back(chat: Chat, new_chat: NewChat):
    for number in range(20):
        chat.put(f"question {number}", {"text": "A long answer. " * 20})
    chat.reload()
    chat.replies.nth(19).wait_for()
    scroller = chat.element.locator(".scroller")
    scroller.evaluate("(box) => box.scrollTop = 0")
    new_chat(chat.page.context).open().say("does it hurt?")
    jump = chat.element.get_by_role("button", name="New messages")
    jump.wait_for()

    assert scroller.evaluate("(box) => box.scrollTop") == 0
    jump.click()
    expect(chat.replies.last).to_be_in_viewport()
    expect(jump).to_be_hidden()


def test_an_emergency_looks_urgent_and_dials(chat: Chat):
    reply = chat.say("my chest hurts and my left arm is numb")

    expect(reply).to_contain_text("Urgent: please act now")
    expect(reply.locator(".call")).to_have_attribute("href", "tel:911")
    assert reply.locator(".chip, .tool[aria-pressed]").count() == 0


def test_a_crisis_line_can_be_called_and_texted(chat: Chat):
    reply = chat.say("i want to end it all")

    assert [link.get_attribute("href") for link in reply.locator(".call").all()] == ["tel:988", "sms:988", "tel:911"]


def test_the_helplines_of_every_country_can_be_called(chat: Chat):
    text = "call A on 1-800-555-0142, B on 0808 2000 555, C on 08000 555 700, D on 1800 55 55 55 or E on 1800 55 1800"
    chat.put("help", {"text": text, "metadata": {"kind": "safety", "level": "safety_and_human_handoff"}})
    chat.reload()

    assert [link.get_attribute("href") for link in chat.element.locator(".call").all()] == [
        "tel:18005550142", "tel:08082000555", "tel:08000555700", "tel:1800555555", "tel:1800551800",
    ]  # fmt: skip


def test_a_word_of_caution_is_calm(chat: Chat):
    reply = chat.say("can I come with eliquis")

    expect(reply).to_have_class(re.compile("calm"))
    assert reply.locator(".call").count() == 0


def test_therapists_are_cards(chat: Chat):
    card = {
        "id": "maya", "title": "Maya Ortiz", "subtitle": "Certified in NMT", "lines": ["1.2 miles away"],
        "phone": "(512) 555-0142", "links": [{"title": "Book online", "url": "https://example.com/book"}],
        "buttons": [{"title": "More about Maya", "payload": "/x"}],
    }  # fmt: skip
    metadata = {"kind": "directory", "intro": "I found one.", "cards": [card, {"id": "bare", "title": "Ben Carver"}]}
    chat.put("a therapist?", {"text": "I found one.\nMaya Ortiz, ...", "metadata": metadata})
    chat.reload()
    cards = chat.element.locator(".card")

    assert chat.messages()[-1] == "I found one."
    expect(cards).to_have_count(2)
    expect(cards.first.get_by_role("link", name="Call (512) 555-0142")).to_have_attribute("href", "tel:5125550142")
    expect(cards.first.get_by_role("link", name="Book online")).to_be_visible()
    expect(cards.first.get_by_role("button", name="More about Maya")).to_be_visible()


def test_a_rating_and_its_comment_are_kept(chat: Chat):
    reply = chat.say("does it hurt?")
    down = reply.get_by_role("button", name="This did not help")
    down.click()
    reply.get_by_label("What was missing or wrong?").fill("too short")
    reply.get_by_role("button", name="Send comment").click()
    expect(chat.notice).to_contain_text("Thank you")
    expect(down).to_be_focused()
    with sqlite3.connect(Path(chat.server.environment["NMT_VAR_DIR"]) / "knowledge.db") as database:
        kept = database.execute(
            "SELECT rating, topic, comment FROM web_feedback WHERE session = ?", (chat.session,)
        ).fetchall()
    database.close()

    assert kept == [("down", "session_pain", "too short")]
    chat.reload()
    expect(down).to_have_attribute("aria-pressed", "true")
    expect(reply.get_by_role("button", name="This helped")).to_have_attribute("aria-pressed", "false")


def test_an_answer_and_the_conversation_can_be_copied_and_saved(chat: Chat, tmp_path: Path):
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    reply = chat.say("does it hurt?")
    reply.get_by_role("button", name="Copy this answer").click()
    expect(chat.notice).to_have_text("Copied")
    copied = chat.page.evaluate("navigator.clipboard.readText()")
    with chat.page.expect_download() as download:
        chat.choose("Save as a text file")
    download.value.save_as(tmp_path / "chat.txt")
    saved = (tmp_path / "chat.txt").read_text()

    assert copied.splitlines()[0] in reply.inner_text()
    assert saved.startswith("Conversation with Harbor Lane")
    assert "does it hurt?" in saved
    assert copied in saved


def test_the_conversation_can_be_printed(chat: Chat):
    chat.say("does it hurt?")
    chat.page.context.add_init_script("window.print = () => undefined")
    with chat.page.expect_popup() as popup:
        chat.choose("Print")

    expect(popup.value.locator("pre")).to_contain_text("does it hurt?")


def test_a_deleted_conversation_is_gone_everywhere(chat: Chat, new_chat: NewChat):
    other = new_chat(chat.page.context).open()
    chat.say("does it hurt?")
    expect(other.replies).to_have_count(1)
    session = chat.session
    chat.choose("Delete this conversation")
    chat.element.get_by_role("button", name="Keep it").click()
    assert chat.replies.count() == 1
    chat.choose("Delete this conversation")
    chat.element.get_by_role("button", name="Delete", exact=True).click()

    expect(chat.notice).to_have_text("The conversation was deleted.")
    for tab in (chat, other):
        expect(tab.asked).to_have_count(0)
        expect(tab.element.locator(".welcome .chips")).to_be_visible()
    assert chat.entries.history(session) == []
    assert chat.session != session
    chat.say("how much does it cost?")
    expect(other.replies).to_have_count(1)
    other.reload()
    assert other.messages() == chat.messages()


def test_the_page_is_told_what_happens_but_not_what_was_written(new_chat: NewChat):
    chat = new_chat()
    names = ["open", "message", "reply", "feedback", "close", "delete", "state"]
    chat.page.evaluate(
        """(names) => {
            window.heard = [];
            for (const name of names) document.addEventListener(`nmt-chat:${name}`, (event) =>
                window.heard.push([name, event.detail]));
        }""",
        names,
    )
    chat.open().say("does it hurt?").get_by_role("button", name="This helped").click()
    expect(chat.notice).not_to_be_empty()
    chat.page.keyboard.press("Escape")
    expect(chat.launcher).to_be_focused()
    heard = chat.page.evaluate("window.heard")

    assert [name for name, _ in heard if name != "state"] == ["open", "message", "reply", "feedback", "close"]
    assert ["reply", {"kind": "answer", "topic": "session_pain"}] in heard
    assert "hurt" not in json.dumps(heard)


def test_a_button_of_the_page_asks(new_chat: NewChat):
    chat = new_chat()
    chat.page.get_by_role("button", name="How much does it cost?").click()

    expect(chat.replies).to_contain_text(["Here is our price list"])
