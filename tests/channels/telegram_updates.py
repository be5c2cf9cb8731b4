"""One update of every kind that the Bot API documents, and one message of every kind of content."""

from __future__ import annotations

import itertools
from typing import Any

from bot_api import BOT

_numbers = itertools.count(870_000_001)
ANNA = {"id": 4711, "is_bot": False, "first_name": "Anna", "username": "anna", "language_code": "en"}
GROUP = {"id": -1001234, "type": "supergroup", "title": "Back pain"}
_FILE = {"file_id": "AgAD", "file_unique_id": "AQAD"}
_PHOTO = [{**_FILE, "width": 90, "height": 67, "file_size": 1253}]


def user(chat: int) -> dict[str, Any]:
    return {**ANNA, "id": chat}


def message(chat: int, number: int = 1, **content: Any) -> dict[str, Any]:
    return {
        "message_id": number, "from": user(chat), "chat": {"id": chat, "type": "private", "first_name": "Anna"},
        "date": 1_795_000_000, **content,
    }  # fmt: skip


def update(**content: Any) -> dict[str, Any]:
    return {"update_id": next(_numbers), **content}


def text(chat: int, words: str, **more: Any) -> dict[str, Any]:
    return update(message=message(chat, text=words, **more))


def press(chat: int, key: str, number: int = 1, markup: Any = None) -> dict[str, Any]:
    shown = message(chat, number, text="...", reply_markup=markup) if markup else message(chat, number, text="...")
    query = {"id": f"43823{next(_numbers)}", "from": user(chat), "message": {**shown, "from": BOT}}
    return update(callback_query={**query, "chat_instance": "-342", "data": key})


#: Content that a person expects an answer to, and a word of that answer.
ANSWERED = {
    "photo": ({"photo": _PHOTO}, "pictures"),
    "video": ({"video": {**_FILE, "width": 1, "height": 1, "duration": 1}}, "videos"),
    "video_note": ({"video_note": {**_FILE, "length": 1, "duration": 1}}, "videos"),
    "animation": (
        {"animation": {**_FILE, "width": 1, "height": 1, "duration": 1}, "document": _FILE},
        "videos",
    ),
    "story": ({"story": {"chat": GROUP, "id": 1}}, "stories"),
    "paid_media": ({"paid_media": {"star_count": 1, "paid_media": []}}, "pictures"),
    "voice": ({"voice": {**_FILE, "duration": 3}}, "listen"),
    "audio": ({"audio": {**_FILE, "duration": 3}}, "listen"),
    "document": ({"document": {**_FILE, "file_name": "mri.pdf"}}, "files"),
    "contact": ({"contact": {"phone_number": "15125550142", "first_name": "Bo"}}, "contacts"),
    "location": ({"location": {"longitude": -97.7, "latitude": 30.2}}, "town"),
    "venue": (
        {
            "venue": {"location": {"longitude": 1.0, "latitude": 2.0}, "title": "t", "address": "a"},
            "location": {"longitude": 1.0, "latitude": 2.0},
        },
        "map",
    ),
    "poll": ({"poll": {"id": "1", "question": "?", "options": [], "total_voter_count": 0}}, "polls"),
    "checklist": ({"checklist": {"title": "t", "tasks": []}}, "checklists"),
    "sticker": ({"sticker": {**_FILE, "type": "regular", "emoji": "👍"}}, "sticker"),
    "dice": ({"dice": {"emoji": "🎲", "value": 6}}, "words"),
    "game": ({"game": {"title": "t", "description": "d", "photo": _PHOTO}}, "words"),
}  # fmt: skip

