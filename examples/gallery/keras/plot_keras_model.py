"""
A Keras model of your own
=========================

A function that builds a ``keras.Model`` is enough: ``KerasClassifier`` makes a
scikit-learn classifier of it. It fills in what it knows (the shape of the input, the
number of classes), and passes on what is set as ``model__...``.
"""

import keras
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split

from sknets import KerasClassifier
from sknets.display import TrainingCurvesDisplay


def residual_net(meta, width=64, n_blocks=2):
    """Dense blocks, each of which adds to what came before."""
    inputs = keras.Input((meta["n_features_in_"],))
    x = keras.layers.Rescaling(1 / 16)(inputs)
    x = keras.layers.Dense(width)(x)
    for _ in range(n_blocks):
        y = keras.layers.LayerNormalization()(x)
        y = keras.layers.Dense(width, activation="gelu")(y)
        x = keras.layers.Add()([x, keras.layers.Dropout(0.2)(y)])
    outputs = keras.layers.Dense(meta["n_classes_"], activation="softmax")(x)
    return keras.Model(inputs, outputs)


X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
clf = KerasClassifier(
    residual_net,
    optimizer="adam",
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
    batch_size=64,
    epochs=10,
    random_state=0,
)

# %%
# Parameters of the function are searched like any others.

search = GridSearchCV(clf, {"model__n_blocks": [1, 3]}, cv=2).fit(X_train, y_train)
print(f"{search.best_params_}, test accuracy {search.score(X_test, y_test):.3f}")

# %%
# Training runs in a compiled loop that folds and candidates of one shape share.

best = search.best_estimator_
TrainingCurvesDisplay.from_history(dict(best.history_))
