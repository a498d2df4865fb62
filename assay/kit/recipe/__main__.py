"""`python -m assay.kit.recipe WORK [--only STAGE]`: trains what is not trained yet, telling `[what, share]`."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from assay.kit.recipe.stages import STAGES, run_stages


def main() -> None:
    """Run the stages in order; each resumes where it was stopped."""
    parser = argparse.ArgumentParser(prog="python -m assay.kit.recipe", description=__doc__)
    parser.add_argument("work", type=Path, help="the folder that keeps checkpoints; delete it to begin again")
    parser.add_argument("--only", choices=tuple(STAGES), help="one stage")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument(
        "--together",
        metavar="RANK/SIZE",
        help="one of SIZE processes that train --only one stage together; delete WORK/meeting before each such start",
    )
    options = parser.parse_args()
    from assay.kit.torchvision_operators import define_missing_operators

    define_missing_operators()
    import torch

    torch.set_num_threads(options.threads)
    from assay.kit.recipe.work import Work

    if options.together:
        number, size = (int(part) for part in options.together.split("/"))
        meeting = f"file://{options.work.absolute()}/meeting"
        torch.distributed.init_process_group("gloo", init_method=meeting, rank=number, world_size=size)
    run_stages(Work(options.work.absolute(), _tell), options.only)


def _tell(what: str, share: float, figure: str) -> None:
    print(json.dumps([f"{what}, {figure}" if figure else what, round(share, 4)]), flush=True)


if __name__ == "__main__":
    main()
