"""Settings of the documentation. Nothing here needs the network."""

import doctest
from pathlib import Path

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml

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
    "ignore_pattern": r"quickstart|published",
    "within_subsection_order": "FileNameSortKey",
    "doc_module": "sk_knagcn",
    "download_all_examples": False,
    "remove_config_comments": True,
    # The page of times would load scripts from elsewhere, the only one to do so.
    "write_computation_times": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "sk_knagcn"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["style.css"]
html_show_sourcelink = False
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "header_links_before_dropdown": 6,
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {
    page: []
    for page in (
        "install",
        "quickstart",
        "benchmarks",
        "changelog",
        "coming_from",
        "faq",
        "gallery/plot_0_your_own_cifs",
    )
}

# The class template lists the methods; numpydoc need not do it a second time.
numpydoc_show_class_members = False
autodoc_typehints = "none"
add_module_names = False
toc_object_entries_show_parents = "hide"

# The same as in pyproject.toml, for the same docstrings.
doctest_default_flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
trim_doctest_flags = True


# Headings of the API page for the parts of the package, in the order of the guide.
TOPICS = {
    "datasets": "Data",
    "structures": "Structures",
    "graphs": "Graphs",
    "invariance": "Invariance",
    "estimators": "Estimators",
    "atom2vec": "Vectors of elements",
    "splits": "Folds",
    "comparison": "Comparison",
    "descriptors": "Descriptors",
    "probing": "Probing",
    "plots": "Figures",
    "labels": "Labels",
}


def write_api_page() -> None:
    """Write the API page from the names that the package makes public, by topic."""
    names: dict[str, list[str]] = {part: [] for part in TOPICS}
    for module in (sk_knagcn, sk_knagcn.labels, sk_knagcn.datasets):
        for public in module.__all__:
            part = getattr(module, public).__module__.split(".")[1]
            path = f"{module.__name__}.{public}"
            names.setdefault(part, []).append(f"   ~{path}")
    parts = ["API\n===\n\nEverything that is public.\n"]
    for part, paths in names.items():
        heading = TOPICS.get(part, part.capitalize())
        parts.append(f"""\
{heading}
{"-" * len(heading)}

.. autosummary::
   :toctree: generated
   :nosignatures:

{chr(10).join(paths)}
""")
    page = Path(__file__).with_name("api.rst")
    page.write_text("\n".join(parts), encoding="utf-8")


write_api_page()


def write_formula(writer, node) -> None:
    """Write a formula as MathML, which browsers draw without scripts or the network."""
    block = isinstance(node, nodes.math_block)
    formula = tex2mathml(node.astext(), as_block=block)
    writer.body.append(f'<div class="math">{formula}</div>' if block else formula)
    raise nodes.SkipNode


def setup(app) -> None:
    """Take the formulas over from MathJax, which would be fetched from elsewhere."""
    either = (write_formula, None)
    app.add_html_math_renderer("mathml", either, either)
