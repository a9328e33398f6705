"""How the site is built: offline, from the pages here, the package's own texts and its notebooks.

``make docs`` executes the notebooks (with a cache) and draws every claim; the quick form, which
the tests build, leaves both out: ``sphinx-build -W -D quick=1 docs OUT``.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs" / "_ext"))
os.environ["COLUMNS"] = "80"  # the width of the commands' usage lines

from package_digest import cache_folder  # noqa: E402

import smallnet  # noqa: E402

project = "smallnet"
author = "The smallnet founders"
copyright = "2026, the smallnet founders"
version = release = smallnet.__version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx_design",
    "gallery",
    "inserts",
    "links",
    "mathml",
    "notebook_pages",
    "room_pages",
]
root_doc = "index"
exclude_patterns = ["_ext", "_generated/*.md", "**/.ipynb_checkpoints"]
default_role = "code"
nitpicky = False

myst_enable_extensions = ["colon_fence", "deflist", "attrs_block"]
myst_heading_anchors = 3
nb_execution_mode = "cache"  # "off" in the quick form
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_execution_cache_path = str(cache_folder(ROOT) / "notebooks")
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # numpydoc says types in words
autodoc_class_signature = "mixed"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
html_math_renderer = "mathml"

html_theme = "pydata_sphinx_theme"
html_title = "smallnet"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": "smallnet"},
    "show_toc_level": 2,
    "navigation_depth": 2,
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "back_to_top_button": False,
}
pygments_style = "tango"
