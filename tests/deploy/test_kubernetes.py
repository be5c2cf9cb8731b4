"""The manifests for Kubernetes are valid, and say the same as docker-compose.yml."""

from __future__ import annotations

import json
from pathlib import Path

import natively
import pytest
import yaml
from jsonschema import Draft7Validator

from nmt_guide.settings import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
SCHEMAS = json.loads(Path(__file__).with_name("kubernetes-1.30.json").read_text(encoding="utf-8"))
FILES = sorted(path for path in FOLDER.glob("*.yaml") if path.name != "kustomization.yaml")


def objects(path):
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def errors(item):
    schema = {**SCHEMAS["definitions"][SCHEMAS["kinds"][item["kind"]]], "definitions": SCHEMAS["definitions"]}
    return [f"{'/'.join(map(str, each.path))}: {each.message}" for each in Draft7Validator(schema).iter_errors(item)]


@pytest.fixture(scope="module")
def found():
    return {(item["kind"], item["metadata"]["name"]): item for path in FILES for item in objects(path)}


@pytest.fixture(scope="module")
def pods(found):
    return {
        name: item["spec"]["template"]["spec"]
        for (kind, name), item in found.items()
        if kind in ("Deployment", "StatefulSet")
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_they_follow_the_schemas_of_kubernetes(path):
    assert [errors(item) for item in objects(path)] == [[] for _ in objects(path)]


def test_the_schemas_do_refuse_mistakes(found):
    item = json.loads(json.dumps(found["Deployment", "assistant"]))
    item["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}

    assert errors(item)


def test_every_file_is_applied():
    listed = set(yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"])

    assert listed == {path.name for path in FILES} - {"secrets.example.yaml"}


def test_the_settings_are_those_of_the_compose_file(found):
    environment = natively.compose()["services"]["assistant"]["environment"]

    assert found["ConfigMap", "settings"]["data"] == {name: value or "" for name, value in environment.items()}


def test_the_services_have_the_names_and_images_of_the_compose_file(found, pods):
    services = natively.compose()["services"]

    assert {name for kind, name in found if kind == "Service"} == {"assistant", "postgres", "redis", "rabbitmq"}
    assert {name: pod["containers"][0]["image"] for name, pod in pods.items()} == {
        name: services[name]["image"] for name in pods
    }
    assert pods["redis"]["containers"][0]["args"] == services["redis"]["command"]
    assert pods["analytics"]["containers"][0]["args"] == services["analytics"]["command"]
    broker = pods["rabbitmq"]["containers"][0]
    assert broker["command"] == services["rabbitmq"]["entrypoint"]
    assert {each["name"]: each["value"] for each in broker["env"]} == services["rabbitmq"]["environment"]


def test_the_secrets_are_those_that_make_secrets_makes(found, tmp_path):
    made = natively.make_secrets(tmp_path / "deploy") / "secrets"
    example = found["Secret", "secrets"]["stringData"]

    assert set(example) == {path.name for path in made.iterdir()}
    assert set(example.values()) == {""}


@pytest.mark.parametrize("name", ["assistant", "analytics", "postgres", "redis", "rabbitmq"])
def test_no_pod_may_more_than_it_must(pods, name):
    pod = pods[name]

    assert pod["securityContext"]["runAsNonRoot"]
    assert not pod["automountServiceAccountToken"]
    # Kubernetes names variables after services; one that begins with NMT_ and is no setting would stop the assistant.
    assert not pod["enableServiceLinks"]
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]
        assert "readinessProbe" in container


@pytest.mark.parametrize("name", ["assistant", "analytics"])
def test_the_user_is_the_one_of_the_image(pods, name):
    uid = pods[name]["securityContext"]["runAsUser"]

    assert f"useradd --uid {uid} " in (ROOT / "deploy" / "Dockerfile").read_text()


def test_an_outage_of_the_database_takes_no_replica_out_of_service(pods):
    container = pods["assistant"]["containers"][0]

    assert container["startupProbe"]["httpGet"]["path"] == "/ready"
    assert container["readinessProbe"]["httpGet"]["path"] == "/health"
    assert container["livenessProbe"]["httpGet"]["path"] == "/health"


def test_what_is_for_those_who_run_it_has_no_path_from_outside(found):
    paths = [
        path["path"]
        for (kind, _), item in found.items()
        if kind == "Ingress"
        for rule in item["spec"]["rules"]
        for path in rule["http"]["paths"]
    ]

    assert sorted(paths) == ["/health", "/webhooks", "/webhooks/web/socket.io"]
