"""How the learned kit's weights were made: `python -m assay.kit.recipe WORK` trains them on the world from nothing."""
