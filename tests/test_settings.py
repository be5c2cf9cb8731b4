"""Settings: a wrong one stops the start and names itself."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from nmt_guide.errors import SetupError
from nmt_guide.settings import ROOT, SETTINGS, Settings


def test_every_setting_has_a_type_and_a_default_that_fits():
    settings = Settings({})

    assert {setting.name for setting in SETTINGS} == set(Settings.__annotations__)
    assert settings.port == 5005
    assert settings.content_dir == ROOT / "knowledge"
    assert settings.content_refresh_seconds == 2.0


def test_values_come_from_the_environment():
    settings = Settings({"NMT_PORT": "8080", "NMT_VAR_DIR": "/tmp/x", "NMT_CONTENT_REFRESH_SECONDS": "0.5"})

    assert settings.port == 8080
    assert settings.var_dir == Path("/tmp/x")
    assert settings.content_refresh_seconds == 0.5
    assert settings.database_url == "sqlite:////tmp/x/knowledge.db"
    assert settings.tracker_url == "sqlite:////tmp/x/conversations.db"


def test_an_address_that_is_given_is_kept():
    assert Settings({"NMT_DATABASE_URL": "postgresql://h/n"}).database_url == "postgresql://h/n"


def test_an_empty_variable_counts_as_not_set():
    assert Settings({"NMT_PORT": ""}).port == 5005


def test_an_unknown_variable_is_named_with_the_ones_that_exist():
    with pytest.raises(SetupError, match=r"NMT_PROT is not a setting of NMT Guide.*NMT_PORT"):
        Settings({"NMT_PROT": "8080"})


@pytest.mark.parametrize("variable", ["NMT_PYTHON", "NMT_SETUP", "NMT_TEST_POSTGRES_URL"])
def test_variables_that_others_read_are_left_alone(variable):
    Settings({variable: "x"})


def test_other_programs_variables_are_left_alone():
    Settings({"PATH": "/bin", "RASA_TELEMETRY_ENABLED": "false"})


@pytest.mark.parametrize("variable", ["NMT_PORT", "NMT_MAX_MESSAGE_CHARS", "NMT_CONTENT_REFRESH_SECONDS"])
def test_what_is_no_number_is_named(variable):
    with pytest.raises(SetupError, match=f"{variable} must be a number, not 'many'"):
        Settings({variable: "many"})


@pytest.mark.parametrize("address", ["//nmt:s3cret@host/1", "://nmt:s3cret@host:54x2/1"])
@pytest.mark.parametrize(
    ("variable", "scheme"),
    [
        ("NMT_DATABASE_URL", "postgresql"),
        ("NMT_TRACKER_URL", "postgresql"),
        ("NMT_REDIS_URL", "redis"),
        ("NMT_RABBITMQ_URL", "amqp"),
    ],
)
def test_an_address_that_is_none_is_named_without_its_password(variable, scheme, address):
    with pytest.raises(SetupError, match=variable) as caught:
        Settings({variable: scheme + address})
    told = "".join(traceback.format_exception(caught.value))
    assert "s3cret" not in told
    assert "54x2" not in told


@pytest.mark.parametrize("url", ["redis://redis:6379/0", "rediss://:p%40ss@[::1]/", "redis:///1"])
def test_an_address_of_redis_is_kept(url):
    assert Settings({"NMT_REDIS_URL": url}).redis_url == url
