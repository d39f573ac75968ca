"""Published errors on Matbench v0.1: mean over its five folds.

From the leaderboards of materialsproject/matbench, commit 936176d (January 2024), and
Dunn et al., npj Comput. Mater. 6, 138 (2020): MAE, but ROC-AUC for mp_is_metal.
"""

TASKS = (
    "matbench_phonons",
    "matbench_jdft2d",
    "matbench_dielectric",
    "matbench_log_gvrh",
    "matbench_log_kvrh",
    "matbench_perovskites",
    "matbench_mp_gap",
    "matbench_mp_e_form",
)
_ROWS = {
    "coGN": (29.712, 37.165, 0.3088, 0.0689, 0.0535, 0.0269, 0.1559, 0.0170),
    "coNGN": (28.887, 36.170, 0.3142, 0.0670, 0.0491, 0.0290, 0.1697, 0.0178),
    "ALIGNN": (29.539, 43.424, 0.3449, 0.0715, 0.0568, 0.0288, 0.1861, 0.0215),
    "MegNet (kgcnn)": (28.761, 54.172, 0.3391, 0.0871, 0.0668, 0.0352, 0.1934, 0.0252),
    "SchNet (kgcnn)": (38.964, 42.664, 0.3277, 0.0796, 0.0590, 0.0342, 0.2352, 0.0218),
    "DimeNet++": (37.462, 49.024, 0.3400, 0.0792, 0.0572, 0.0376, 0.1993, 0.0235),
    "CGCNN v2019": (57.764, 49.244, 0.5988, 0.0895, 0.0712, 0.0452, 0.2972, 0.0337),
    "MODNet v0.1.12": (34.275, 33.192, 0.2711, 0.0731, 0.0548, 0.0908, 0.2199, 0.0448),
    "AMMExpress": (56.171, 39.850, 0.3150, 0.0874, 0.0647, 0.2005, 0.2824, 0.1726),
    "RF-SCM/Magpie": (67.613, 50.044, 0.4196, 0.1040, 0.0820, 0.2355, 0.3452, 0.1165),
    "CrabNet": (55.111, 45.610, 0.3234, 0.1014, 0.0758, 0.4065, 0.2655, 0.0862),
    "dummy": (323.98, 67.285, 0.8088, 0.2931, 0.2897, 0.5660, 1.3272, 1.0059),
}
# MAE of the single folds, where the leaderboard gives them.
_FOLDS = {
    "matbench_phonons": {
        "coNGN": (33.02, 32.63, 26.09, 25.32, 27.38),
        "coGN": (32.12, 29.19, 30.26, 30.80, 26.19),
        "ALIGNN": (33.41, 28.03, 29.48, 29.49, 27.28),
        "MegNet (kgcnn)": (31.62, 31.04, 25.27, 29.71, 26.16),
        "CGCNN v2019": (81.16, 45.09, 54.26, 56.58, 51.73),
    },
    "matbench_jdft2d": {
        "MODNet v0.1.12": (25.55, 30.45, 45.19, 26.98, 37.78),
        "coNGN": (23.76, 35.70, 53.90, 23.95, 43.54),
        "coGN": (22.25, 37.23, 60.17, 24.39, 41.78),
        "CGCNN v2019": (34.49, 51.12, 69.43, 42.75, 48.44),
    },
    "matbench_dielectric": {
        "MODNet v0.1.12": (0.1691, 0.2410, 0.3899, 0.2775, 0.2781),
        "coGN": (0.1775, 0.2663, 0.4209, 0.2986, 0.3805),
        "AMMExpress": (0.2188, 0.2844, 0.4257, 0.3198, 0.3264),
        "CGCNN v2019": (0.4704, 0.5724, 0.7301, 0.6111, 0.6099),
    },
    "matbench_log_gvrh": {
        "coNGN": (0.0662, 0.0678, 0.0663, 0.0674, 0.0672),
        "CGCNN v2019": (0.0870, 0.0899, 0.0887, 0.0902, 0.0918),
    },
    "matbench_log_kvrh": {
        "coNGN": (0.0482, 0.0494, 0.0458, 0.0536, 0.0484),
        "CGCNN v2019": (0.0702, 0.0722, 0.0665, 0.0748, 0.0724),
    },
    "matbench_perovskites": {
        "coGN": (0.0273, 0.0280, 0.0256, 0.0271, 0.0266),
        "ALIGNN": (0.0293, 0.0301, 0.0276, 0.0286, 0.0282),
        "CGCNN v2019": (0.0456, 0.0462, 0.0448, 0.0454, 0.0442),
    },
}


def published(task: str) -> dict[str, tuple[float, tuple[float, ...]]]:
    """Mean error of each model on a task, and those of its folds where known."""
    if task not in TASKS:
        return {}
    column, folds = TASKS.index(task), _FOLDS.get(task, {})
    return {name: (row[column], folds.get(name, ())) for name, row in _ROWS.items()}
