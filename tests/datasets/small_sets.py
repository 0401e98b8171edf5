"""Small data sets in all the forms that the loaders read."""

import io
import lzma
import tarfile

import numpy as np

RNG = np.random.default_rng(0)


def digits(n):
    images = RNG.integers(0, 256, (n, 28, 28), dtype=np.uint8)
    return images, (np.arange(n) % 10).astype(np.uint8)


TRAIN, TEST = digits(20), digits(10)


def write_mnist(folder, **replaced):
    arrays = {"x_train": TRAIN[0], "y_train": TRAIN[1]}
    arrays |= {"x_test": TEST[0], "y_test": TEST[1], **replaced}
    path = folder / "mnist.npz"
    np.savez_compressed(path, **arrays)
    return path


def write_faces(folder, name, n_people, n_images, shape):
    """Faces whose first pixel is the person, and whose second is the image."""
    y = np.repeat(np.arange(n_people, dtype=np.uint8), n_images)
    x = np.zeros((len(y), *shape), np.uint8)
    x[:, 0, 0] = y
    x[:, 0, 1] = np.tile(np.arange(n_images), n_people)
    path = folder / f"{name}_faces.npz"
    np.savez_compressed(path, x=x, y=y)
    return path


# Return, U+0085 and form feed end a line elsewhere, but not in these files. There are
# enough negative reviews to notice another order.
REVIEWS = {
    "train": [
        *((f"awful\tfilm {number}", 0) for number in range(12)),
        ("bad \x85 worse \r worst", 0),
        ("fine<br />film", 1),
    ],
    "test": [("dull \x0c film", 0), ("café", 1)],
}


def write_lines(folder, part):
    lines = [f"{label}\t{text}\n" for text, label in REVIEWS[part]]
    path = folder / f"imdb_{part}.tsv.xz"
    path.write_bytes(lzma.compress("".join(lines).encode()))
    return path


def write_both(folder):
    for part in REVIEWS:
        write_lines(folder, part)


def review_files():
    """Names in the authors' layout and contents, in the order that a folder has."""
    for part, rows in REVIEWS.items():
        yield f"aclImdb/{part}/unsup/0_0.txt", b"neither"
        # 10 comes behind 9, though not in the alphabet.
        for number, (text, label) in enumerate(rows, start=9):
            name = ("neg", "pos")[label]
            yield f"aclImdb/{part}/{name}/{number}_{label}.txt", text.encode()
            yield f"aclImdb/{part}/urls_{name}.txt", b"http://..."


def write_folder(folder):
    for name, content in review_files():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder / "aclImdb"


def write_archive(folder):
    path = folder / "aclImdb_v1.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in sorted(review_files()):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path
