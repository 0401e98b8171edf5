"""Folders of data sets on a machine that has none, and no network."""

import pytest


@pytest.fixture(autouse=True)
def _empty_machine(tmp_path, monkeypatch):
    """No data folder, an empty cache of Keras', and no network."""
    monkeypatch.delenv("SKNETS_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "sklearn"))
    for name in ("http_proxy", "https_proxy"):  # nothing listens at port 9
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    # An opener that an earlier download has left knows other proxies.
    monkeypatch.setattr("urllib.request._opener", None)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "data"
    path.mkdir()
    return path


@pytest.fixture
def keras_cache(tmp_path):
    path = tmp_path / "keras" / "datasets"
    path.mkdir(parents=True)
    return path
