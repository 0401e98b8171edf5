"""T1: embedding, average pooling, one sigmoid unit, IMDB reviews.

python examples/t1_reviews.py --data FOLDER --output FOLDER
"""

import _common

from sknets import TextPoolClassifier
from sknets.display import TrainingCurvesDisplay

# The settings of the source. `TextPoolClassifier()` as it is reaches more, sooner.
SYSTEMS = {
    "T1": TextPoolClassifier(
        width=16,
        dropout=0.0,
        ngram_range=(1, 1),
        max_features=10_000,
        binary=False,
        embedding_init="random",
        epochs=10,
        batch_size=32,
        random_state=0,
        verbose=1,
        **_common.PLAIN,
    )
}
SOURCE = {"T1": "only plotted"}


def main():
    options = _common.parse_options(__doc__, SYSTEMS)
    texts, y, texts_test, y_test = _common.imdb(options)

    # Raw texts go in; the vocabulary is learned, and no text is cut short.
    net = SYSTEMS["T1"].fit(texts, y)
    net.summary()

    reviews = ["A moving story and a superb cast.", "Dull film, weak script."]
    for review, p in zip(reviews, net.predict_proba(reviews)[:, 1], strict=True):
        print(f"{p:.2f} positive: {review}")

    if options.output:
        _common.save_pictures(
            options,
            curves=TrainingCurvesDisplay.from_estimator(net),
        )
    _common.save_and_reload(net, texts_test, options)
    _common.conclude(net, texts_test, y_test, options, SOURCE)


if __name__ == "__main__":
    main()
