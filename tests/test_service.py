"""The service of examples/service, and the steps of its Dockerfile."""

import importlib.util
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris

import sknets

ROOT = Path(__file__).parents[1]
SERVICE = ROOT / "examples" / "service"
DOCKERFILE = (SERVICE / "Dockerfile").read_text(encoding="utf-8")
X, y = load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def net():
    names = load_iris().target_names[y]
    return sknets.DenseNetClassifier(8, epochs=5, random_state=0).fit(X, names)


@pytest.fixture
def client(net, tmp_path, monkeypatch):
    pytest.importorskip("flask")
    sknets.save(net, tmp_path / "net.sknets")
    monkeypatch.setenv("MODEL", str(tmp_path / "net.sknets"))
    spec = importlib.util.spec_from_file_location("service", SERVICE / "service.py")
    service = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(service)
    return service.app.test_client()


def test_predictions_are_those_of_the_network(client, net):
    answer = client.post("/predict", json={"rows": X[::50].tolist()}).json
    assert answer["classes"] == net.classes_.tolist()
    labels = [row["label"] for row in answer["predictions"]]
    assert labels == net.predict(X[::50]).tolist()
    proba = [row["probabilities"] for row in answer["predictions"]]
    np.testing.assert_allclose(proba, net.predict_proba(X[::50]), atol=1e-4)


def test_it_says_what_it_serves(client):
    expected = {"estimator": "DenseNetClassifier", "sknets": sknets.__version__}
    assert client.get("/health").json == expected


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, "KeyError: 'rows'"),
        ({"rows": [[1, 2]]}, "expecting 4 features"),
        ({"rows": [["long", "short"]]}, "could not convert string to float"),
        ({"rows": []}, "ValueError"),
        (3, "TypeError"),
    ],
)
def test_what_cannot_be_predicted_is_refused(client, body, found):
    answer = client.post("/predict", json=body)
    assert answer.status_code == 400
    assert found in answer.json["error"]


def test_what_is_no_json_is_refused(client):
    assert client.post("/predict", data="rows").status_code == 415
    bad = client.post("/predict", data="{", content_type="application/json")
    assert bad.status_code == 400
    assert bad.json["error"].startswith("Bad Request")


def test_dockerfile_copies_what_there_is():
    copied = re.findall(r"^COPY (.*) \S+$", DOCKERFILE, re.MULTILINE)
    for path in shlex.split(" ".join(copied)):
        assert path == "net.sknets" or (ROOT / path).exists(), path


def test_dockerfile_installs_what_the_guide_says():
    guide = (ROOT / "docs" / "user_guide" / "deploying.rst").read_text(encoding="utf-8")
    [packages] = re.findall(r"pip install (numpy .*)\n", guide)
    [installed] = re.findall(r"--no-cache-dir (numpy .*)\n", DOCKERFILE)
    assert installed == f"{packages} flask waitress"
