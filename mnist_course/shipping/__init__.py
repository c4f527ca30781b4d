"""From a recipe to the files of a shipped model, its manifest entry and its card."""
