"""The REST webhook described in OpenAPI 3.1, for people and for programs that write clients or test servers."""

from __future__ import annotations

from typing import Any

from nmt_guide.channels.rest_request import MAX_ID_CHARS, MAX_NAME_CHARS, NAME, RESERVED
from nmt_guide.knowledge.content import Level
from nmt_guide.settings import Settings

Schema = dict[str, Any]

KINDS = (
    "answer", "clarify", "fallback", "safety", "handoff", "directory", "form", "smalltalk", "privacy", "refusal",
)  # fmt: skip

_SECONDS = {"description": "Seconds to wait before the next attempt.", "schema": {"type": "integer", "minimum": 1}}


def description(settings: Settings) -> Schema:
    """The document.

    Args:
        settings: the longest message, and whether callers must show a token.
    """
    secured = any(
        getattr(settings, name) for name in ("rest_token", "rest_token_file", "rest_jwt_key", "rest_jwt_key_file")
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "NMT Guide",
            "version": "1",
            "description": "Ask the assistant a question, and get its messages: Rasa's REST channel, with metadata.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {
            "/webhooks/rest/webhook": {"post": _ask(secured)},
            "/webhooks/rest/": {
                "get": {
                    "operationId": "health",
                    "summary": "Whether the assistant runs.",
                    "responses": {"200": _json("It runs.", {"$ref": "#/components/schemas/Health"})},
                }
            },
            "/webhooks/rest/openapi.json": {
                "get": {
                    "operationId": "description",
                    "summary": "This description.",
                    "responses": {"200": _json("An OpenAPI document.", {"type": "object"})},
                }
            },
        },
        "components": {
            "schemas": _schemas(settings.max_message_chars),
            **({"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}} if secured else {}),
        },
    }


def _ask(secured: bool) -> Schema:
    waits = {"headers": {"Retry-After": _SECONDS}}
    errors = {
        "400": _error("The request is not as it must be; `error` says what is wrong."),
        "409": {**_error("A request with the same message id is still being answered."), **waits},
        "413": _error("The message or the request is too long."),
        "422": _error("The message id was used for another message."),
        "429": {**_error("Too many messages of this sender, or from this address."), **waits},
        "503": {**_error("Too many messages are being answered just now."), **waits},
    }
    if secured:
        challenge = {"headers": {"WWW-Authenticate": {"schema": {"type": "string"}}}}
        errors["401"] = {**_error("The token is missing, wrong, or has expired."), **challenge}
        errors["403"] = _error("The token is for another conversation.")
    replies = {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Message"}}
    return {
        "operationId": "ask",
        "summary": "Send a client's message and get what the assistant says.",
        "description": "A message id makes it safe to send a request again when no answer came: within a day, the same "
        "sender and id get the stored answer, and the assistant is not asked twice.",
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "The message id, for callers that cannot put it into the body.",
                # A header of HTTP carries no other characters.
                "schema": {"type": "string", "pattern": rf"^[!-~]{{1,{MAX_ID_CHARS}}}$"},
            }
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Request"}}},
        },
        "responses": {"200": _json("What the assistant says: one message or more.", replies), **errors},
        **({"security": [{"bearer": []}]} if secured else {}),
    }


def _schemas(most_chars: int) -> Schema:
    name = {"type": "string", "pattern": NAME}
    text = {"type": "string"}
    link = _object({"title": text, "url": text}, "title", "url")
    button = _object({"title": text, "payload": text}, "title", "payload")
    buttons = {"type": "array", "items": {"$ref": "#/components/schemas/Button"}}
    card = {
        "id": text,
        "title": text,
        "subtitle": {"type": ["string", "null"]},
        "lines": _list(text),
        "phone": {"type": ["string", "null"]},
        "links": _list({"$ref": "#/components/schemas/Link"}),
        "buttons": buttons,
    }
    metadata = {
        "kind": {"enum": list(KINDS), "description": "What the message is."},
        "topic": {**text, "description": "Id of the topic that it is about."},
        "facets": {"type": "object", "description": 'What the client named, for example `{"condition": "sciatica"}`.'},
        "sources": {**_list(text), "description": "Ids of the sources."},
        "links": {**_list({"$ref": "#/components/schemas/Link"}), "description": "The sources, to show."},
        "options": {**_list(text), "description": "Topic ids that the buttons offer, in order."},
        "level": {"enum": [*(level.value for level in Level), "check"], "description": "On safety: how urgent it is."},
        "flag": {**text, "description": "On safety: id of the red flag."},
        "cards": {
            **_list({"$ref": "#/components/schemas/Card"}),
            "description": "Therapists; the text names them too.",
        },
        "intro": {**text, "description": "What stands before the cards, where cards are shown."},
        "outage": {"type": "boolean", "description": "The assistant could not answer; asking again may help."},
    }
    request = {
        "sender": {
            **name,
            "maxLength": MAX_NAME_CHARS,
            "not": {"pattern": RESERVED},
            "description": "Names the conversation: one for each client, and hard to guess.",
        },
        "message": {
            **text,
            "maxLength": most_chars,
            "description": "The client's words, or the payload of a button that was offered to them.",
        },
        "metadata": {"type": ["object", "null"], "description": "Kept with the message."},
        "input_channel": {**name, "type": ["string", "null"], "maxLength": MAX_NAME_CHARS},
        "message_id": {
            **name,
            "type": ["string", "null"],
            "maxLength": MAX_ID_CHARS,
            "description": "Your name for this message, for example a UUID; a new one for every message.",
        },
    }
    message = {
        "recipient_id": {**text, "description": "The `sender` of the request."},
        "text": text,
        "buttons": buttons,
        "metadata": {"$ref": "#/components/schemas/Metadata"},
    }
    return {
        "Request": _object(request, "sender", "message"),
        "Message": _object(message, "recipient_id", "text", "metadata"),
        "Metadata": _object(metadata, "kind"),
        "Button": button,
        "Link": link,
        "Card": _object(card, "id", "title"),
        "Error": _object({"error": {**text, "minLength": 1}}, "error"),
        "Health": _object({"status": {"const": "ok"}}, "status"),
    }


def _object(properties: Schema, *required: str) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _json(text: str, schema: Schema) -> Schema:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _error(text: str) -> Schema:
    return _json(text, {"$ref": "#/components/schemas/Error"})
