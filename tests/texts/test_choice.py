"""What is counted where the user leaves it open."""

import numpy as np
import pytest

from sknets import TextPoolClassifier
from sknets._texts import choice
from sknets._texts.choice import Counted

SHORT = ["a good film", "a bad film"] * 5
LABELS = [1, 0] * 5


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (SHORT, Counted(("word", "char_wb"), ((1, 2), (2, 5)))),
        (["long " * 141], Counted(("word",), ((1, 3),))),
        (["long " * 139], Counted(("word", "char_wb"), ((1, 2), (2, 5)))),
        (["好电影 film"], Counted(("char_wb",), ((1, 4),))),
        (["好" * 2000], Counted(("char_wb",), ((1, 4),))),
        (["ภาพยนตร์ดี"], Counted(("char_wb",), ((1, 4),))),
        (["GATTACA" * 101], Counted(("char_wb",), ((2, 5),))),
        (["😀🎉" * 351], Counted(("char_wb",), ((2, 5),))),
        (["Donaudampfschiff " * 42], Counted(("word",), ((1, 3),))),
        ([np.array([1, 2])], Counted(("word",), ((1, 3),))),
    ],
)
def test_follows_the_texts(texts, expected):
    assert choice.chosen(texts, hashed=False) == expected


@pytest.mark.parametrize("hashed", [False, True])
def test_long_texts_of_several_classes_are_counted_by_pairs(hashed):
    counted = choice.chosen(["long " * 141], hashed=hashed, topics=True)
    assert counted == Counted(("word",), ((1, 2),))
    net = TextPoolClassifier(n_features=2**12 if hashed else None)
    net.fit(["long " * 141, "longer " * 141, "longest " * 141], [0, 1, 2])
    counter = net.counter_
    assert counter.ngram_range == (1, 2)


def test_languages_that_take_turns():
    texts = ["a film in English", "好电影"] * 1000
    expected = Counted(("char_wb",), ((1, 4),))
    assert choice.chosen(texts, hashed=False) == expected
    assert choice.chosen(texts, hashed=False) == expected


@pytest.mark.parametrize(
    ("text", "analyzer"),
    [("a film", "word"), ("好", "char_wb"), ("GATTACA" * 9, "char_wb")],
)
def test_hashed_texts_have_one_analyzer(text, analyzer):
    assert choice.chosen([text], hashed=True).analyzers == (analyzer,)


@pytest.mark.parametrize(
    ("parameters", "analyzer", "ngram_range"),
    [
        ({"ngram_range": (1, 1)}, "word", (1, 1)),
        ({"tokenizer": str.split}, "word", (1, 3)),
        ({"analyzer": "word"}, "word", (1, 3)),
        ({"analyzer": "char"}, "char", (2, 5)),
        ({"analyzer": "char_wb", "ngram_range": [3, 4]}, "char_wb", (3, 4)),
        ({"n_features": 64}, "word", (1, 3)),
    ],
)
def test_what_is_given_is_kept(parameters, analyzer, ngram_range):
    net = TextPoolClassifier(epochs=1, random_state=0, **parameters).fit(SHORT, LABELS)
    assert net.counter_.analyzer == analyzer
    assert net.counter_.ngram_range == ngram_range


def test_one_range_for_each_analyzer():
    net = TextPoolClassifier(
        analyzer=["word", "char"], ngram_range=[[1, 1], [3, 4]], epochs=1
    )
    first, second = net.fit(SHORT, LABELS).counter_.counters
    assert (first.analyzer, first.ngram_range) == ("word", (1, 1))
    assert (second.analyzer, second.ngram_range) == ("char", (3, 4))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"analyzer": ("word", "words")}, "analyzer=.* must be made of distinct ones"),
        ({"analyzer": ("word", "word")}, "analyzer=.* must be made of distinct ones"),
        ({"analyzer": ()}, "analyzer=.* must be made of distinct ones"),
        (
            {"analyzer": ("word", "char"), "ngram_range": (1, 2)},
            r"ngram_range=\(1, 2\) must be one pair .* such as \(\(1, 2\), \(2, 5\)\)",
        ),
        ({"ngram_range": ((1, 2), (2, 5))}, "must be one pair"),
        ({"ngram_range": (2, 1)}, "Invalid value for ngram_range"),
    ],
)
def test_what_cannot_be_counted(parameters, message):
    with pytest.raises(ValueError, match=message):
        TextPoolClassifier(**parameters).fit(SHORT, LABELS)


def test_language_without_spaces_is_learnt_without_arguments():
    good, bad = (
        ["很好的电影", "这本书很好", "好极了"],
        ["很坏的电影", "这本书太坏", "坏透了"],
    )
    net = TextPoolClassifier(random_state=0).fit(
        (good + bad) * 4, [1, 1, 1, 0, 0, 0] * 4
    )
    assert list(net.predict(["真好看啊", "真坏啊"])) == [1, 0]


@pytest.mark.parametrize("parameters", [{}, {"n_features": 2**10}])
def test_long_strands_are_learnt_without_arguments(parameters):
    rng = np.random.default_rng(0)
    shares = [[0.3, 0.2, 0.2, 0.3], [0.2, 0.3, 0.3, 0.2]]
    labels = [0, 1] * 50
    texts = ["".join(rng.choice(list("ACGT"), 800, p=shares[y])) for y in labels]
    net = TextPoolClassifier(random_state=0, **parameters)
    assert net.fit(texts[:60], labels[:60]).score(texts[60:], labels[60:]) > 0.9


@pytest.mark.parametrize("text", ["GATTACA" * 101, "好" * 701])
def test_a_pattern_of_the_user_finds_words(text):
    net = TextPoolClassifier(token_pattern="..", epochs=1)
    net.fit([text, text[1:]], [0, 1])
    assert net.counter_.analyzer == "word"
