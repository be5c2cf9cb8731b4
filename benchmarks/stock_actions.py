"""The action of the stock assistants, as a tutorial would write it: it reads an answer from SQLite by SQLAlchemy.

`rasa run actions --actions benchmarks.stock_actions` serves it; the environment variable of `ANSWERS` names the database.
"""

from __future__ import annotations

import os
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy import create_engine, text

ANSWERS = "BENCHMARK_ANSWERS"
_engine = create_engine(f"sqlite:///{os.environ.get(ANSWERS, ':memory:')}")


class ActionAnswer(Action):
    """Says what the database holds for the intent, or for the response that the selector chose."""

    def name(self) -> str:
        """Name in the domain."""
        return "action_answer"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        """See parent class."""
        latest = tracker.latest_message
        topic = latest["intent"]["name"]
        selected = latest.get("response_selector", {}).get(topic, {}).get("response", {})
        with _engine.connect() as connection:
            query = text("SELECT text FROM answers WHERE topic = :topic")
            answer = connection.execute(query, {"topic": selected.get("intent_response_key") or topic}).scalar()
        dispatcher.utter_message(text=answer or "I am not sure what you mean. Could you say it in other words?")
        return []
