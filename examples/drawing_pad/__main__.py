"""Start the drawing pad: ``python examples/drawing_pad``, then open the address shown.

Draw a digit with mouse or finger and see the network's ten probabilities move, or name
digits yourself in the quiz, against the network. The network learns from MNIST if it is
there (``--data FOLDER``, ``SKNETS_DATA`` or Keras' download cache), else from the small
digits that scikit-learn ships. It listens on this computer only.
"""

from __future__ import annotations

import argparse
import socket
import sys
from pathlib import Path

if not __package__:  # started as a folder, not with -m
    sys.path[0] = str(Path(__file__).resolve().parents[1])

try:
    from drawing_pad.server import Served, create_app
    from drawing_pad.serving import make_server
except ModuleNotFoundError as error:
    if error.name not in ("flask", "waitress", "werkzeug"):
        raise
    raise SystemExit(
        f'The drawing pad needs {error.name}: pip install -e ".[drawing-pad]"'
    ) from None

from drawing_pad import digits
from drawing_pad.model import ModelError, load_or_train, source_of

HOST = "127.0.0.1"


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="drawing_pad",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--data", type=Path, help="folder of mnist.npz (default: $SKNETS_DATA)"
    )
    parser.add_argument(
        "--model",
        type=Path,
        help="file of the network: loaded if it exists, else written after training",
    )
    parser.add_argument(
        "--port", type=int, default=8000, help="0 takes any free one (default: 8000)"
    )
    return parser.parse_args()


def listen(port: int) -> socket.socket:
    """Open the port before the training, so that a taken one is known at once."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((HOST, port))
        opened.listen()
    except (OSError, OverflowError) as error:
        raise SystemExit(
            f"Cannot listen on port {port}: {error}. Give --port."
        ) from None
    return opened


def prepare(options: argparse.Namespace) -> Served:
    """Network and test images; says on the console what they are from."""
    net = load_or_train(options.model, options.data)
    # A stand-in network was trained on none but its own training images.
    if source_of(net) == digits.STAND_IN:
        test = digits.stand_in("test")
        print(
            "\nNOT TRAINED ON MNIST, but on the small digits that scikit-learn ships,\n"
            "enlarged: it names fewer drawings. For the real one give --data FOLDER\n"
            "with mnist.npz (and --model another file, if you gave one)."
        )
    else:
        test = digits.load("test", options.data)
    accuracy = net.score(test.images, test.labels)
    print(
        f"\nNetwork trained on: {source_of(net) or 'not known'}. It names "
        f"{accuracy:.1%} of {len(test.labels)} test images ({test.source})."
    )
    return Served(net, test, float(accuracy))


def main() -> None:
    options = parse_options()
    with listen(options.port) as opened:
        try:
            served = prepare(options)
        except (ModelError, OSError, ValueError) as error:
            raise SystemExit(str(error)) from None
        port = opened.getsockname()[1]
        print(f"\nOpen http://{HOST}:{port}/ in a browser. Ctrl+C ends.", flush=True)
        make_server(create_app(served, port), opened).run()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
