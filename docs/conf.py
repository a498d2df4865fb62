"""Decides how the documentation is built: `python -m sphinx -W --keep-going docs build/docs`, offline and strict."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE / "extensions")]

project = "assay"
copyright = "the authors of assay, Apache-2.0"
extensions = ["myst_parser", "sphinx.ext.autodoc", "assay_reference"]
html_theme = "furo"
html_title = "assay"
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
exclude_patterns = ["extensions"]
autodoc_member_order = "bysource"
autodoc_typehints = "description"
default_role = "code"
python_use_unqualified_type_names = True
