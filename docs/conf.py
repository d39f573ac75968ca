"""Settings of the documentation. Nothing here needs the network."""

import doctest
from pathlib import Path

import sk_knagcn

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
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

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
    names = "\n".join(f"   {name}" for name in sk_knagcn.__all__)
    page = f"""\
API
===

Everything that ``sk_knagcn`` makes public; import it from there.

.. currentmodule:: sk_knagcn

.. autosummary::
   :toctree: generated
   :nosignatures:

{names}
"""
    Path(__file__).with_name("api.rst").write_text(page, encoding="utf-8")


write_api_page()
