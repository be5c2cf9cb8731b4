"""The safety screen: looks for red flags in every message, before any answer.

Two readers look at a message, and at each of its sentences alone:

    rules       signs found in the words, combined as a clinician wrote it down (`knowledge/rules`)
    examples    how like the messages of a red flag it is, against those that only look like one and ordinary questions

A flag is likely when rule and examples agree, the examples are sure, or a rule leaves no doubt; it is possible when they are
not, or when they are sure only because of signs that the message denies. Likely flags come before everything else; for
possible ones the client is asked one short question beside the ordinary answer.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import INTENT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nmt_guide.knowledge.content import Level, RedFlag, Rule, Sign
from nmt_guide.safety.signs import Found, SignFinder, Text, matching_rules, not_denied
from nmt_guide.settings import Settings
from nmt_guide.understanding.components import (
    READER,
    SPELT,
    Learnt,
    code_fingerprint,
    content_fingerprint,
    content_of,
    save,
    slot,
)
from nmt_guide.understanding.labels import RED_FLAG, LabelReader
from nmt_guide.understanding.network import Floats

logger = logging.getLogger(__name__)

ALARMS = "alarms"
#: What labels of red flags begin with.
_FLAG = RED_FLAG + "/"
#: By flag a topic that is about the same, and the share of it that speaks for the flag. Of the first two half: with all of
#: it "I'm not suicidal or anything" is an alarm; with none, too little is left of "I want to kill myself". Of the third a
#: tenth, which asks the client where a rule has noticed something too.
_SAME = {
    _FLAG + "rf_suicide": ("faq/crisis_support", 0.5),
    _FLAG + "rf_abuse": ("faq/rf_abuse", 0.5),
    _FLAG + "rf_thunderclap": ("faq/cond_severe_headache", 0.1),
}
#: The topic of all red flags; it counts for those that a message is like at least so much, or at all where a rule vouches for
#: one, unless this sign says that somebody only asks ("what would you do if a client had chest pain?").
_DANGER, _LEAST_OWN = "faq/red_flags", 0.05
_ONLY_ASKING = "only_asking"
#: Levels, the most urgent first; "when unsure between two levels, the more urgent one".
_URGENCY = [Level.EMERGENCY, Level.CRISIS, Level.SAME_DAY, Level.HANDOFF, Level.DOCTOR_FIRST]
#: A flag with this share of the best weight is about as likely as the best one.
_AS_LIKELY = 0.6


#: So many characters of the message before are read along.
_MOST_BEFORE = 600


@dataclass(frozen=True)
class Finding:
    """A red flag that the screen found.

    Attributes:
        score: how like the examples of such flags the message is: near 1 for the same, near 0 for others.
        because: the reason in plain words.
        words: the words that made the rule hold.
        ruled: whether a decisive rule holds, and not examples alone speak for it.
    """

    flag: str
    likely: bool
    score: float
    because: str = ""
    words: tuple[str, ...] = ()
    ruled: bool = False


@dataclass(frozen=True)
class Thresholds:
    """From which score of the examples on a flag counts; chosen on the development sets (`nmt-guide evaluate`).

    Attributes:
        likely: an urgent flag is likely by the examples alone.
        likely_in_part: the same of a sentence alone, which may sound worse than the whole message is.
        likely_in_part_of: what the whole message must have then.
        likely_together: the same of a message together with the one before it.
        likely_with_rule: it is likely when a decisive rule holds too.
        likely_with_emergency_rule: the same when that rule is about an emergency, a crisis or abuse: a warning too many
            does less harm there than one too few.
        possible: it is possible: a screening question is asked. With a lower one, every eighth message of a chat was asked about.
        possible_of: what the whole message must have then, when only a sentence has as much.
        possible_with_rule: the same when any rule holds.
        caution: "ask your doctor first" by the examples alone.
        caution_with_rule: the same when a rule holds.
    """

    likely: float = 0.70
    likely_in_part: float = 0.85
    likely_in_part_of: float = 0.10
    likely_together: float = 0.90
    likely_with_rule: float = 0.30
    likely_with_emergency_rule: float = 0.15
    possible: float = 0.50
    possible_of: float = 0.10
    possible_with_rule: float = 0.003
    caution: float = 0.20
    caution_with_rule: float = 0.06


class Screen:
    """Reads messages with rules and examples.

    Args:
        reader: says how like the examples of each label a text is; labels of red flags are `red_flag/<id>`.
        signs: what the rules look for.
        flags: rules and levels.
        thresholds: from which score on a flag counts.
    """

    def __init__(
        self, reader: LabelReader, signs: Sequence[Sign], flags: Sequence[RedFlag], thresholds: Thresholds
    ) -> None:
        self.reader = reader
        self._thresholds = thresholds
        self._finder = SignFinder(signs)
        #: By its first sign each rule, with its flag and its place in the flag's list.
        self._rules: dict[str, list[tuple[str, int, Rule]]] = {}
        for flag in flags:
            for place, rule in enumerate(flag.rules):
                self._rules.setdefault(rule.signs[0], []).append((flag.id, place, rule))
        self._level = {flag.id: flag.level for flag in flags}
        self.urgent = {flag.id for flag in flags if flag.level.urgent}
        self._flags = {n: label.removeprefix(_FLAG) for n, label in enumerate(reader.labels) if label.startswith(_FLAG)}
        columns = {label: n for n, label in enumerate(reader.labels)}
        self._same = [
            (columns[flag], columns[topic], share)
            for flag, (topic, share) in _SAME.items()
            if flag in columns and topic in columns
        ]
        self._danger = columns.get(_DANGER)
        self._urgent_columns = [n for n, flag in self._flags.items() if flag in self.urgent]
        self._caution_columns = [n for n, flag in self._flags.items() if flag not in self.urgent]

    def read(self, text: str, before: str = "") -> list[Finding]:
        """What the screen finds in a message, the most urgent first.

        Args:
            text: the message, spelling put right.
            before: the client's message before it: a symptom may be spread over two ("my back hurts", "and I can't
                feel when I pee"). It is read along only when this one alone is a reason to, or when the two together make
                a decisive rule hold ("I'm 77 and fell on Monday", "my back hurts").
        """
        findings = self._read(text)
        if not before or any(finding.likely and finding.flag in self.urgent for finding in findings):
            return findings
        enough = self._thresholds.likely_together
        before = before[-_MOST_BEFORE:]
        together = f"{before}. {text}"
        if any(not finding.likely for finding in findings) or self._is_spread(text, before, together):
            more = self._read(together)
            return more if any(f.likely and (f.ruled or f.score >= enough) for f in more) else findings
        return findings

    def _is_spread(self, text: str, before: str, together: str) -> bool:
        """Whether two messages make a decisive rule of an urgent flag hold that neither of them does alone."""
        return self._is_decisive(together) and not self._is_decisive(before) and not self._is_decisive(text)

    def _is_decisive(self, text: str) -> bool:
        held = self._by_rules(not_denied(self._finder.find(Text(text))))
        return any(rule.likely and flag in self.urgent for flag, (rule, _) in held.items())

    def _read(self, text: str) -> list[Finding]:
        spoken = Text(text)
        found = self._finder.find(spoken)
        scores = self.reader.score_message(text)
        present = not_denied(found)
        held = self._by_rules(present)
        # Of the whole only, unless a rule vouches for a sentence: "put me out of my misery" alone says too much.
        vouched = any(rule.likely and flag in self.urgent for flag, (rule, _) in held.items())
        for row in scores if vouched else scores[:1]:
            self._hear_topics(row, 0.0 if vouched else _LEAST_OWN, only_asks=_ONLY_ASKING in present)
        findings = self._decide(scores, held, spoken.without_denied(found))
        return sorted(findings, key=lambda f: (not f.likely, f.flag not in self.urgent, -f.score))

    def _hear_topics(self, row: Floats, least: float = _LEAST_OWN, only_asks: bool = False) -> None:
        """Give flags what speaks for topics of danger. Some clients ask about these topics, others tell what happens to
        them: then topic and flag share what belongs together."""
        for flag, topic, share in self._same:
            row[flag] += share * row[topic]
        own = float(row[self._urgent_columns].sum())
        if self._danger is not None and own > least and not only_asks:
            row[self._urgent_columns] *= 1.0 + float(row[self._danger]) / own

    def _by_rules(self, present: Mapping[str, Sequence[Found]]) -> dict[str, tuple[Rule, tuple[str, ...]]]:
        """By flag the rule that holds among the signs that are present, with the words that make it hold; one without doubt
        first, then a decisive one."""
        begun: dict[str, dict[int, Rule]] = {}
        for sign in present:
            for flag, place, rule in self._rules.get(sign, ()):
                begun.setdefault(flag, {})[place] = rule
        held: dict[str, tuple[Rule, tuple[str, ...]]] = {}
        for flag, rules in begun.items():
            in_order = [rules[place] for place in sorted(rules)]
            matches = sorted(
                matching_rules(in_order, present), key=lambda match: (not match[0].alone, not match[0].likely)
            )
            if matches:
                rule, places = matches[0]
                held[flag] = (rule, tuple(place.words for place in places))
        return held

    def _decide(self, scores: Floats, held: dict[str, tuple[Rule, tuple[str, ...]]], rest: str | None) -> list[Finding]:
        """Weighs examples and rules. Flags share symptoms, so what counts is the sum over all flags of a kind: whether
        it is some urgent flag is surer than which one.

        Args:
            scores: of the message and its sentences, shape (pieces, labels).
            held: the rules that hold.
            rest: the message without the signs that are denied, when some are: the examples do not know what "no" is
                about, so that without a rule a flag is only possible when the rest alone is no sign of one.
        """
        limits = self._thresholds
        found = []
        for columns, urgent in ((self._urgent_columns, True), (self._caution_columns, False)):
            if not columns:
                continue
            together = scores[:, columns].sum(axis=1)
            piece = int(together.argmax())
            whole, total = float(together[0]), float(together[piece])
            rules = {flag: rule for flag, (rule, _) in held.items() if (flag in self.urgent) is urgent}
            decisive = any(rule.likely for rule in rules.values())
            if urgent:
                enough = self._enough(rules)
                in_part = total >= limits.likely_in_part and whole >= limits.likely_in_part_of
                heard = whole >= enough or (total >= enough if decisive else in_part)
                certain = any(rule.alone for rule in rules.values())
                likely = certain or (heard and (decisive or self._alone_enough(rest)))
                alike = total >= limits.possible and whole >= limits.possible_of
                noticed = likely or (total >= limits.possible_with_rule if rules else alike)
            else:
                likely = noticed = total >= (limits.caution_with_rule if decisive else limits.caution)
            if noticed:
                flag = self._which(scores[piece], columns, rules)
                rule_words = held.get(flag)
                because = rule_words[0].because if rule_words else "like the messages of this flag"
                found.append(Finding(flag, likely, total, because, rule_words[1] if rule_words else (), decisive))
        return found

    def _alone_enough(self, rest: str | None) -> bool:
        """Whether what is left of a message without the signs that it denies makes an urgent flag likely."""
        if rest is None:
            return True
        row = self.reader.score([rest])[0]
        self._hear_topics(row)
        return float(row[self._urgent_columns].sum()) >= self._thresholds.likely

    def _enough(self, rules: dict[str, Rule]) -> float:
        """From which score on an urgent flag is likely, beside the rules that hold."""
        limits = self._thresholds
        decisive = {self._level[flag] for flag, rule in rules.items() if rule.likely}
        if decisive & {Level.EMERGENCY, Level.CRISIS, Level.HANDOFF}:
            return limits.likely_with_emergency_rule
        return limits.likely_with_rule if decisive else limits.likely

    def _which(self, row: Floats, columns: list[int], rules: dict[str, Rule]) -> str:
        """The flag that rules and examples point at together; half a point for a decisive rule. Between flags that are
        about as likely, the one of the more urgent level."""

        def weight(column: int) -> float:
            rule = rules.get(self._flags[column])
            return float(row[column]) + (0.0 if rule is None else 0.5 if rule.likely else 0.1)

        best = max(map(weight, columns))
        close = [column for column in columns if weight(column) >= _AS_LIKELY * best]
        column = max(close, key=lambda c: (-_URGENCY.index(self._level[self._flags[c]]), weight(c)))
        return self._flags[column]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class SafetyScreen(Learnt, IntentClassifier):
    """The screen as a graph component: sets `alarms`, and the intent `red_flag` when one is likely and urgent."""

    def __init__(
        self,
        config: dict[str, Any],
        learnt: tuple[Sequence[Sign], Sequence[RedFlag]] | None,
        storage: ModelStorage,
        resource: Resource,
    ) -> None:
        super().__init__(config, learnt, storage, resource)
        self._screen: Screen | None = None

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The thresholds."""
        return asdict(Thresholds())

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Signs and rules come from the content files."""
        return content_fingerprint() + code_fingerprint(Path(__file__))

    def train(self, training_data: TrainingData) -> Resource:
        """Take signs and rules from the content files; `Labeller` learns from the examples."""
        content = content_of(Settings().content_dir)
        flags = tuple(flag.copy(update={"present": (), "not_present": ()}) for flag in content.red_flags)
        save((content.signs, flags), self._storage, self._resource)
        return self._resource

    def screen(self, reader: LabelReader | None) -> Screen:
        """The screen that hears a reader.

        Raises:
            InvalidConfigException: there is no reader. Rasa checks what must stand before a component only where nothing
                is learnt, and a message must never go by unread.
        """
        if reader is None or self._learnt is None:
            raise InvalidConfigException("SafetyScreen needs Labeller before it in the pipeline: see config.yml.")
        if self._screen is None or self._screen.reader is not reader:
            limits = Thresholds(**{name: self._config[name] for name in asdict(Thresholds())})
            signs, flags = self._learnt
            self._screen = Screen(reader, signs, flags, limits)
        return self._screen

    def process(self, messages: list[Message], tracker: DialogueStateTracker | None = None) -> list[Message]:
        """Set the alarms."""
        for message in messages:
            if not message.get(SPELT):
                continue
            screen = self.screen(message.get(READER))
            findings = screen.read(message.get(SPELT), _before(tracker))
            for finding in findings:
                # The client's words only where somebody asked for them.
                logger.info("Red flag %s, likely: %s, score %.2f", finding.flag, finding.likely, finding.score)
                logger.debug("Because: %s; words: %s", finding.because, finding.words)
            message.set(
                ALARMS,
                [{"flag": f.flag, "likely": f.likely, "score": round(f.score, 3), "ruled": f.ruled} for f in findings],
                add_to_output=True,
            )
            urgent = [f for f in findings if f.likely and f.flag in screen.urgent]
            if urgent:
                message.set(INTENT, {"name": RED_FLAG, "confidence": min(urgent[0].score, 1.0)}, add_to_output=True)
        return messages


def _before(tracker: DialogueStateTracker | None) -> str:
    """The client's message before the one that is read, when it was typed, and not answered as a danger already: then "I
    rang 911 and they are coming" would be one too."""
    if tracker is None or not tracker.latest_message or slot(tracker, "flag"):
        return ""
    text = str(tracker.latest_message.text or "")
    return "" if text.startswith("/") else text
