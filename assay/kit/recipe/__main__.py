"""`python -m assay.kit.recipe WORK [--only STAGE]`: trains what is not trained yet, telling `[what, share]`."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from assay.kit.recipe.ship import unship
from assay.kit.recipe.stages import STAGES, run_stages
from assay.kit.recipe.together import join
from assay.kit.recipe.work import Work


def main() -> None:
    """Run the stages in order; each resumes where it was stopped."""
    parser = argparse.ArgumentParser(prog="python -m assay.kit.recipe", description=__doc__)
    parser.add_argument("work", type=Path, help="the folder that keeps checkpoints; delete it to begin again")
    parser.add_argument("--only", choices=tuple(STAGES), help="one stage")
    parser.add_argument("--from-shipped", action="store_true", help="begin with the weights that are in the package")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--together", metavar="RANK/SIZE", help="one of SIZE processes that share a stage (internal)")
    options = parser.parse_args()
    from assay.kit.torchvision_operators import define_missing_operators

    define_missing_operators()
    import torch

    torch.set_num_threads(options.threads)
    folder = options.work.absolute()
    if options.together:
        join(folder, options.together)
    work = Work(folder, _tell)
    if options.from_shipped:
        unship(work)
    run_stages(work, options.only, options.threads)


def _tell(what: str, share: float, figure: str) -> None:
    print(json.dumps([f"{what}, {figure}" if figure else what, round(share, 4)]), flush=True)


if __name__ == "__main__":
    main()
