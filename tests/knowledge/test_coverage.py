"""The coverage table counts right."""

from __future__ import annotations

from nmt_guide.knowledge.coverage import table


def section(text, heading):
    """The lines below a heading."""
    block = next(block for block in text.split("\n\n") if block.startswith(heading))
    return [line.strip() for line in block.splitlines()[1:]]


def test_the_small_folder(folder):
    def second_fact(facts):
        fact = {
            **facts["facts"][0],
            "id": "def_other",
            "assessment": "unsupported",
            "unused_because": "Why not.",
        }
        facts["facts"].append(fact)

    folder.edit("facts.yml", second_fact)
    folder.edit(
        "topics/practical/cost.yml",
        lambda t: t.update(review={"by": "Dr X", "on": None, "due": "2027-01-01"}),
    )
    text = table(folder.read())

    assert section(text, "Claims") == ["supported    1 of 1", "unsupported  0 of 1", "all          1 of 2"]
    assert section(text, "Topics by group") == ["basics     4", "practical  1"]
    assert section(text, "Topics by evidence")[1] == "limited         5"
    assert section(text, "Topics by review") == [
        "not yet reviewed by a clinician  4",
        "reviewed by a clinician          1",
    ]
    assert section(text, "Red flags by review") == ["not yet reviewed by a clinician  1"]
    assert section(text, "Sources") == ["read in full  1"]


def test_every_topic_of_the_real_content_is_counted_once_in_each_table(real_content):
    text = table(real_content)

    for heading in ("Topics by group", "Topics by reading", "Topics by evidence", "Topics by review"):
        counted = sum(int(line.split()[-1]) for line in section(text, heading))
        assert counted == len(real_content.topics), heading
