"""
Misclassified images
====================

Accuracy is one number; the errors are pictures. ``misclassified_only=True`` shows them,
those first of which the network was most sure. Often one would have hesitated oneself.
"""

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sknets import SmallCNNClassifier
from sknets.display import ImageGridDisplay

digits = load_digits()
X_train, X_test, y_train, y_test = train_test_split(
    digits.images, digits.target, test_size=0.5, random_state=0
)
net = SmallCNNClassifier((16, 32), epochs=8, random_state=0).fit(X_train, y_train)

display = ImageGridDisplay.from_estimator(
    net, X_test, y_test, misclassified_only=True, n_images=12, n_cols=6
)
print(display.title)

# %%
# ``display.indices`` are their rows, so that one can look further, or mend labels.

for row in display.indices[:3]:
    print(f"row {row}: labelled {y_test[row]}, read as {net.predict(X_test[[row]])[0]}")
