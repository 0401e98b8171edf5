"""Render the conda recipe beside this file: ``pip install py-rattler-build`` first."""

import json
from pathlib import Path


def main():
    from rattler_build import RenderConfig, Stage0Recipe, VariantConfig

    recipe = Stage0Recipe.from_file(Path(__file__).with_name("recipe.yaml"))
    for output in recipe.render(VariantConfig(), RenderConfig()):
        print(json.dumps(output.recipe.to_dict(), indent=2))


if __name__ == "__main__":
    main()
