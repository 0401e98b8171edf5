"""Run the steps of a Dockerfile without Docker, and ask the service that it starts.

    python .ci/dockerfile.py examples/service/Dockerfile FOLDER

FOLDER takes the place of the image: it has a fresh virtual environment in ``venv``, and
absolute paths lie within it. What COPY names is looked for there first, then in this
clone, from which a network is trained and saved as ``net.sknets``.
"""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from sklearn.datasets import load_iris

import sknets

CLONE = Path(__file__).resolve().parents[1]


def instructions(text):
    """Yield the lines of a Dockerfile, each as its first word and the rest."""
    for line in text.replace("\\\n", " ").splitlines():
        if line and not line.startswith("#"):
            yield line.split(maxsplit=1)


class Image:
    def __init__(self, folder):
        self.folder, self.work = folder, folder
        path = f"{folder / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
        self.environment = os.environ | {"PATH": path, "PIP_QUIET": "1"}
        self.command = None

    def within(self, path):
        return self.folder / path.lstrip("/") if path[0] == "/" else self.work / path

    def _from(self, image):
        assert re.fullmatch(r"python:3\.\d+-slim", image), image

    def _run(self, command):
        # Paths below the root that are no options: those of the image.
        command = re.sub(r"(?<=\s)/(?=\w)", f"{self.folder}/", command)
        subprocess.run(
            command, shell=True, check=True, cwd=self.work, env=self.environment
        )

    def _copy(self, words):
        *sources, target = shlex.split(words)
        folder = self.within(target)
        for source in sources:
            found = next(
                p / source for p in (self.folder, CLONE) if (p / source).exists()
            )
            if found.is_dir():  # its content, as Docker does
                no_caches = shutil.ignore_patterns("__pycache__")
                shutil.copytree(found, folder, ignore=no_caches, dirs_exist_ok=True)
            else:
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy(found, folder)

    def _workdir(self, path):
        self.work = self.within(path)
        self.work.mkdir(parents=True, exist_ok=True)

    def _user(self, name):
        """Nothing: the folder belongs to whoever runs this."""

    _expose = _user

    def _cmd(self, command):
        self.command = json.loads(command)

    def build(self, dockerfile):
        for name, rest in instructions(dockerfile):
            print(f"{name} {rest}", flush=True)
            getattr(self, f"_{name.lower()}")(rest)

    def start(self, port, free_port):
        """Start the service, at a port that is free here."""
        words = [word.replace(port, free_port) for word in self.command]
        program = shutil.which(words[0], path=self.environment["PATH"])
        assert Path(program).is_relative_to(self.folder), program
        return subprocess.Popen(
            [program, *words[1:]], cwd=self.work, env=self.environment
        )


def ask(address, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        address, data, {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def wait_for(address, seconds=30):
    for _ in range(10 * seconds):
        try:
            return ask(address)
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(address)


def main(dockerfile, folder):
    X, y = load_iris(return_X_y=True)
    net = sknets.DenseNetClassifier(8, epochs=5, random_state=0).fit(X, y)
    sknets.save(net, folder / "net.sknets")
    text = Path(dockerfile).read_text(encoding="utf-8")
    image = Image(folder)
    image.build(text)
    [port] = re.findall(r"^EXPOSE (\d+)$", text, re.MULTILINE)
    with socket.create_server(("127.0.0.1", 0)) as server:
        free_port = str(server.getsockname()[1])
    service = image.start(port, free_port)
    try:
        address = f"http://127.0.0.1:{free_port}"
        print(wait_for(f"{address}/health"))
        answer = ask(f"{address}/predict", {"rows": X[::50].tolist()})
        labels = [row["label"] for row in answer["predictions"]]
        assert labels == net.predict(X[::50]).tolist(), answer
    finally:
        service.terminate()
        service.wait()
    print("The service predicts what the network does.")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]).resolve())
