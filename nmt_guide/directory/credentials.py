"""The credentials that therapists hold, out of the knowledge: what each is, who grants it, how to check it.

No new content: the facet `credential` names them, and the topic `cred_certifications` explains them.
"""

from __future__ import annotations

from nmt_guide.directory.model import Credential
from nmt_guide.knowledge.content import Content

_TOPIC = "cred_certifications"


def credentials(content: Content) -> dict[str, Credential]:
    """By id, what a therapist can hold. (A lapsed license or a weekend course are of the facet too, but no credential.)"""
    if "credential" not in content.facet or _TOPIC not in content.topic:
        return {}
    topic = content.topic[_TOPIC]
    parts = {part.value: part.text for part in topic.parts if part.facet == "credential"}
    return {
        value.id: Credential(
            value.id, value.name, (parts.get(value.id) or value.notes.get(_TOPIC) or topic.short).strip(), topic.sources
        )
        for value in content.facet["credential"].values
        if value.topic == _TOPIC
    }