#: Messages that say something about the chat, and nothing to us.
SERVICE = {
    name: {name: content}
    for name, content in {
        "new_chat_members": [ANNA], "left_chat_member": ANNA, "new_chat_title": "t", "new_chat_photo": _PHOTO,
        "delete_chat_photo": True, "group_chat_created": True, "supergroup_chat_created": True,
        "channel_chat_created": True, "message_auto_delete_timer_changed": {"message_auto_delete_time": 86400},
        "migrate_to_chat_id": -100, "migrate_from_chat_id": -200, "pinned_message": {"message_id": 1, "date": 0},
        "invoice": {"title": "t", "description": "d", "start_parameter": "s", "currency": "USD", "total_amount": 1},
        "successful_payment": {"currency": "USD", "total_amount": 1, "invoice_payload": "p"}, "refunded_payment": {},
        "users_shared": {"request_id": 1, "users": []}, "chat_shared": {"request_id": 1, "chat_id": 2}, "gift": {},
        "unique_gift": {}, "connected_website": "example.com", "write_access_allowed": {"from_request": True},
        "passport_data": {"data": [], "credentials": {}}, "proximity_alert_triggered": {"distance": 1},
        "boost_added": {"boost_count": 1}, "chat_background_set": {"type": {}}, "checklist_tasks_done": {},
        "checklist_tasks_added": {}, "direct_message_price_changed": {}, "forum_topic_created": {"name": "t"},
        "forum_topic_edited": {}, "forum_topic_closed": {}, "forum_topic_reopened": {},
        "general_forum_topic_hidden": {}, "general_forum_topic_unhidden": {}, "giveaway_created": {},
        "giveaway": {"chats": []}, "giveaway_winners": {}, "giveaway_completed": {}, "paid_message_price_changed": {},
        "video_chat_scheduled": {"start_date": 0}, "video_chat_started": {}, "video_chat_ended": {"duration": 1},
        "video_chat_participants_invited": {"users": []}, "web_app_data": {"data": "d", "button_text": "b"},
        "something_new": {"of": "next year"},
    }.items()
}  # fmt: skip


def other_updates(chat: int) -> dict[str, dict[str, Any]]:
    """Updates of every kind that is neither a message nor a press, in or about a chat."""
    here = {"id": chat, "type": "private", "first_name": "Anna"}
    channel = {"id": -100777, "type": "channel", "title": "News"}
    post = {"message_id": 5, "sender_chat": channel, "chat": channel, "date": 1_795_000_000, "text": "Does it hurt?"}
    member = {"status": "kicked", "user": BOT, "until_date": 0}
    kinds: dict[str, Any] = {
        "channel_post": post,
        "edited_channel_post": {**post, "edit_date": 1_795_000_001},
        "business_connection": {"id": "b", "user": user(chat), "user_chat_id": chat, "date": 0, "is_enabled": True},
        "business_message": message(chat, text="Does it hurt?", business_connection_id="b"),
        "edited_business_message": message(chat, text="Does it hurt?", business_connection_id="b"),
        "deleted_business_messages": {"business_connection_id": "b", "chat": here, "message_ids": [1]},
        "message_reaction": {"chat": here, "message_id": 1, "user": user(chat), "date": 0, "old_reaction": [], "new_reaction": [{"type": "emoji", "emoji": "👍"}]},
        "message_reaction_count": {"chat": channel, "message_id": 1, "date": 0, "reactions": []},
        "inline_query": {"id": "1", "from": user(chat), "query": "pain", "offset": ""},
        "chosen_inline_result": {"result_id": "1", "from": user(chat), "query": "pain"},
        "shipping_query": {"id": "1", "from": user(chat), "invoice_payload": "p", "shipping_address": {}},
        "pre_checkout_query": {"id": "1", "from": user(chat), "currency": "USD", "total_amount": 1, "invoice_payload": "p"},
        "purchased_paid_media": {"from": user(chat), "paid_media_payload": "p"},
        "poll": {"id": "1", "question": "?", "options": [], "total_voter_count": 0, "is_closed": True},
        "poll_answer": {"poll_id": "1", "user": user(chat), "option_ids": [0]},
        "my_chat_member": {"chat": here, "from": user(chat), "date": 0, "old_chat_member": member, "new_chat_member": member},
        "chat_member": {"chat": here, "from": user(chat), "date": 0, "old_chat_member": member, "new_chat_member": member},
        "chat_join_request": {"chat": channel, "from": user(chat), "user_chat_id": chat, "date": 0},
        "chat_boost": {"chat": channel, "boost": {}},
        "removed_chat_boost": {"chat": channel, "boost_id": "1", "remove_date": 0, "source": {}},
        "kind_of_next_year": {"chat": here, "text": "Does it hurt?"},
    }  # fmt: skip
    return {kind: update(**{kind: content}) for kind, content in kinds.items()}
