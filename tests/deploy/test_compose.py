"""docker-compose.yml is valid, names only settings that there are, and gives away no more than it must."""

import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator

from nmt_guide.settings import ROOT, SETTINGS, Settings

SCHEMA = Path(__file__).with_name("compose-spec.json")
OURS = ("assistant", "actions")


@pytest.fixture(scope="module")
def text():
    return (ROOT / "docker-compose.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def compose(text):
    return yaml.safe_load(text)


def test_it_follows_the_compose_specification(compose):
    # The schema says 2019-09 of itself and uses nothing that draft 7 does not know.
    validator = Draft7Validator(json.loads(SCHEMA.read_text()))

    assert [f"{'/'.join(map(str, error.path))}: {error.message}" for error in validator.iter_errors(compose)] == []


def test_the_schema_does_refuse_mistakes(compose):
    validator = Draft7Validator(json.loads(SCHEMA.read_text()))
    wrong = {**compose, "services": {"assistant": {"image": "nmt-guide", "helthcheck": {}}}}

    assert list(validator.iter_errors(wrong))


def test_every_variable_is_a_setting(compose, text):
    known = {setting.variable for setting in SETTINGS}
    used = {name for service in OURS for name in compose["services"][service]["environment"]}

    assert used <= known
    assert set(re.findall(r"\bNMT_\w+", text)) <= known


@pytest.mark.parametrize("service", OURS)
def test_the_password_comes_from_its_file_alone(compose, service, tmp_path):
    environment = {k: v for k, v in compose["services"][service]["environment"].items() if not v.startswith("$")}
    secret = tmp_path / "password"
    secret.write_text("p@ss/word:1\n")
    assert ":" not in environment["NMT_DATABASE_URL"].partition("://")[2]
    settings = Settings({**environment, "NMT_DATABASE_PASSWORD_FILE": str(secret)})

    assert settings.database_url == "postgresql://nmt_guide:p%40ss%2Fword%3A1@postgres/nmt_guide"
    assert settings.tracker_url == settings.database_url


@pytest.mark.parametrize("service", OURS)
def test_our_containers_write_nowhere_but_where_they_must(compose, service):
    service = compose["services"][service]

    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["tmpfs"] == ["/tmp"]
    assert "USER nmt" in (ROOT / service["build"]["dockerfile"]).read_text()


@pytest.mark.parametrize("service", ["assistant", "actions", "postgres"])
def test_every_service_says_whether_it_is_well(compose, service):
    assert compose["services"][service]["healthcheck"]["test"][0] == "CMD"


def test_every_port_is_open_to_this_machine_alone(compose):
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_what_is_named_is_declared(compose):
    for service in compose["services"].values():
        assert set(service.get("secrets", [])) <= set(compose["secrets"])
        assert {volume.partition(":")[0] for volume in service.get("volumes", [])} <= set(compose["volumes"])
        assert set(service.get("depends_on", {})) <= set(compose["services"])


def test_the_image_is_made_of_files_that_there_are(compose):
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
    copied = [name for line in re.findall(r"(?m)^COPY (?!--)(.*)$", dockerfile) for name in line.split()[:-1]]

    assert all((ROOT / name).exists() for name in copied)
    assert all("--require-hashes" in line for line in re.findall(r"uv pip .*requirements.*", dockerfile))


def test_the_password_is_never_committed(compose):
    file = compose["secrets"]["database_password"]["file"]

    assert f"/{file}" in (ROOT / ".gitignore").read_text().splitlines()
