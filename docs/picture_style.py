"""How the pictures of these pages look: transparent, for light and dark pages alike."""

# Grey of this tone can be read on white and on black.
GREY = "#7a7f85"
STYLE = {
    **dict.fromkeys(
        [
            "text.color",
            "axes.labelcolor",
            "axes.edgecolor",
            "xtick.color",
            "ytick.color",
        ],
        GREY,
    ),
    # Lines that matplotlib draws in black by default.
    **dict.fromkeys(
        [
            "boxplot.boxprops.color",
            "boxplot.capprops.color",
            "boxplot.whiskerprops.color",
            "boxplot.flierprops.markeredgecolor",
        ],
        GREY,
    ),
    **dict.fromkeys(
        ["figure.facecolor", "axes.facecolor", "savefig.facecolor", "legend.facecolor"],
        "none",
    ),
    "figure.figsize": (6.4, 4),
    "figure.dpi": 100,
    "legend.framealpha": 0,
    "legend.edgecolor": "none",
}
