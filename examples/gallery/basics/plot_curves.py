"""
Over-fitting, seen in the training curves
=========================================

A large network without dropout learns 200 digits by heart: its training loss goes to
zero, while the loss on digits that it has not seen stops falling, and rises. With much
dropout the two stay closer to each other, and the second one does not rise.
"""

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sknets import DenseNetClassifier
from sknets.display import TrainingCurvesDisplay

X, y = load_digits(return_X_y=True)
X_train, X_val, y_train, y_val = train_test_split(
    X, y, train_size=200, stratify=y, random_state=0
)

# %%
# What sknets does by default against over-fitting is switched off first: weight decay,
# label smoothing, a learning rate that ends at zero.

plain = {
    "learning_rate": 0.002,
    "learning_rate_schedule": "constant",
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "epochs": 60,
    "batch_size": 32,
    "random_state": 0,
}
nets = {}
for dropout in (0.0, 0.7):
    net = DenseNetClassifier((256, 128), dropout, **plain)
    nets[f"dropout {dropout}"] = net.fit(X_train, y_train, X_val=X_val, y_val=y_val)

display = TrainingCurvesDisplay.from_estimator(nets)
display.axes_[0].set_ylim(0, 0.6)
display.axes_[1].set_ylim(0.85, 1.005)

# %%
# ``history_`` holds the numbers behind the picture, one for each epoch.

for name, net in nets.items():
    lowest, last = min(net.history_["val_loss"]), net.history_["val_loss"][-1]
    print(f"{name}: lowest validation loss {lowest:.3f}, in the end {last:.3f}")
