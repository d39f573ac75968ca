"""Settings of the documentation. Nothing here needs the network."""

import doctest
from pathlib import Path

import sk_knagcn
import sk_knagcn.datasets
import sk_knagcn.labels

project = "sk_knagcn"
author = "the sk_knagcn developers"
copyright = f"2026, {author}"
release = version = sk_knagcn.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.doctest",
    "sphinx.ext.mathjax",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/plot_",
    "ignore_pattern": r"quickstart|experiment_|published",
    "within_subsection_order": "FileNameSortKey",
    "doc_module": "sk_knagcn",
    "download_all_examples": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "sk_knagcn"
html_static_path = ["_static"]
html_css_files = ["style.css"]
html_show_sourcelink = False
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {
    page: [] for page in ("install", "quickstart", "benchmarks", "changelog")
}

# The class template lists the methods; numpydoc need not do it a second time.
numpydoc_show_class_members = False
autodoc_typehints = "none"
add_module_names = False
toc_object_entries_show_parents = "hide"

# The same as in pyproject.toml, for the same docstrings.
doctest_default_flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
trim_doctest_flags = True


def write_api_page() -> None:
    """Write the API page from the names that the package makes public."""
    parts = ["API\n===\n\nEverything that is public.\n"]
    for module in (sk_knagcn, sk_knagcn.labels, sk_knagcn.datasets):
        name = module.__name__
        names = "\n".join(f"   {public}" for public in module.__all__)
        parts.append(f"""\
{name}
{"-" * len(name)}

.. currentmodule:: {name}

.. autosummary::
   :toctree: generated
   :nosignatures:

{names}
""")
    page = Path(__file__).with_name("api.rst")
    page.write_text("\n".join(parts), encoding="utf-8")


write_api_page()
