"""What the tests of the evaluation let an assistant say."""

from nmt_guide.evaluation.replies import Heard


def heard(text="", *metadata, ranking=(), confidence=0.9):
    """A message, the metadata of the replies, and the ranking that the classifier gave."""
    ranked = [list(pair) for pair in ranking]
    questions = ({"text": text, "ranking": ranked, "confidence": confidence, "facets": {}},) if ranked else ()
    return Heard(text, questions, metadata, tuple("words" for _ in metadata))


def answer(topic, **facets):
    return {"kind": "answer", "topic": topic, "facets": facets}


def offer(*topics):
    return {"kind": "clarify", "options": list(topics)}


def alarm(level="call_emergency_now", flag="rf_heart", topic="red_flags"):
    return {"kind": "safety", "level": level, "flag": flag, "topic": topic}
