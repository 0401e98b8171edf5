"""A service that predicts, without TensorFlow: POST rows to /predict.

It serves the file that the environment variable MODEL names, ``net.sknets`` if there is
none, written by ``sknets.save`` after a training anywhere::

    MODEL=net.sknets waitress-serve --port=8080 service:app
    curl localhost:8080/predict -H "content-type: application/json" \
        -d '{"rows": [[5.1, 3.5, 1.4, 0.2]]}'
"""

import os

import numpy as np
from flask import Flask, jsonify, request
from werkzeug.exceptions import HTTPException

import sknets

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 2**20
net = sknets.load(os.environ.get("MODEL", "net.sknets"))


@app.get("/health")
def health():
    return jsonify(estimator=type(net).__name__, sknets=sknets.__version__)


@app.post("/predict")
def predict():
    """Answer ``{"rows": [...]}`` with a label and its probabilities for each row."""
    try:
        rows = np.asarray(request.get_json()["rows"], dtype=float)
        proba = net.predict_proba(rows)
    except (KeyError, TypeError, ValueError) as error:
        return jsonify(error=f"{type(error).__name__}: {error}"), 400
    classes = net.classes_.tolist()
    answers = [
        {"label": classes[row.argmax()], "probabilities": row.round(4).tolist()}
        for row in proba
    ]
    return jsonify(classes=classes, predictions=answers)


@app.errorhandler(HTTPException)
def refuse(error):
    return jsonify(error=f"{error.name}: {error.description}"), error.code
