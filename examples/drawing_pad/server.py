"""The web application: two pages, their files, and what they ask the network.

It is made for one person at one computer, and still trusts nothing that it is sent:
any web page that is open in the same browser can send requests to a local server.
The host name of a request must be one of this computer's own (against DNS rebinding),
a request that changes or computes something must come from one of these pages
(against cross-site requests), and its body is limited and checked to the last value.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, jsonify, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from . import digits, messages
from .model import source_of
from .strokes import to_image

_PAGES = Path(__file__).parent / "pages"
# Every file that can be asked for. Nothing is looked up by a name from a request.
_FILES = {
    "/": ("pad.html", "text/html; charset=utf-8"),
    "/quiz": ("quiz.html", "text/html; charset=utf-8"),
    "/style.css": ("style.css", "text/css; charset=utf-8"),
    "/common.js": ("common.js", "text/javascript; charset=utf-8"),
    "/pad.js": ("pad.js", "text/javascript; charset=utf-8"),
    "/quiz.js": ("quiz.js", "text/javascript; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
# Of every answer, those of waitress itself included.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Served:
    """A fitted classifier of digits and what is said about it.

    `net` names the digits 0 to 9 in flat images of 28 x 28 pixels, uint8; `test` are
    images that it was not trained on, of which it names the share `accuracy`.
    """

    net: Any
    test: digits.Digits
    accuracy: float


def create_app(served: Served, port: int) -> Flask:
    """Make the application that listens at `port`; requests must name that port."""
    app = Flask(__name__, static_folder=None)
    # Flask answers OPTIONS by itself otherwise, and nothing here needs that.
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.config["MAX_CONTENT_LENGTH"] = messages.MAX_BODY
    hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}
    app.before_request(lambda: _check_sender(hosts))
    app.after_request(_add_headers)
    app.register_error_handler(messages.BadRequest, _bad_request)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _internal_error)
    _add_pages(app)
    _add_pad(app, served)
    _add_quiz(app, served)
    return app


# --- Every request -------------------------------------------------------------------


def _check_sender(hosts: set[str]) -> Any:
    """Return an error for a request that none of our own pages could have sent."""
    host = request.headers.get("Host", "").lower()
    if host not in hosts:
        return _error(421, "This server answers to 127.0.0.1 and localhost only.")
    if request.method in ("GET", "HEAD"):
        return None
    # Browsers name the page that sends a POST request; other programs need not.
    origin = request.headers.get("Origin", f"http://{host}").lower()
    site = request.headers.get("Sec-Fetch-Site", "same-origin").lower()
    if origin != f"http://{host}" or site != "same-origin":
        return _error(403, "Requests from other web pages are not answered.")
    return None


def _add_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    return response


def _json_body() -> dict[str, Any]:
    # What HTML forms can send is not JSON, and other pages may send that unasked.
    if request.mimetype != "application/json":
        raise _Unsupported("The body must have the content type application/json.")
    if "Content-Encoding" in request.headers:
        raise _Unsupported("The body must not be compressed.")
    return messages.parse(request.get_data(cache=False))


class _Unsupported(HTTPException):
    code = 415


# --- Errors --------------------------------------------------------------------------


def _error(status: int, message: str) -> Response:
    response = jsonify(error=message)
    response.status_code = status
    return response


def _bad_request(error: messages.BadRequest) -> Response:
    return _error(400, str(error))


def _http_error(error: HTTPException) -> Response:
    texts = {
        404: "There is nothing at this address.",
        405: "This address does not take that method.",
        413: f"The body has more than {messages.MAX_BODY} bytes.",
    }
    status = error.code or 500
    response = _error(status, texts.get(status, error.description or "Bad request."))
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return response


def _internal_error(error: Exception) -> Response:
    # The console gets the traceback, the browser does not.
    current_app.logger.exception("A request failed")
    return _error(500, "The server failed to answer; its console says more.")


# --- Pages ---------------------------------------------------------------------------


def _add_pages(app: Flask) -> None:
    for address, (name, content_type) in _FILES.items():
        content = (_PAGES / name).read_bytes()
        view = partial(Response, content, content_type=content_type)
        app.add_url_rule(address, name, view, methods=["GET"])


def _add_pad(app: Flask, served: Served) -> None:
    @app.get("/api/model")
    def model() -> Response:
        return jsonify(
            name=type(served.net).__name__,
            trained_on=source_of(served.net),
            stand_in=source_of(served.net) == digits.STAND_IN,
            n_test=len(served.test.labels),
            accuracy=served.accuracy,
        )

    @app.post("/api/predict")
    def predict() -> Response:
        image = to_image(messages.strokes(_json_body()))
        if image is None:
            return jsonify(empty=True)
        opinion = _opinion(served.net, image)
        return jsonify(empty=False, pixels=image.ravel().tolist(), **opinion)


def _add_quiz(app: Flask, served: Served) -> None:
    images, labels = served.test.images, served.test.labels

    @app.post("/api/quiz")
    def quiz() -> Response:
        length = messages.quiz_length(_json_body())
        chosen = secrets.SystemRandom().sample(range(len(labels)), length)
        return jsonify(
            images=[
                {"image": number, "pixels": images[number].ravel().tolist()}
                for number in chosen
            ]
        )

    @app.post("/api/quiz/answer")
    def answer() -> Response:
        number, digit = messages.quiz_answer(_json_body(), len(labels))
        label = int(labels[number])
        network = _opinion(served.net, images[number])
        return jsonify(
            label=label,
            network=network,
            person_right=digit == label,
            network_right=network["digit"] == label,
        )


def _opinion(net: Any, image: Any) -> dict[str, Any]:
    """Return the network's digit and its ten probabilities."""
    probabilities = net.predict_proba(image.reshape(1, -1))[0]
    return {
        "digit": int(probabilities.argmax()),
        "probabilities": [round(float(p), 4) for p in probabilities],
    }
