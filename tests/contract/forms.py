"""The forms in which X may come, as the fixture `forms` names them."""

FORMS = [
    "list",
    "tuple",
    "array",
    "column",
    "Series",
    "frame",
    "list of crystals",
    "list of graphs",
    "column of graphs",
    "graphs",
]
