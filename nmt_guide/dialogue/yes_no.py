"""A yes and a no: the words for them, and how they are read where a form or an offer asks.

Three kinds of question get a yes or a no. The words are the same, how they are read is not:

- **Forms and offers** (here): how a message begins is enough. A wrong reading costs a turn, and the client says so.
- **Consent** (`consent.py`): a message must say nothing but yes. Nothing may leave the conversation on half of one.
- **Screening questions and safety replies** (`danger.py`, `danger_words.py`): what is near a yes is one ("sometimes"), and a no
  that begins a sign is none ("no feeling in my foot"). To miss a danger is worse than to ask once more.
"""

from __future__ import annotations

import re

from nmt_guide.dialogue.model import Turn
from nmt_guide.dialogue.reading import follow_up_kind

#: Alternatives of regular expressions, for patterns that ignore case.
YES_WORDS = r"yes+|yeah|yeh|yea|yep|yup|ya"
#: What confirms that something is so; to whether something may be done it is no answer.
SO_IT_IS = r"si|correct|i do|i am|it is|it does|there is|they are|both"
NO_WORDS = r"no+|nope|nah"
#: What may stand before a no.
EXCLAIMING = (
    r"oh|omg|ugh|uh|um|well|lol|haha|god|gosh|good heavens|heavens|goodness|what|wtf|wow|eh|er|ew|certainly|absolutely|definitely|"
    r"of course"
)

#: A yes with a no, a limit or "fine" behind it is none: "yes but only ...", "ya I'm fine".
_YES = re.compile(
    rf"^(?:{YES_WORDS}|{SO_IT_IS}|a bit|a little|sort of|kind of)\b"
    r"(?!.*\b(?:not|no|none|never|n't|dont|fine|ok|okay|only|just)\b)",
    re.IGNORECASE,
)
#: "Not sure" and "no problem" are no refusal. A bare "not" or "I don't" is one here, and none to a screening question.
_NO = re.compile(
    rf"^\W*(?:(?:{EXCLAIMING})\W+)*"
    rf"(?:{NO_WORDS}|none|not|never|i don't|i do not|it isn't|it is not|there is no|there isn't|i am fine|i'm fine)\b"
    r"(?! (?:sure|certain|idea|clue|know|really sure|problem|worries)\b)",
    re.IGNORECASE,
)


def says_yes(turn: Turn) -> bool:
    """Whether the message is a yes to a form or an offer."""
    return turn.chosen == ("follow_up", "yes") or follow_up_kind(turn) == "yes" or bool(_YES.match(turn.text))


def says_no(turn: Turn) -> bool:
    """Whether the message is a no to a form or an offer."""
    return turn.chosen == ("follow_up", "no") or follow_up_kind(turn) == "no" or bool(_NO.match(turn.text))
