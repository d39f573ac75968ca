"""Several models on the same folds: who is better, and is the difference real?"""

from sk_knagcn.comparison.compare import compare
from sk_knagcn.comparison.default_models import default_models
from sk_knagcn.comparison.per_atom import PerAtomRegressor
from sk_knagcn.comparison.result import ComparisonResult

__all__ = ["ComparisonResult", "PerAtomRegressor", "compare", "default_models"]
