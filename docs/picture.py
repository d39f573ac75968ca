"""Draw the picture of the landing page: python docs/picture.py, some minutes.

From a crystal to a comparison, all of it real: the structure, its graph, the arrays and
the scores are computed here. There is a version for light pages and one for dark ones,
side by side for wide windows and stacked for narrow ones, in docs/_static.
"""

from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import FancyBboxPatch
from pymatgen.core import Lattice, Structure
from sklearn.model_selection import KFold

from sk_knagcn import StructureGraphTransformer, compare, default_models
from sk_knagcn.datasets import make_prototype_crystals

FOLDER = Path(__file__).with_name("_static")
THEMES = {"light": ("#24292f", "#8c959f"), "dark": ("#e6e6e6", "#848d97")}
# Name, colour, area of the circle.
ATOMS = {
    38: ("Sr", "#009e73", 520),
    22: ("Ti", "#0072b2", 330),
    8: ("O", "#d55e00", 200),
}
BLUE, GREY = "#3b9dd9", "#8c959f"
MODELS = ["dummy", "composition + forest", "CGCNN", "k-NAGCN"]
CAPTIONS = [
    "a pymatgen Structure",
    "the k nearest atoms of each\nin a frame of their own",
    "arrays, the same however\nthe crystal is written down",
    "a network\nbehind fit and predict",
    "models side by side\non the same folds",
]
# Size and place of the panels, in inches.
SIDE, GAP = 2.25, 0.55
PEROVSKITE = Structure.from_spacegroup(
    "Pm-3m",
    Lattice.cubic(3.905),
    ["Sr", "Ti", "O"],
    [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0]],
)


def main() -> None:
    """Compute everything once, draw it four times."""
    graph = StructureGraphTransformer(k=12).fit_transform([PEROVSKITE])[0]
    salts = make_prototype_crystals(300, random_state=0)
    models = default_models(max_epochs=40)
    result = compare(
        {name: models[name] for name in MODELS},
        salts.structures,
        salts.target,
        cv=KFold(5, shuffle=True, random_state=0),
        verbose=1,
    )
    plt.rcParams.update({"font.size": 11, "svg.hashsalt": "sk_knagcn"})
    for theme, colours in THEMES.items():
        for wide in (True, False):
            figure = draw(graph, result.scores, *colours, wide)
            path = FOLDER / f"way-{'wide' if wide else 'tall'}-{theme}.svg"
            figure.savefig(path, transparent=True, metadata={"Date": None})
            lines = path.read_text("utf-8").splitlines()
            path.write_text("\n".join(map(str.rstrip, lines)) + "\n", "utf-8")
            print(path)


def draw(graph, scores, ink, faint, wide):
    """Put the panels in a row or in a column, with arrows between them."""
    n = len(CAPTIONS)
    step = SIDE + GAP if wide else SIDE + GAP + 0.6
    size = (n * step - GAP + 0.2, SIDE + 0.65) if wide else (3.4, n * step - 0.3)
    figure = plt.figure(figsize=size)
    arrow = {"arrowstyle": "-|>", "color": ink, "lw": 1.4, "mutation_scale": 14}
    for i, caption in enumerate(CAPTIONS):
        left = 0.1 + i * step if wide else (size[0] - SIDE) / 2
        bottom = 0.6 if wide else size[1] - SIDE - 0.05 - i * step
        ax = figure.add_axes(
            (left / size[0], bottom / size[1], SIDE / size[0], SIDE / size[1])
        )
        ax.axis("off")
        PANELS[i](ax, graph, scores, ink, faint)
        middle = (left + SIDE / 2) / size[0]
        below = (bottom - 0.1) / size[1]
        figure.text(middle, below, caption, color=ink, ha="center", va="top")
        if i + 1 < n:
            if wide:
                height = (bottom + SIDE / 2) / size[1]
                start = ((left + SIDE + 0.12) / size[0], height)
                end = ((left + SIDE + GAP - 0.12) / size[0], height)
            else:
                start = (middle, (bottom - 0.58) / size[1])
                end = (middle, (bottom - 0.58 - 0.4) / size[1])
            ax.annotate(
                "", end, start, "figure fraction", "figure fraction", arrowprops=arrow
            )
    return figure


def look_at(points, right, up):
    """Project points on the plane of two directions; the third column is the depth."""
    right = np.array(right, float) / np.linalg.norm(right)
    up = np.array(up, float) - np.dot(up, right) * right
    up /= np.linalg.norm(up)
    return np.asarray(points) @ np.array([right, up, np.cross(right, up)]).T


def draw_atoms(ax, seen, numbers, ink, scale=1.0):
    """Draw atoms as discs, the farthest first."""
    for (x, y, _), z in sorted(zip(seen, numbers, strict=True), key=lambda a: a[0][2]):
        name, colour, area = ATOMS[z]
        ax.scatter(x, y, s=scale * area, c=colour, edgecolors=ink, lw=0.6, zorder=3)
        ax.text(x, y, name, color="white", ha="center", va="center", size=7, zorder=3)


