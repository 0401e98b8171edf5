"""What is counted where the user leaves it open: it follows the texts.

Chosen by cross-validation on the corpora in ``tests/benchmarks/text_sets.py``.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from .._core.sampling import some_rows

Range = tuple[int, int]

ANALYZERS = ("word", "char", "char_wb")

# Scripts without spaces between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)
# Share of the letters from which on parts of words have to be counted.
UNSPACED_SHARE = 0.1
# Characters of a text up to which parts of words are counted beside words, on average:
# longer texts have words enough, and cost too much time.
LONGEST_WITH_PARTS = 700
# Characters for each word from which on words say nothing: a strand of DNA, a protein
# or a row of signs is one word that no other text has, or none.
MOST_PER_WORD = 20
_WORD = re.compile(r"\w+")
# Texts that are looked at.
N_LOOKED_AT = 1000

WORDS, LONG_WORDS, PARTS, UNSPACED_PARTS = (1, 2), (1, 3), (2, 5), (1, 4)


class Counted(NamedTuple):
    """Analyzers, and the shortest and longest n-gram of each."""

    analyzers: tuple[str, ...]
    ranges: tuple[Range, ...]


LONG = Counted(("word",), (LONG_WORDS,))
# Triples of words learn the texts of a topic by heart.
TOPICS = Counted(("word",), (WORDS,))
WITHOUT_WORDS = Counted(("char_wb",), (PARTS,))


def chosen(
    texts: list, *, hashed: bool, topics: bool = False, has_words: bool = False
) -> Counted:
    """Choose what to count in some texts: words, parts of words or both.

    `topics` says that the texts have several classes, `has_words` that the user has
    said what a word is.

    Examples
    --------
    >>> from sknets._texts.choice import chosen
    >>> chosen(["a good film", "a bad one"], hashed=False)
    Counted(analyzers=('word', 'char_wb'), ranges=((1, 2), (2, 5)))
    """
    long = TOPICS if topics else LONG
    if not isinstance(texts[0], str):
        return long
    sample = [texts[number] for number in some_rows(len(texts), N_LOOKED_AT)]
    if not has_words and unspaced_share(sample) >= UNSPACED_SHARE:
        return Counted(("char_wb",), (UNSPACED_PARTS,))
    length = sum(map(len, sample)) / len(sample)
    if hashed or length > LONGEST_WITH_PARTS:
        return WITHOUT_WORDS if not has_words and lacks_words(sample) else long
    return Counted(("word", "char_wb"), (WORDS, PARTS))


def unspaced_share(texts: list[str]) -> float:
    """Share of the letters that belong to scripts without spaces between words.

    Examples
    --------
    >>> from sknets._texts.choice import unspaced_share
    >>> unspaced_share(["好 ab"])
    0.3333333333333333
    """
    letters = unspaced = 0
    for text in texts:
        if text.isascii():
            letters += len(text)
            continue
        letters += sum(map(str.isalpha, text))
        unspaced += len(_UNSPACED.findall(text))
    return unspaced / max(letters, 1)


def lacks_words(texts: list[str]) -> bool:
    """Whether texts have hardly a word, by their beginnings.

    Examples
    --------
    >>> from sknets._texts.choice import lacks_words
    >>> lacks_words(["GATTACA" * 9]), lacks_words(["GATTACA " * 9])
    (True, False)
    """
    beginnings = [text[:LONGEST_WITH_PARTS] for text in texts]
    n_words = sum(len(_WORD.findall(text)) for text in beginnings)
    return sum(map(len, beginnings)) > MOST_PER_WORD * n_words


def ranges_of(analyzers: tuple[str, ...], given: Any) -> tuple[Range, ...]:
    """The range of n-grams of each analyzer, of what a user gave.

    Examples
    --------
    >>> from sknets._texts.choice import ranges_of
    >>> ranges_of(("word", "char_wb"), [[1, 2], [2, 5]])
    ((1, 2), (2, 5))
    """
    unknown = [name for name in analyzers if name not in ANALYZERS]
    if unknown or len(set(analyzers)) < len(analyzers) or not analyzers:
        raise ValueError(
            f"analyzer={analyzers!r} must be made of distinct ones of {ANALYZERS}."
        )
    if given == "auto":
        if analyzers == ("word",):
            return (LONG_WORDS,)
        return tuple(WORDS if name == "word" else PARTS for name in analyzers)
    ranges = as_tuples(given)
    if not any(isinstance(item, tuple) for item in ranges):
        ranges = (ranges,)
    if len(ranges) != len(analyzers):
        raise ValueError(
            f"ngram_range={given!r} must be one pair (min_n, max_n) for each analyzer "
            f"of {analyzers}, such as {ranges_of(analyzers, 'auto')}."
        )
    return ranges


def as_tuples(value: Any) -> Any:
    """Lists as tuples, those within them too."""
    if isinstance(value, list | tuple):
        return tuple(as_tuples(item) for item in value)
    return value
