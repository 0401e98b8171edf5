"""
Keras callbacks, and a log file
===============================

``callbacks`` takes what Keras users have: a log of the epochs as CSV, a learning rate
that falls when nothing improves, TensorBoard, or one's own.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from keras.callbacks import Callback, CSVLogger, ReduceLROnPlateau
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sknets import DenseNetClassifier

X, y = load_digits(return_X_y=True)
X_train, X_val, y_train, y_val = train_test_split(X, y, random_state=0)

rates = []


class WatchRate(Callback):
    """Notes the learning rate of each epoch."""

    def on_epoch_end(self, epoch, logs=None):
        rates.append(float(self.model.optimizer.learning_rate))


log = Path(tempfile.mkdtemp()) / "epochs.csv"
net = DenseNetClassifier(
    epochs=40,
    learning_rate=0.005,
    learning_rate_schedule="constant",
    callbacks=[
        CSVLogger(log),
        ReduceLROnPlateau("val_loss", factor=0.3, patience=3, min_delta=0.002),
        WatchRate(),
    ],
    random_state=0,
)
net.fit(X_train, y_train, X_val=X_val, y_val=y_val)

# %%
# The file has a line for each epoch, for spreadsheets and the like.

epochs = pd.read_csv(log)
print(epochs.tail(3).to_string(index=False))

fig, axes = plt.subplots(2, sharex=True, layout="constrained")
axes[0].plot(epochs["loss"], label="training")
axes[0].plot(epochs["val_loss"], label="validation")
axes[0].set(yscale="log", ylabel="loss")
axes[0].legend()
axes[1].step(epochs["epoch"], rates, where="mid")
axes[1].set(yscale="log", ylabel="learning rate", xlabel="epoch")

# %%
# ``TensorBoard(log_dir)`` stands in the same place, where the package ``tensorboard``
# is installed. Each fit trains with copies of the callbacks, so that they can be
# searched with and cloned; :doc:`/user_guide/callbacks` says which of Keras' work.
