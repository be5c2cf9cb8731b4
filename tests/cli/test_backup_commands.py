"""Commands that write a file replace none unasked."""

import pytest
from typer.testing import CliRunner

from nmt_guide.cli.commands import app
from nmt_guide.errors import UsageError
from nmt_guide.knowledge.store import Store
from nmt_guide.settings import Settings


@pytest.mark.parametrize("command", [["backup"], ["therapists", "export"]])
def test_a_file_that_is_there_already_is_replaced_only_when_asked(tmp_path, monkeypatch, command):
    monkeypatch.setenv("NMT_VAR_DIR", str(tmp_path / "var"))
    Store(Settings().database_url).migrate()
    file = tmp_path / "last"
    file.write_text("the last good one")
    refused = CliRunner().invoke(app, [*command, str(file)])

    assert isinstance(refused.exception, UsageError)
    assert "--force" in str(refused.exception)
    assert file.read_text() == "the last good one"
    assert CliRunner().invoke(app, [*command, str(file), "--force"]).exit_code == 0
    assert file.read_bytes() != b"the last good one"
