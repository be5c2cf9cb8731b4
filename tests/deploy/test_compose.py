"""docker-compose.yml is valid, names only settings that there are, and gives away no more than it must."""

import json
import re
import subprocess
from pathlib import Path

import natively
import pytest
import yaml
from jsonschema import Draft7Validator

from nmt_guide.channels.credentials import channels_on
from nmt_guide.handoff import wiring
from nmt_guide.settings import ROOT, SETTINGS, Settings
from nmt_guide.webchat.tokens import read_secret

SCHEMA = Path(__file__).with_name("compose-spec.json")
OURS = ("assistant", "actions", "analytics")
SERVICES = ("nginx", *OURS, "postgres", "redis", "rabbitmq")


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

    assert used <= known | {"OTEL_EXPORTER_OTLP_ENDPOINT"}
    assert set(re.findall(r"\bNMT_\w+", text)) <= known
    assert set(re.findall(r"\bNMT_\w+", (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8"))) <= known


@pytest.mark.parametrize("service", OURS)
def test_the_password_comes_from_its_file_alone(compose, service, tmp_path):
    environment = {k: v for k, v in compose["services"][service]["environment"].items() if not v.startswith("$")}
    for name in ("database_password", "rabbitmq_password"):
        (tmp_path / name).write_text("p@ss/word:1\n")
    assert ":" not in environment["NMT_DATABASE_URL"].partition("://")[2]
    assert "nmt_guide@" in environment["NMT_RABBITMQ_URL"]
    settings = Settings({k: v.replace("/run/secrets", str(tmp_path)) for k, v in environment.items()})

    assert settings.database_url == "postgresql://nmt_guide:p%40ss%2Fword%3A1@postgres/nmt_guide"
    assert settings.tracker_url == settings.database_url
    assert settings.rabbitmq_url == "amqp://nmt_guide:p%40ss%2Fword%3A1@rabbitmq:5672/"


@pytest.mark.parametrize("service", SERVICES)
def test_no_container_may_more_than_it_must(compose, service):
    service = compose["services"][service]

    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert service["deploy"]["resources"]["limits"]["memory"]
    assert service["healthcheck"]["test"][0] == "CMD"
    # The image of ours says itself who it runs as.
    assert service.get("user", "root") not in ("root", "0") or service["image"] == "nmt-guide"


def test_our_image_does_not_run_as_root(compose):
    assert "USER nmt" in (ROOT / compose["services"]["assistant"]["build"]["dockerfile"]).read_text()


def test_only_the_web_server_is_reached_from_outside(compose):
    services = compose["services"]

    assert [name for name, service in services.items() if "ports" in service] == ["nginx"]
    assert {name for name, service in services.items() if "front" in service["networks"]} == {"nginx", "assistant"}
    assert compose["networks"]["back"] == {"internal": True}


def test_replicas_share_all_that_they_keep(compose):
    service = compose["services"]["assistant"]

    assert service["deploy"]["replicas"] > 1
    assert {"NMT_TRACKER_URL", "NMT_DATABASE_URL", "NMT_REDIS_URL", "NMT_SECRET_FILE"} <= set(service["environment"])
    assert "volumes" not in service


def test_a_secret_is_no_value_of_a_variable(compose):
    names = {setting.variable for setting in SETTINGS}
    for service in OURS:
        environment = compose["services"][service]["environment"]
        assert [name for name in environment if f"{name}_FILE" in names] == []
        files = {value for value in environment.values() if value.startswith("/run/secrets/")}
        assert files == {f"/run/secrets/{name}" for name in compose["services"][service]["secrets"]}


def test_what_is_named_is_declared(compose):
    for service in compose["services"].values():
        assert set(service.get("secrets", [])) <= set(compose["secrets"])
        assert set(service["networks"]) <= set(compose["networks"])
        for source in (volume.partition(":")[0] for volume in service.get("volumes", [])):
            assert source.startswith("./deploy/") or source in compose["volumes"]
        assert set(service.get("depends_on", {})) <= set(compose["services"])


def test_the_image_is_made_of_files_that_there_are(compose):
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
    copied = [name for line in re.findall(r"(?m)^COPY (?!--)(.*)$", dockerfile) for name in line.split()[:-1]]

    assert all((ROOT / name).exists() for name in copied)
    assert all("--require-hashes" in line for line in re.findall(r"uv pip .*requirements.*", dockerfile))


def test_what_is_made_for_one_installation_is_complete_and_never_committed(compose, tmp_path):
    deploy = natively.make_secrets(tmp_path / "deploy")
    files = [secret["file"] for secret in compose["secrets"].values()]

    assert {Path(file).name for file in files} == {path.name for path in (deploy / "secrets").iterdir()}
    assert {path.name for path in (deploy / "tls").iterdir()} == {"tls.crt", "tls.key"}
    for folder in (deploy / "secrets", deploy / "tls"):
        assert folder.stat().st_mode & 0o077 == 0
        assert f"/deploy/{folder.name}/" in (ROOT / ".gitignore").read_text().splitlines()
    assert all(file.startswith("deploy/secrets/") for file in files)


def test_secrets_that_are_there_are_kept(tmp_path):
    deploy = natively.make_secrets(tmp_path / "deploy")
    before = {path: path.read_bytes() for path in deploy.glob("*/*")}
    (deploy / "secrets" / "slack_token").write_text("xoxb-1")
    subprocess.run([deploy / "make-secrets"], check=True, stdout=subprocess.DEVNULL)

    changed = [path.name for path, content in before.items() if path.read_bytes() != content]
    assert changed == ["slack_token"]


def test_an_installation_without_channels_starts_with_empty_secrets(tmp_path):
    deploy = natively.make_secrets(tmp_path / "deploy")
    settings = Settings(natively.Addresses(deploy / "secrets", 1, 2, 3).settings())

    assert wiring.senders(settings) == ()
    assert all("off" in line for line in channels_on(settings)[1])
    assert read_secret(settings)


def test_nginx_takes_its_configuration(tmp_path):
    deploy = natively.make_secrets(tmp_path / "deploy")
    file = natively.nginx_configuration(tmp_path, deploy / "tls", [5005, 5006], {8080: 18080, 8443: 18443})
    said = natively.check_nginx(file)

    assert said.returncode == 0, said.stderr
    assert "warn" not in said.stderr


def test_nginx_is_where_the_other_services_are_told_that_it_is(compose):
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    services = compose["services"]

    assert {f"listen {port.partition(':')[2]}" for port in services["nginx"]["ports"]} == set(
        re.findall(r"listen \d+", text)
    )
    assert set(re.findall(r"server ([a-z]\w+):(\d+)", text)) == {
        ("assistant", services["assistant"]["environment"]["NMT_PORT"])
    }
    assert services["assistant"]["environment"]["NMT_PROXIES"] == "1"
    assert "X-Forwarded-For $proxy_add_x_forwarded_for" in text
    # `resolve` is in nginx since this version.
    version = re.fullmatch(r"nginx:(\d+)\.(\d+)-alpine", services["nginx"]["image"])
    assert tuple(map(int, version.groups())) >= (1, 28)
