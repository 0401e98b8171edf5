"""Text in figures: dollar signs, long names, dark styles, characters without a font."""

import itertools
import warnings

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from sknets.display import (
    FeatureMapsDisplay,
    FiltersDisplay,
    ImageGridDisplay,
    SaliencyDisplay,
    TrainingCurvesDisplay,
    _text,
)

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 8, 8), np.uint8)
TRUE, PREDICTED = np.array([0, 1, 2] * 2), np.array([0, 1, 1] * 2)
CURVE = {"loss": [0.9, 0.7, 0.6], "val_loss": [0.9, 0.8, 0.9]}
SIGNS = ["a $5 bill", "$x_1$", "\\frac $ {"]


def grid(names, **params):
    return ImageGridDisplay.from_predictions(
        IMAGES, TRUE, PREDICTED, display_labels=names, **params
    )


def curves(names):
    return TrainingCurvesDisplay.from_history(dict.fromkeys(names, CURVE))


def saliency(name):
    return SaliencyDisplay(np.zeros((8, 8, 1)), np.ones((8, 8, 1)), target=name).plot()


def luminance(colour):
    """Relative luminance, as the contrast ratio of WCAG takes it."""
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4
             for c in to_rgb(colour)]  # fmt: skip
    return np.dot(parts, [0.2126, 0.7152, 0.0722])


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_captions_can_be_read_in_every_style(style):
    with plt.style.context(style):
        display = grid(["a", "b", "c"])
        background = display.figure_.get_facecolor()
        colours = [title.get_color() for title in display.titles_]
        assert min(contrast(colour, background) for colour in colours) > 4.5
        assert len(set(colours)) == 2  # right and wrong
        shown = saliency("a").axes_[0]
        assert contrast(shown.title.get_color(), background) > 4.5


def test_mark_of_the_best_epoch_can_be_seen_on_black():
    with plt.style.context("dark_background"):
        display = curves(["a", "b"])
        dot = display.best_epoch_lines_["a"]["loss"]
        assert contrast(dot.get_markeredgecolor(), "black") > 4.5


def test_dollar_signs_are_no_mathematics():
    names = SIGNS
    display = grid(names)
    assert [t.get_text().split("\n")[0] for t in display.titles_[:3]] == [
        f"true {name}" for name in names
    ]
    legend = curves(names).axes_[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()][:3] == names
    title = saliency("$x$ and $").axes_[0].title
    for text in (*display.titles_, *legend.get_texts(), title):
        assert not text.get_parse_math()
        text.figure.canvas.draw()  # raises where it cannot be parsed


def test_names_that_begin_with_an_underscore_are_in_the_legend():
    legend = curves(["_a", "b"]).axes_[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()][:2] == ["_a", "b"]


def test_many_long_names_do_not_hide_curves():
    names = [f"learning rate {k}, width 64 and dropout a half" for k in range(12)]
    display = curves(names)
    display.figure_.canvas.draw()
    legend = display.axes_[-1].get_legend()
    assert legend.get_window_extent().x0 > display.axes_[-1].get_window_extent().x1
    assert legend.get_window_extent().x1 <= display.figure_.bbox.x1
    assert [ax.get_window_extent().width > 200 for ax in display.axes_] == [True]
    shown = [" ".join(t.get_text().split()) for t in legend.get_texts()]
    assert shown[:12] == names


@pytest.mark.parametrize("layout", [None, "constrained"])
def test_a_large_legend_leaves_the_plots_beside_it_alone(layout):
    names = [f"learning rate {k}" for k in range(12)]
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4), layout=layout)
    display = TrainingCurvesDisplay.from_history(dict.fromkeys(names, CURVE), ax=left)
    figure.canvas.draw()
    assert figure.get_size_inches().tolist() == [12, 4]
    box = display.axes_[-1].get_legend().get_window_extent()
    assert box.x0 > display.axes_[-1].get_window_extent().x1
    assert box.x1 < right.get_window_extent().x0


@pytest.mark.parametrize("n", [2, 12, 30])
@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_every_fit_has_a_colour_of_its_own(n, style):
    with plt.style.context(style):
        display = curves([f"fit {number}" for number in range(n)])
        lines = [line["loss"] for line in display.lines_.values()]
        assert len({to_rgb(line.get_color()) for line in lines}) == n


def test_long_names_do_not_blow_a_grid_up():
    name = "Sir Bartholomew of the Long and Winding Names, the Third, " * 2
    display = grid([name, "b", "c" * 70])
    assert display.figure_.get_size_inches()[0] < 14
    display.figure_.canvas.draw()
    first = display.titles_[0]
    assert " ".join(first.get_text().split()) == (
        f"true {name.strip()} predicted {name.strip()}"
    )
    boxes = [title.get_window_extent() for title in display.titles_[:3]]
    assert all(a.x1 <= b.x0 for a, b in itertools.pairwise(boxes))
    assert boxes[0].y1 <= display.figure_.bbox.y1


def test_titles_of_saliency_maps_are_not_cut():
    display = saliency("Sir Bartholomew of the Long and Winding Names")
    display.figure_.canvas.draw()
    box = display.axes_[0].title.get_window_extent()
    page = display.figure_.bbox
    assert page.x0 <= box.x0 < box.x1 <= page.x1
    assert box.y1 <= page.y1


def test_filters_and_feature_maps_have_titles():
    assert FiltersDisplay(np.ones((3, 3, 1, 5))).plot().ax_.get_title() == (
        "5 filters of 3 x 3"
    )
    shown = FeatureMapsDisplay(np.ones((6, 4, 1))).plot()
    assert shown.ax_.get_title() == "1 feature map of 6 x 4"


def test_a_title_that_is_there_stays():
    _, ax = plt.subplots()
    ax.set_title("mine")
    FiltersDisplay(np.ones((3, 3, 1, 5))).plot(ax=ax)
    assert ax.get_title() == "mine"


# --- Characters without a font -------------------------------------------------------


@pytest.fixture
def no_memory(monkeypatch):
    """As in a new process."""
    monkeypatch.setattr(_text, "_warned", set())
    _text._family_with.cache_clear()
    yield
    _text._family_with.cache_clear()


def test_a_character_that_no_font_has_is_warned_of_once(no_memory):
    with pytest.warns(UserWarning, match=r"No installed font has .*\U000e0123.*Noto"):
        grid(["\U000e0123", "b", "c"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        grid(["\U000e0123", "b", "c"])


def test_an_installed_font_that_has_a_character_is_taken(no_memory, monkeypatch):
    """With a font that lacks "é" in use, and others installed that have it."""
    usual = mpl.font_manager.findfont("DejaVu Sans")
    real = _text._characters_of

    def characters_of(path):
        return real(path) - {ord("é")} if path == usual else real(path)

    monkeypatch.setattr(_text, "_characters_of", characters_of)
    display = grid(["é", "b", "c"])
    families = display.titles_[0].get_fontfamily()
    assert len(families) == 2
    path = mpl.font_manager.findfont(families[1])
    assert path != usual
    assert ord("é") in real(path)


def test_usual_names_keep_the_font_of_the_style():
    assert grid(["a", "Ünal", "ж"]).titles_[0].get_fontfamily() == ["sans-serif"]


@pytest.mark.parametrize(
    ("probability", "shown"),
    [
        (0.0, "0 %"),
        (0.504, "50 %"),
        (0.9949, "99 %"),
        (0.995, "> 99 %"),
        (0.99999, "> 99 %"),
        (1.0, "100 %"),
    ],
)
def test_percent(probability, shown):
    assert _text.percent(probability) == shown
