"""Film the drawing pad in a real browser for docs/user_guide/drawing_pad.rst.

    python docs/make_moving_picture.py --data FOLDER --model digits.sknets

FOLDER holds mnist.npz; the network is trained on it if it is not in the file. Needs the
extras drawing-pad and tests, Pillow, and chromium with chromedriver.
Writes docs/images/drawing_pad.webp.
"""

import argparse
import io
import itertools
import shutil
import socket
import sys
import threading
from pathlib import Path

import numpy as np
from PIL import Image
from selenium import webdriver

ROOT = Path(__file__).parents[1]
sys.path += [str(ROOT / "examples")]

from drawing_pad.__main__ import prepare  # noqa: E402
from drawing_pad.server import create_app  # noqa: E402
from drawing_pad.serving import make_server  # noqa: E402

SIZE = (820, 640)


def arc(x, y, width, height, first, last, n_points=18):
    """Points of an ellipse, in units of the pad's side."""
    angles = np.radians(np.linspace(first, last, n_points))
    return [*zip(x + width * np.cos(angles), y + height * np.sin(angles), strict=True)]


def line(*corners, n_points=10):
    """Points along straight lines."""
    parts = [
        np.linspace(start, end, n_points, endpoint=False)
        for start, end in itertools.pairwise(corners)
    ]
    return [*np.concatenate(parts).tolist(), list(corners[-1])]


DRAWINGS = (
    [arc(0.47, 0.35, 0.17, 0.15, -150, 90) + arc(0.47, 0.65, 0.2, 0.16, -90, 150)],
    [line((0.42, 0.2), (0.3, 0.55), (0.72, 0.55)), line((0.6, 0.2), (0.58, 0.8))],
    [arc(0.5, 0.37, 0.16, 0.16, 0, -360, 24) + line((0.66, 0.37), (0.62, 0.82))],
)


def serve(options):
    """Serve the pad on a free port of this computer; return its address."""
    served = prepare(options)
    opened = socket.create_server(("127.0.0.1", 0))
    port = opened.getsockname()[1]
    server = make_server(create_app(served, port), opened)
    threading.Thread(target=server.run, daemon=True).start()
    return f"http://127.0.0.1:{port}/"


def start_browser():
    options = webdriver.ChromeOptions()
    for argument in ("headless=new", "no-sandbox", "hide-scrollbars"):
        options.add_argument(f"--{argument}")
    # Named, since Selenium would look for others in the network.
    options.binary_location = shutil.which("chromium") or ""
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    browser = webdriver.Chrome(options=options, service=service)
    width, height = SIZE
    metrics = {"width": width, "height": height, "mobile": False}
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {**metrics, "deviceScaleFactor": 1}
    )
    return browser


def film(browser, address):
    """Frames of the drawings, two points of a stroke between them."""
    browser.get(address)
    left, top, side = browser.execute_script(
        "const box = document.querySelector('#pad').getBoundingClientRect();"
        "return [box.left, box.top, box.width]"
    )

    def mouse(kind, x, y):
        browser.execute_cdp_cmd(
            "Input.dispatchMouseEvent",
            {
                "type": kind,
                "x": left + x * side,
                "y": top + y * side,
                "button": "left",
                "buttons": 1,
                "clickCount": 1,
            },
        )

    def frame():
        with Image.open(io.BytesIO(browser.get_screenshot_as_png())) as image:
            return image.convert("RGB")

    frames = []
    for drawing in DRAWINGS:
        for stroke in drawing:
            mouse("mousePressed", *stroke[0])
            for number, point in enumerate(stroke):
                mouse("mouseMoved", *point)
                if number % 2:
                    frames.append((frame(), 90))
            mouse("mouseReleased", *stroke[-1])
        frames.append((frame(), 1400))
        browser.find_element("css selector", "#clear").click()
    return frames


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--model", type=Path)
    address = serve(parser.parse_args())
    browser = start_browser()
    try:
        frames = film(browser, address)
    finally:
        browser.quit()
    images, durations = zip(*frames, strict=True)
    path = ROOT / "docs" / "images" / "drawing_pad.webp"
    first, *others = images
    first.save(
        path, save_all=True, append_images=others, duration=durations, loop=0,
        quality=60, method=6,
    )  # fmt: skip
    print(f"{path.name}: {len(images)} frames, {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
