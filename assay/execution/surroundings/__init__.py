"""What a notebook finds where there is no network and no GPU: set up once per process, before any cell runs."""

from assay.execution.surroundings.datasets import serve_datasets
from assay.execution.surroundings.half import widen_half_precision
from assay.execution.surroundings.network import serve_pictures
from assay.execution.surroundings.no_gpu import stand_in_for_cuda
from assay.execution.surroundings.open_clip import serve_open_clip
from assay.execution.surroundings.pip import silence_pip
from assay.execution.surroundings.workers import load_in_process

__all__ = ["prepare_libraries", "silence_pip"]


def prepare_libraries() -> None:
    """Call after torch's operators were completed and before the witness wraps the libraries."""
    stand_in_for_cuda()
    widen_half_precision()
    serve_pictures()
    serve_datasets()
    serve_open_clip()
    load_in_process()
