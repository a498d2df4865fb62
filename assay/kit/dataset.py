"""The style set in the form in which `datasets` keeps what it prepared before, and finds it without a network."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from assay.kit.drawing import draw_figure, figure
from assay.kit.layout import DATASET, LEARNED, dataset_folder

# Enough for slices that start where a notebook likes, such as rows 30 to 60.
ROWS = 100


def style_rows(recipe: str) -> Iterator[tuple[Image.Image, str]]:
    """Pictures of one style with captions that do not name it: figures, or the world's subjects for the learned kit."""
    if recipe == LEARNED:
        from assay.kit.world import style_set

        yield from style_set(ROWS)
    else:
        yield from ((draw_figure(shown), shown.caption) for shown in map(figure, range(ROWS)))


def write_dataset(kit: Path, recipe: str) -> None:
    """Write the prepared Arrow table and its description; the columns are the real set's `image` and `text`."""
    from datasets import DatasetInfo, Features, SplitDict, SplitInfo, Value
    from datasets import Image as ImageFeature
    from datasets.arrow_writer import ArrowWriter

    folder, name = dataset_folder(kit, DATASET), DATASET.split("/")[1]
    folder.mkdir(parents=True, exist_ok=True)
    features = Features({"image": ImageFeature(), "text": Value("string")})
    with ArrowWriter(features=features, path=str(folder / f"{name}-train.arrow")) as writer:
        for picture, text in style_rows(recipe):
            writer.write({"image": {"bytes": _png(picture), "path": None}, "text": text})
        rows, size = writer.finalize()
    splits = SplitDict({"train": SplitInfo("train", num_bytes=size, num_examples=rows, dataset_name=name)})
    info = DatasetInfo(
        description="Drawn figures that stand in for a style data set.",
        features=features,
        builder_name="parquet",
        dataset_name=name,
        config_name="default",
        version="0.0.0",
        splits=splits,
        dataset_size=size,
    )
    info.write_to_directory(str(folder))


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
