"""The style set in the form in which `datasets` keeps what it prepared before, and finds it without a network."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from assay.kit.drawing import draw_figure, figure
from assay.kit.layout import DATASET, dataset_folder

ROWS = 40


def write_dataset(kit: Path) -> None:
    """Write the prepared Arrow table and its description; the columns are the real set's `image` and `text`."""
    from datasets import DatasetInfo, Features, SplitDict, SplitInfo, Value
    from datasets import Image as ImageFeature
    from datasets.arrow_writer import ArrowWriter

    folder, name = dataset_folder(kit, DATASET), DATASET.split("/")[1]
    folder.mkdir(parents=True, exist_ok=True)
    features = Features({"image": ImageFeature(), "text": Value("string")})
    with ArrowWriter(features=features, path=str(folder / f"{name}-train.arrow")) as writer:
        for number in range(ROWS):
            shown = figure(number)
            row = {"image": {"bytes": _png(draw_figure(shown)), "path": None}, "text": shown.caption}
            writer.write(row)
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
