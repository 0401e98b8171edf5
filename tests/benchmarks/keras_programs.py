"""Ten programs that people publish with wrapped Keras models, by sknets and scikeras.

    python tests/benchmarks/keras_programs.py [seeds]

Each is written once and run with `sknets.wrappers` and with `scikeras.wrappers` in the
place of the import. Printed are the scores on held-out rows, mean and standard error of
their difference over the seeds, and the time of both.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from types import ModuleType

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from scipy.stats import loguniform
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_wine,
)
from sklearn.model_selection import RandomizedSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sknets.wrappers import ClassifierLabelEncoder

layers = keras.layers
ADAM = {"optimizer": "adam", "optimizer__learning_rate": 0.01, "verbose": 0}
CROSS_ENTROPY = {"loss": "sparse_categorical_crossentropy"}


def halves(load: Callable, seed: int) -> list[np.ndarray]:
    """Rows to train and to score on, standardised, and their targets."""
    X, y = load(return_X_y=True)
    X = StandardScaler().fit_transform(X).astype(np.float32)
    return train_test_split(X, y, test_size=0.5, random_state=seed)


def mlp(meta, hidden=(32,), dropout=0.0):
    model = keras.Sequential([keras.Input((meta["n_features_in_"],))])
    for width in hidden:
        model.add(layers.Dense(width, activation="relu"))
        model.add(layers.Dropout(dropout))
    if meta["target_type_"] == "binary":
        model.add(layers.Dense(1, activation="sigmoid"))
    else:
        model.add(layers.Dense(meta["n_classes_"], activation="softmax"))
    return model


def binary_with_early_stopping(wrappers: ModuleType, seed: int) -> float:
    X, X_test, y, y_test = halves(load_breast_cancer, seed)
    clf = wrappers.KerasClassifier(
        mlp,
        loss="binary_crossentropy",
        callbacks=[keras.callbacks.EarlyStopping],
        callbacks__0__monitor="val_loss",
        callbacks__0__patience=3,
        callbacks__0__restore_best_weights=True,
        validation_split=0.2,
        epochs=50,
        hidden=(16, 8),
        random_state=seed,
        **ADAM,
    )
    return clf.fit(X, y).score(X_test, y_test)


def labels_of_text(wrappers: ModuleType, seed: int) -> float:
    X, X_test, y, y_test = halves(load_wine, seed)
    names = np.array(["barolo", "grignolino", "barbera"])
    clf = wrappers.KerasClassifier(
        mlp, epochs=30, random_state=seed, **CROSS_ENTROPY, **ADAM
    )
    model = make_pipeline(StandardScaler(), clf).fit(X, names[y])
    return float((model.predict(X_test) == names[y_test]).mean())


def one_hot_targets(wrappers: ModuleType, seed: int) -> float:
    X, X_test, y, y_test = halves(load_digits, seed)
    clf = wrappers.KerasClassifier(
        mlp, loss="categorical_crossentropy", epochs=10, random_state=seed, **ADAM
    )
    clf.fit(X, keras.utils.to_categorical(y))
    return clf.score(X_test, keras.utils.to_categorical(y_test))


def scaled_regression(wrappers: ModuleType, seed: int) -> float:
    def build(meta):
        return keras.Sequential(
            [
                keras.Input((meta["n_features_in_"],)),
                layers.Dense(16, activation="relu"),
                layers.Dense(meta["n_outputs_"]),
            ]
        )

    X, X_test, y, y_test = halves(load_diabetes, seed)
    reg = wrappers.KerasRegressor(
        build, loss="mse", epochs=20, random_state=seed, **ADAM
    )
    model = TransformedTargetRegressor(
        make_pipeline(StandardScaler(), reg), transformer=StandardScaler()
    )
    return model.fit(X, y).score(X_test, y_test)


def two_inputs(wrappers: ModuleType, seed: int) -> float:
    def build():
        deep, wide = keras.Input((32,), name="deep"), keras.Input((32,), name="wide")
        x = layers.Concatenate()([layers.Dense(16, activation="relu")(deep), wide])
        return keras.Model([deep, wide], layers.Dense(10, activation="softmax")(x))

    class TwoInputs(wrappers.KerasClassifier):
        @property
        def feature_encoder(self):
            return FunctionTransformer(lambda X: [X[:, :32], X[:, 32:]])

    X, X_test, y, y_test = halves(load_digits, seed)
    clf = TwoInputs(build, epochs=10, random_state=seed, **CROSS_ENTROPY, **ADAM)
    return clf.fit(X, y).score(X_test, y_test)


def lstm(wrappers: ModuleType, seed: int) -> float:
    def build():
        return keras.Sequential(
            [
                keras.Input((64,)),
                layers.Embedding(17, 8),
                layers.LSTM(32),
                layers.Dense(10, activation="softmax"),
            ]
        )

    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(
        X.astype(int), y, test_size=0.5, random_state=seed
    )
    clf = wrappers.KerasClassifier(
        build, epochs=12, random_state=seed, **CROSS_ENTROPY, **ADAM
    )
    return clf.fit(X, y).score(X_test, y_test)


def augmenting_cnn(meta):
    return keras.Sequential(
        [
            keras.Input(meta["X_shape_"][1:]),
            layers.RandomTranslation(0.1, 0.1),
            layers.GaussianNoise(0.05),
            layers.Conv2D(16, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(meta["n_classes_"], activation="softmax"),
        ]
    )


def cnn_with_augmentation(wrappers: ModuleType, seed: int) -> float:
    X, X_test, y, y_test = halves(load_digits, seed)
    clf = wrappers.KerasClassifier(
        augmenting_cnn, epochs=20, random_state=seed, **CROSS_ENTROPY, **ADAM
    )
    clf.fit(X.reshape(-1, 8, 8, 1), y)
    return clf.score(X_test.reshape(-1, 8, 8, 1), y_test)


class Split(ClassifierLabelEncoder):
    """Columns of zeros and ones as a list with one array for each output."""

    def fit(self, y):
        super().fit(y)
        self.n_outputs_ = self.n_outputs_expected_ = y.shape[1]
        return self

    def get_metadata(self):
        return {"n_outputs_": 2, "n_outputs_expected_": 2}

    def transform(self, y):
        return np.split(y.astype(np.float32), y.shape[1], axis=1)

    def inverse_transform(self, y, return_proba=False):
        y = np.column_stack(y)
        return y if return_proba else np.around(y).astype(int)


def two_outputs(wrappers: ModuleType, seed: int) -> float:
    class TwoOutputs(wrappers.KerasClassifier):
        @property
        def target_encoder(self):
            return Split()

    def build():
        inputs = keras.Input((64,))
        x = layers.Dense(32, activation="relu")(inputs)
        outputs = [layers.Dense(1, activation="sigmoid", name=n)(x) for n in ("a", "b")]
        return keras.Model(inputs, outputs)

    X, X_test, y, y_test = halves(load_digits, seed)
    both, both_test = (np.column_stack([t % 2, t > 4]).astype(int) for t in (y, y_test))
    clf = TwoOutputs(
        build,
        loss=["binary_crossentropy"] * 2,
        epochs=15,
        random_state=seed,
        **ADAM,
    )
    predicted = clf.fit(X, both).predict(X_test)
    return float((predicted == both_test).all(axis=1).mean())


def transfer_from_a_frozen_part(wrappers: ModuleType, seed: int) -> float:
    body = keras.Sequential([keras.Input((64,)), layers.Dense(64, activation="relu")])
    head = layers.Dense(5, activation="softmax")
    X, X_test, y, y_test = halves(load_digits, seed)
    whole = keras.Sequential([body, head])
    whole.compile("adam", "sparse_categorical_crossentropy")
    keras.utils.set_random_seed(seed)
    whole.fit(X[y < 5], y[y < 5], epochs=10, verbose=0)
    body.trainable = False

    def build(meta):
        return keras.Sequential(
            [body, layers.Dense(meta["n_classes_"], activation="softmax")]
        )

    clf = wrappers.KerasClassifier(
        build, epochs=20, random_state=seed, **CROSS_ENTROPY, **ADAM
    )
    return clf.fit(X[y > 4], y[y > 4]).score(X_test[y_test > 4], y_test[y_test > 4])


def randomized_search(wrappers: ModuleType, seed: int) -> float:
    X, X_test, y, y_test = halves(load_wine, seed)
    clf = wrappers.KerasClassifier(
        mlp,
        epochs=15,
        dropout=0.0,
        random_state=seed,
        **CROSS_ENTROPY,
        **ADAM,
    )
    space = {
        "optimizer__learning_rate": loguniform(0.001, 0.1),
        "model__hidden": [(8,), (32,)],
        "batch_size": [16, 32],
    }
    search = RandomizedSearchCV(clf, space, n_iter=4, cv=3, random_state=seed)
    return search.fit(X, y).score(X_test, y_test)


PROGRAMS = (
    binary_with_early_stopping,
    labels_of_text,
    one_hot_targets,
    scaled_regression,
    two_inputs,
    lstm,
    cnn_with_augmentation,
    two_outputs,
    transfer_from_a_frozen_part,
    randomized_search,
)


def main(n_seeds: int) -> None:
    import scikeras.wrappers

    import sknets.wrappers

    libraries = (sknets.wrappers, scikeras.wrappers)
    print("program: score with sknets, with scikeras, difference (error); time ratio")
    for program in PROGRAMS:
        scores, seconds = np.zeros((2, n_seeds)), np.zeros((2, n_seeds))
        for seed in range(n_seeds):
            for who, library in enumerate(libraries):
                start = time.perf_counter()
                scores[who, seed] = program(library, seed)
                seconds[who, seed] = time.perf_counter() - start
        difference = scores[0] - scores[1]
        error = difference.std(ddof=1) / np.sqrt(n_seeds)
        ratio = np.median(seconds[0] / seconds[1])
        print(
            f"{program.__name__}: {scores[0].mean():.4f} {scores[1].mean():.4f} "
            f"{difference.mean():+.4f} ({error:.4f}); {ratio:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
