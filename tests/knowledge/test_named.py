"""What the program itself names may not go away from the content, and an editor is told so."""

from __future__ import annotations

import ast

import pytest

from nmt_guide.errors import ContentError
from nmt_guide.knowledge import named
from nmt_guide.knowledge.content import Content
from nmt_guide.knowledge.files import read_content
from nmt_guide.settings import ROOT

#: The parts that know topics by name.
_PARTS = ("dialogue", "safety", "understanding", "webchat", "directory", "handoff", "channels")


@pytest.fixture(scope="module")
def texts_in_the_code():
    files = [file for part in _PARTS for file in (ROOT / "nmt_guide" / part).rglob("*.py")]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    return {
        node.value.removeprefix("faq/")
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_the_lists_are_those_of_the_code(real_content, texts_in_the_code):
    assert texts_in_the_code & real_content.topic.keys() == named.TOPICS
    assert texts_in_the_code & real_content.red_flag.keys() == named.RED_FLAGS


def test_the_projects_content_lacks_nothing(real_content):
    assert named.check(real_content) == []


def test_a_renamed_topic_that_the_program_names_is_missed_beside_what_else_is_wrong(real_copy):
    path = real_copy.path / "topics/assistant/unclear.yml"
    path.rename(path.with_name("not_clear.yml"))

    with pytest.raises(ContentError) as refused:
        read_content(real_copy.path)
    (told,) = (problem.message for problem in refused.value.problems if problem.entry == "unclear")
    assert "is missing, and the program itself names it" in told


def test_a_red_flag_that_the_program_names_is_missed(real_content):
    parts = {name: getattr(real_content, name) for name in Content.__fields__}
    flags = tuple(flag for flag in real_content.red_flags if flag.id != "rf_suicide")
    problems = named.check(Content(**{**parts, "red_flags": flags}))

    assert [problem.entry for problem in problems] == ["rf_suicide"]
