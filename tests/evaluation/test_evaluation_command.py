"""`nmt-guide evaluate` at the shell."""

import pytest
from typer.testing import CliRunner

from nmt_guide.cli.commands import app
from nmt_guide.errors import EvaluationError


@pytest.mark.parametrize("folds", ["1", "-2"])
def test_one_fold_is_refused(folds):
    result = CliRunner().invoke(app, ["evaluate", "--folds", folds])

    assert isinstance(result.exception, EvaluationError)


def test_a_missing_folder_is_told_before_the_model_is_loaded(tmp_path):
    result = CliRunner().invoke(app, ["evaluate", "--sets", str(tmp_path / "nowhere")])

    assert isinstance(result.exception, EvaluationError)
    assert "nowhere" in str(result.exception)
