"""Small image sets for choosing the defaults of SmallCNNClassifier.

Only training images of MNIST, and of each face set only the images that the benchmark
trains on, so that no test image has had a say in a default.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

Split = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
CHARACTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabdefghkmnqrt23456789"


def mnist(folder: Path, seed: int, n_train: int, n_validation: int) -> Split:
    """Some of the first 50 000 training images, validated on some of the others."""
    with np.load(folder / "mnist.npz") as file:
        X, y = file["x_train"], file["y_train"]
    rng = np.random.default_rng(100 + seed)
    train = rng.permutation(50_000)[:n_train]
    validation = 50_000 + rng.permutation(10_000)[:n_validation]
    return X[train], y[train], X[validation], y[validation]


def faces(folder: Path, seed: int, name: str, per_person: int, n_used: int) -> Split:
    """Two of the first `n_used` images of each person to validate on, in turn."""
    with np.load(folder / f"{name}_faces.npz") as file:
        X, y = file["x"], file["y"]
    number = np.arange(len(y)) % per_person
    held_out = np.isin(number, [2 * seed % n_used, (2 * seed + 1) % n_used])
    train = (number < n_used) & ~held_out
    validation = (number < n_used) & held_out
    return X[train], y[train], X[validation], y[validation]


def first_rows(folder: Path, seed: int, name: str, n_pool: int, n_train: int) -> Split:
    """Some of the first `n_pool` rows of a file, validated on the 3000 behind them."""
    with np.load(folder / f"{name}.npz") as file:
        X, y = file["x"], file["y"]
    train = np.random.default_rng(200 + seed).permutation(n_pool)[:n_train]
    validation = slice(n_pool, n_pool + 3000)
    return X[train], y[train], X[validation], y[validation]


def garments(folder: Path, seed: int, n_train: int) -> Split:
    """Some of Fashion-MNIST's training images."""
    return first_rows(folder, seed, "fashion_mnist_train", 50_000, n_train)


def photographs(folder: Path, seed: int, n_train: int) -> Split:
    """Some of CIFAR-10's training images; the last 4000 of the file are not touched."""
    return first_rows(folder, seed, "cifar10_20k", 13_000, n_train)


def digits(folder: Path, seed: int, n_train: int) -> Split:
    """scikit-learn's digits of 8 x 8 pixels, validated on 600 others."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(y))
    train, validation = order[:n_train], order[-600:]
    return X[train], y[train], X[validation], y[validation]


def letters(folder: Path, seed: int) -> Split:
    """Letters and digits in six fonts that matplotlib ships, validated on the others.

    Characters that some fonts draw alike are left out.
    """
    import matplotlib
    from PIL import Image, ImageDraw, ImageFont

    fonts = Path(matplotlib.get_data_path(), "fonts", "ttf")
    paths = sorted(
        path
        for pattern in ("DejaVu*.ttf", "STIXGeneral*.ttf", "cm[rbst][0-9st]*.ttf")
        for path in fonts.glob(pattern)
        if "Display" not in path.name
    )
    X, y, font_of = [], [], []
    for number, path in enumerate(paths):
        font = ImageFont.truetype(str(path), 19)
        for label, character in enumerate(CHARACTERS):
            image = Image.new("L", (24, 24))
            draw = ImageDraw.Draw(image)
            draw.text((12, 12), character, 255, font, anchor="mm")
            X.append(np.asarray(image))
            y.append(label)
            font_of.append(number)
    order = np.random.default_rng(seed).permutation(len(paths))
    train = np.isin(font_of, order[:6])
    images, labels = np.array(X), np.array(y)
    return images[train], labels[train], images[~train], labels[~train]


def tiles(folder: Path, seed: int) -> Split:
    """Colour tiles of 24 x 24 of the photographs that scikit-image ships.

    The class is the photograph; 15 tiles of each to train on, 35 to validate on.
    """
    import skimage
    from PIL import Image

    names = ("astronaut.png", "chelsea.png", "coffee.png", "ihc.png", "retina.jpg",
             "rocket.jpg", "hubble_deep_field.jpg", "motorcycle_left.png")  # fmt: skip
    rng = np.random.default_rng(seed)
    parts = []
    for name in names:
        image = Image.open(Path(skimage.__file__).parent / "data" / name)
        image = image.convert("RGB").resize((image.width // 2, image.height // 2))
        pixels = np.asarray(image)
        height, width = pixels.shape[0] // 24, pixels.shape[1] // 24
        whole = pixels[: height * 24, : width * 24]
        grid = whole.reshape(height, 24, width, 24, 3).swapaxes(1, 2)
        parts.append(rng.permutation(grid.reshape(-1, 24, 24, 3))[:50])
    X, y = np.array(parts), np.arange(len(names))
    train, validation = X[:, :15], X[:, 15:]
    return (
        train.reshape(-1, 24, 24, 3), np.repeat(y, 15),
        validation.reshape(-1, 24, 24, 3), np.repeat(y, 35),
    )  # fmt: skip


def face_or_not(folder: Path, seed: int) -> Split:
    """100 faces and 100 other cuttings of 25 x 25 that scikit-image ships."""
    import skimage

    path = Path(skimage.__file__).parent / "data" / "lfw_subset.npy"
    X, y = np.load(path).astype(np.float32), np.repeat([1, 0], 100)
    order = np.random.default_rng(seed).permutation(200)
    return X[order[:60]], y[order[:60]], X[order[60:]], y[order[60:]]


SETS: dict[str, Callable[[Path, int], Split]] = {
    "MNIST, 100 rows": lambda folder, seed: mnist(folder, seed, 100, 2000),
    "MNIST, 1000 rows": lambda folder, seed: mnist(folder, seed, 1000, 2000),
    "digits, 60 rows": lambda folder, seed: digits(folder, seed, 60),
    "ORL": lambda folder, seed: faces(folder, seed, "orl", 10, 5),
    "Yale": lambda folder, seed: faces(folder, seed, "yale", 11, 6),
    "letters": letters,
    "tiles": tiles,
    "face or not": face_or_not,
    "Fashion-MNIST, 1000 rows": lambda folder, seed: garments(folder, seed, 1000),
    "CIFAR-10, 1000 rows": lambda folder, seed: photographs(folder, seed, 1000),
    "Fashion-MNIST, 10 000 rows": lambda folder, seed: garments(folder, seed, 10_000),
    "CIFAR-10, 10 000 rows": lambda folder, seed: photographs(folder, seed, 10_000),
}
