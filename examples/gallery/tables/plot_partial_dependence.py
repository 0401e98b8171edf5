"""
Partial dependence: how the answer depends on a feature
=======================================================

``PartialDependenceDisplay`` moves one feature and keeps the others as they are in each
row. The mean of the rows is the thick line; if single rows went elsewhere, the feature
would act together with others.
"""

from sklearn.datasets import load_diabetes
from sklearn.inspection import PartialDependenceDisplay

from sknets import DenseNetRegressor

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
net = DenseNetRegressor(64, random_state=0).fit(X, y)

display = PartialDependenceDisplay.from_estimator(
    net,
    X,
    ["bmi", "bp", "s5"],
    kind="both",
    subsample=60,
    random_state=0,
    ice_lines_kw={"color": "tab:blue", "alpha": 0.25},
    pd_line_kw={"color": "tab:orange", "lw": 3, "ls": "-"},
)
for deciles in display.deciles_vlines_.flat:
    deciles.set_color("gray")
display.figure_.set_size_inches(9, 3.2)
display.figure_.tight_layout()

# %%
# The marks at the foot are the deciles of the feature. The progression of diabetes in a
# year, with body mass index, blood pressure and the logarithm of triglycerides.
