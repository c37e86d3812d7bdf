"""How Sphinx builds the site.

    python -m sphinx -W --keep-going docs build/site

needs ``pip install '.[test,docs]'`` and no network: mathematics becomes MathML, fonts are the
reader's own, links to other projects' references come from a list beside this file.  A page that
is opened from disk asks nothing of anybody.  What is made by our own code is in ``_extensions``.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_extensions"))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")

import gallery  # noqa: E402 - found by the path above
import inventories  # noqa: E402

import autograd_nn  # noqa: E402

project = "autograd_nn"
author = "the autograd_nn authors"
copyright = author
version = release = autograd_nn.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx.ext.intersphinx",
    "sphinx_copybutton",
    "sphinx_design",
    "gallery",  # before the extension that reads what it writes
    "sphinx_gallery.gen_gallery",
    "mathml",
    "generated",
    "mended",
]
exclude_patterns = ["_extensions", "generated/sources", "generated/examples/*.ipynb"]

# -- pages and notebooks -------------------------------------------------------------------

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "fieldlist"]
myst_heading_anchors = 3
myst_update_mathjax = False
nb_execution_mode = "cache"
nb_execution_cache_path = str(HERE.parent / "build" / "notebooks" / gallery.package_mark())
# A cell that fails is a warning with its traceback, and so an error under -W, after all others
# have run; raised, it would end the build at the first, without the traceback.
nb_execution_raise_on_error = False
nb_execution_timeout = 120
nb_execution_show_tb = True
nb_merge_streams = True

# -- reference -----------------------------------------------------------------------------

default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_class_signature = "mixed"
python_maximum_signature_line_length = 88
python_use_unqualified_type_names = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
intersphinx_mapping = inventories.mapping(HERE)
intersphinx_timeout = 1

# -- the gallery ---------------------------------------------------------------------------

sphinx_gallery_conf = {
    "examples_dirs": "generated/sources",
    "gallery_dirs": "generated/examples",
    "filename_pattern": r"\.py$",
    "reset_argv": "gallery.arguments",
    "reset_modules": ("matplotlib", "gallery.reset"),
    "reset_modules_order": "both",
    "image_scrapers": ("gallery.written_pictures",),
    "abort_on_example_error": True,
    "download_all_examples": False,
    "write_computation_times": False,
    "show_signature": False,
    "copyfile_regex": r".*\.txt",
    "remove_config_comments": True,
    "default_thumb_file": str(HERE.parent / "examples" / "neuron.svg"),
    "within_subsection_order": "FileNameSortKey",
}

# -- how it looks --------------------------------------------------------------------------

html_theme = "furo"
html_title = f"autograd_nn {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_show_search_summary = False  # it would fetch each page found, which a browser forbids on disk
html_math_renderer = "mathml"
html_copy_source = False
html_last_updated_fmt = None
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
linkcheck_anchors = False
