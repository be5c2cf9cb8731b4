"""What is said when nothing else can be: with the phone, whatever else is broken."""

import shutil
from pathlib import Path

import pytest

from nmt_guide.dialogue.outage import outage_message
from nmt_guide.settings import ROOT


@pytest.fixture
def clinic(tmp_path, monkeypatch):
    """The clinic's file, alone in its folder."""
    monkeypatch.setenv("NMT_CONTENT_DIR", str(tmp_path))
    return Path(shutil.copy(ROOT / "knowledge" / "clinic.yml", tmp_path))


def test_the_phone_is_said_even_when_no_other_content_can_be_read(clinic):
    assert "call the clinic on (512) 555" in outage_message().text


def test_a_file_that_could_not_be_read_is_read_again(clinic):
    whole = clinic.read_text()
    clinic.write_text("phone: [")
    assert "call the clinic. " in outage_message().text
    clinic.write_text(whole)

    assert "555" in outage_message().text
