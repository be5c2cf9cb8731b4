"""Sentences read right whatever the country puts into them."""

from __future__ import annotations

import re

import pytest

from nmt_guide.knowledge import placeholders
from nmt_guide.knowledge.content import Content
from nmt_guide.settings import ROOT

FILES = sorted(
    path for part in ("topics", "facets", "red_flags") for path in (ROOT / "knowledge" / part).rglob("*.yml")
)

#: What would not read: "call call or text 988", "a doctor or your doctor or an urgent care clinic", "the 911".
CLUMSY = (
    r"\b(call|contact|text|phone|dial|reach|ring|use|on|at|to)\s+\{(crisis|abuse)_line\}",
    r"\b(a|your|the) (doctor|GP)\s+or\s+\{non_emergency_number\}",
    r"\b(the|a|your|on|at)\s+\{(non_)?emergency_number\}",
    r"\{clinic\.complaint_contact\}\s+(is|are|will|can)\b",
)


@pytest.mark.parametrize("pattern", CLUMSY)
def test_placeholders_stand_in_a_sentence_that_they_fit(pattern):
    found = {}
    for path in FILES:
        hits = [match[0] for match in re.finditer(pattern, path.read_text(encoding="utf-8"))]
        if hits:
            found[path.name] = hits

    assert not found


def at(content: Content, code: str) -> Content:
    """The content of a clinic in another country."""
    parts = {name: getattr(content, name) for name in Content.__fields__}
    return Content(**{**parts, "clinic": {"facts": {**content.clinic.facts, "country": code}}})


@pytest.mark.parametrize(
    ("country", "said"),
    [
        ("US", "knows about this, call the National Domestic Violence Hotline on 1-800-799-7233, Childhelp on"),
        ("GB", "knows about this, call the National Domestic Abuse Helpline on 0808 2000 247, the NSPCC"),
        ("EU", "knows about this, call a helpline near you. You need not"),
    ],
)
def test_the_reply_about_abuse_names_the_helplines_of_the_country(real_content, country, said):
    assert said in placeholders.fill(real_content.red_flag["rf_abuse"].say, at(real_content, country), missing=str)
