"""How words, characters and given numbers are numbered, read, hashed and dropped."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

from sknets._texts.symbols import Values, Words

PATTERN = r"(?u)\b\w+\b"
BLOCKS = [["b a b", "c"], ["b a", ""]]


def words(**params):
    defaults = {
        "lowercase": True,
        "token_pattern": PATTERN,
        "tokenizer": None,
        "ngram_range": (1, 1),
    }
    return Words(**{**defaults, **params})


def of_splits():
    """Words of bytes, of strings, characters, and numbers, with the same texts."""
    numbers = [
        [np.array([2, 1, 2]), np.array([3])],
        [np.array([2, 0, 1]), np.array([])],
    ]
    numbers = [[text.astype(np.int64) for text in block] for block in numbers]
    letters = [["bab", "c"], ["ba", ""]]
    return {
        "bytes": (words(), BLOCKS, ["b", "a", "c"]),
        "strings": (words(token_pattern=r"[abc]"), BLOCKS, ["b", "a", "c"]),
        "characters": (Values("char", True, (1, 1)), letters, ["b", "a", "c"]),
        "numbers": (Values(None, True, (1, 1)), numbers, ["2", "1", "3"]),
    }


@pytest.fixture(params=["bytes", "strings", "characters", "numbers"])
def split(request):
    return of_splits()[request.param]


def test_the_most_frequent_come_first(split):
    symbols, blocks, names = split
    first, second = symbols.learn(blocks, 1)
    assert symbols.names() == names
    assert len(symbols) == 3
    assert first.ids.tolist() == [0, 1, 0, 2]
    assert first.docs.tolist() == [0, 0, 0, 1]
    assert second.ids.tolist() == [0, 1]
    assert second.docs.tolist() == [0, 0]


def test_rare_ones_have_no_number(split):
    symbols, blocks, names = split
    first, _ = symbols.learn(blocks, 2)
    assert symbols.names() == names[:2]
    assert first.ids.tolist() == [0, 1, 0, -1]


def test_reading_finds_the_numbers_again(split):
    symbols, blocks, _ = split
    learnt = symbols.learn(blocks, 2)
    for block, tokens in zip(blocks, learnt, strict=True):
        read = symbols.read(block)
        np.testing.assert_array_equal(read.ids, tokens.ids)
        np.testing.assert_array_equal(read.docs, tokens.docs)


def test_numbers_of_kept_ones_move_up(split):
    symbols, blocks, names = split
    symbols.learn(blocks, 1)
    symbols.read(blocks[0])
    symbols.keep(np.array([True, False, True]))
    assert symbols.names() == [names[0], names[2]]
    assert symbols.read(blocks[0]).ids.tolist() == [0, -1, 0, 1]


def test_hashes_of_texts_are_those_of_the_symbols_in_them(split):
    symbols, blocks, names = split
    hashed = symbols.hash(blocks[0])
    found = [name for text in blocks[0] for name in symbols.names_in(text)]
    assert found == [names[0], names[1], names[0], names[2]]
    assert len(set(hashed.ids.tolist())) == 3
    assert len(set(zip(found, hashed.ids.tolist(), strict=True))) == 3


def test_hashes_are_the_same_in_every_process():
    program = (
        "from tests.texts.test_symbols import words\n"
        "print(words().hash(['a good film']).ids.tolist())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{words().hash(['a good film']).ids.tolist()}\n"


def test_characters_of_a_word_are_a_segment():
    [tokens] = Values("char_wb", False, (1, 2)).learn([["an Ox", "b"]], 1)
    assert tokens.segments.tolist() == [0] * 4 + [1] * 4 + [2] * 3
    assert tokens.docs.tolist() == [0] * 8 + [1] * 3


def test_odd_characters_are_words_as_others():
    odd = "caf\u00e9 \U0001f600\ud800"
    symbols = words(tokenizer=str.split, token_pattern=None)
    symbols.learn([[f"{odd} {odd.split()[1]}"]], 1)
    assert symbols.names() == odd.split()[::-1]
    assert symbols.read(odd.split()).ids.tolist() == [1, 0]


@pytest.mark.parametrize("token_pattern", [PATTERN, r"[a-z]+"])
def test_stop_words_leave_no_gap(token_pattern):
    symbols = words(stop_words=("the",), token_pattern=token_pattern)
    [tokens] = symbols.learn([["the cat and the dog"]], 1)
    assert symbols.names() == ["and", "cat", "dog"]
    assert tokens.ids.tolist() == symbols.read(["the cat and the dog"]).ids.tolist()
    assert tokens.ids.tolist() == [1, 0, 2]
    assert len(symbols.hash(["the cat and the dog"]).ids) == 3
    assert symbols.names_in("the cat and the dog") == ["cat", "and", "dog"]


def test_stop_words_that_no_text_can_have():
    symbols = words(stop_words=("", "film\0", "a b", "good"))
    symbols.learn([["good film, a b"]], 1)
    assert symbols.names() == ["a", "b", "film"]


def test_ngrams_of_words_with_spaces_are_words_of_their_own():
    """ "a b" could be a word of its own, or two of them."""
    symbols = words(
        tokenizer=lambda text: text.split("|"), token_pattern=None, ngram_range=(1, 2)
    )
    symbols.learn([["a b|c", "c"]], 1)
    assert symbols.ngram_range == (1, 1)
    assert sorted(symbols.names()) == ["a b", "a b c", "c"]
    plain = words(tokenizer=str.split, token_pattern=None, ngram_range=(1, 2))
    plain.learn([["a b c"]], 1)
    assert plain.ngram_range == (1, 2)


def test_pickles_have_the_words_once_and_old_ones_no_stop_words():
    symbols = words()
    symbols.learn([[" ".join(f"word{i}" for i in range(1000))]], 1)
    size = len(pickle.dumps(symbols))
    symbols.read(["word1"])  # makes a table of the words
    assert len(pickle.dumps(symbols)) == size
    state = symbols.__getstate__()
    del state["stop_words"]
    old = Words.__new__(Words)
    old.__setstate__(state)
    assert (
        old.read(["word7 none"]).ids.tolist()
        == symbols.read(["word7 none"]).ids.tolist()
    )


def test_ngrams_that_are_given_are_not_split():
    symbols = words(
        tokenizer=lambda text: text.split(","), token_pattern=None, ngram_range=(1, 2)
    )
    symbols.take(["new york", "a b"])
    assert symbols.names() == ["a b", "new york"]
    assert symbols.read(["new york,a,b"]).ids.tolist() == [1, -1, -1, -1, 0]
