"""Labelled sets that are missing or malformed say where and what."""

import pytest

from nmt_guide.errors import EvaluationError
from nmt_guide.evaluation import sets


def test_files_belong_to_the_kind_that_their_name_begins_with(tmp_path):
    (tmp_path / "redflag_pos_second.jsonl").write_text('{"text": "a", "flag": "f", "level": "l"}\n\n')
    (tmp_path / "questions.jsonl").write_text('{"text": "a", "topic": "cost"}\n')
    (tmp_path / "notes.jsonl").write_text("not ours\n")

    read = sets.read_sets(tmp_path)

    assert [(one.name, one.kind) for one in read] == [
        ("questions", "questions"),
        ("redflag_pos_second", "redflag_pos"),
    ]
    assert sets.rows_of(read, "redflag_pos") == [{"text": "a", "flag": "f", "level": "l"}]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 2: this is not JSON"),
        ('{"text": "a"}', "line 2: it lacks topic"),
        ('"text"', "line 2: it lacks"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, said):
    (tmp_path / "questions.jsonl").write_text('{"text": "a", "topic": "cost"}\n' + line + "\n")

    with pytest.raises(EvaluationError, match=said):
        sets.read_sets(tmp_path)


def test_a_folder_without_sets_says_what_sets_are_called(tmp_path):
    with pytest.raises(EvaluationError, match=r"questions\.jsonl"):
        sets.read_sets(tmp_path)


def test_without_sets_beside_the_project_the_option_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(sets, "BESIDE", tmp_path / "nowhere")

    with pytest.raises(EvaluationError, match="--sets"):
        sets.find_folder(None)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(EvaluationError, match="nowhere"):
        sets.find_folder(tmp_path / "nowhere")