def draw_crystal(ax, graph, scores, ink, faint):
    """Draw the cell, with the atoms on its corners and faces repeated."""
    view = {"right": (1, 0.42, 0), "up": (-0.12, 0.28, 1)}
    shifts = [(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)]
    places = {
        (site.specie.Z, *np.round(site.frac_coords % 1 + shift, 6))
        for site in PEROVSKITE
        for shift in shifts
        if (site.frac_coords % 1 + shift <= 1).all()
    }
    for a in shifts:
        for b in shifts:
            if sum(np.abs(np.subtract(a, b))) == 1 and a < b:
                ax.plot(*look_at([a, b], **view)[:, :2].T, c=faint, lw=1, zorder=1)
    numbers = [z for z, *_ in places]
    draw_atoms(ax, look_at([p for _, *p in places], **view), numbers, ink)
    ax.set(aspect="equal", xlim=(-0.15, 1.55), ylim=(-0.35, 1.35))
    ax.autoscale()
    ax.margins(0.14)


def draw_neighbours(ax, graph, scores, ink, faint):
    """Draw titanium's neighbours where the graph says that they are."""
    view = {"right": (0.5, 1, 0), "up": (-0.3, 0.1, 1)}
    atom = list(graph.species).index(22)
    positions = graph.coordinates[atom]
    numbers = graph.species[graph.neighbors[atom]]
    seen = look_at(positions, **view)
    for x, y, _ in seen:
        ax.plot([0, x], [0, y], c=faint, lw=1, zorder=1)
    draw_atoms(ax, [*seen, (0, 0, 0)], [*numbers, 22], ink)
    # The axes last: they are what this panel is about.
    for name, tip in zip("yz", look_at(np.eye(3)[1:] * 3.1, **view), strict=True):
        ax.annotate(
            "",
            tip[:2],
            (0, 0),
            arrowprops={"arrowstyle": "-|>", "color": BLUE, "lw": 2},
            zorder=4,
        )
        ax.text(*(tip[:2] * 1.13), name, color=BLUE, ha="center", va="center", size=12)
    ax.set_aspect("equal")
    ax.margins(0.14)


def draw_arrays(ax, graph, scores, ink, faint):
    """Draw what the graph stores, number by number."""
    stored, k = graph.neighbors.shape
    arrays = {
        "species": graph.species[:, None],
        "neighbors": graph.neighbors,
        "coordinates": np.concatenate([*graph.coordinates.transpose(2, 0, 1)]),
    }
    top = 0.0
    for name, values in arrays.items():
        rows, columns = values.shape
        for (i, j), value in np.ndenumerate(values):
            low, high = values.min(), values.max()
            shade = (value - low) / (high - low)
            cell = plt.Rectangle((j, top - i - 1), 1, 1, fc=plt.cm.viridis(shade))
            cell.set(edgecolor=ink, lw=0.4)
            ax.add_patch(cell)
        shape = {"species": (stored,), "neighbors": (stored, k)}.get(
            name, (stored, k, 3)
        )
        ax.text(
            columns + 0.4 if columns == 1 else 0,
            top - rows / 2 if columns == 1 else top + 0.35,
            f"{name} {shape}",
            color=ink,
            va="center" if columns == 1 else "bottom",
            size=9,
        )
        top -= rows + (1.9 if name != "coordinates" else 0)
    ax.set(xlim=(-0.3, k + 0.3), ylim=(top - 0.3, 0.5))


def draw_network(ax, graph, scores, ink, faint):
    """Draw the layers of the default network, one below the other."""
    layers = ["elements", "convolution", "convolution", "mean over the atoms", "head"]
    for i, layer in enumerate(layers):
        y = 0.83 - 0.2 * i
        box = FancyBboxPatch(
            (0.08, y),
            0.84,
            0.11,
            boxstyle="round,pad=0.015",
            fc="none",
            ec=BLUE,
            lw=1.5,
        )
        ax.add_patch(box)
        ax.text(0.5, y + 0.05, layer, color=ink, ha="center", va="center", size=10)
        if i:
            ax.plot([0.5, 0.5], [y + 0.125, y + 0.185], c=faint, lw=1.4)
    ax.set(xlim=(0, 1), ylim=(0, 1))


def draw_scores(ax, graph, scores, ink, faint):
    """Draw each model's error in every fold, and their mean."""
    errors = scores.groupby("model")["mae"]
    for row, name in enumerate(MODELS):
        values = errors.get_group(name)
        y = -row
        colour = BLUE if name == "k-NAGCN" else GREY
        ax.barh(y, values.mean(), height=0.42, color=colour, alpha=0.85)
        ax.plot(values, [y] * len(values), "o", ms=3, c=ink, alpha=0.8)
        label = f"{name}: {values.mean():.1f}"
        ax.text(0, y + 0.3, label, color=ink, va="bottom", size=9)
    ax.text(0, -len(MODELS) + 0.35, "error in eV per atom", color=faint, size=9)
    ax.set_ylim(-len(MODELS) + 0.2, 0.7)


PANELS = [draw_crystal, draw_neighbours, draw_arrays, draw_network, draw_scores]

if __name__ == "__main__":
    main()
