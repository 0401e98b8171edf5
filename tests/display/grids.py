"""What the tests of image grids share: six images with predictions."""

import numpy as np

# Of six images, 1, 3, 4 and 5 are misclassified, 4 with the highest probability.
Y_TRUE = np.array([0, 1, 2, 0, 1, 2])
Y_PRED = np.array([0, 2, 2, 1, 0, 0])
Y_PROBA = np.array(
    [
        [0.999, 0.001, 0.0],
        [0.1, 0.3, 0.6],
        [0.0, 0.0, 1.0],
        [0.2, 0.5, 0.3],
        [0.9, 0.1, 0.0],
        [0.6, 0.0, 0.4],
    ]
)
IMAGES = np.arange(6 * 9, dtype=float).reshape(6, 3, 3)


def captions(display):
    return [title.get_text() for title in display.titles_]
