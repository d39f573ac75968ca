"""Arithmetic on the rows of arrays that hold vectors."""

from sk_knagcn.geometry.kernel import leaf


# Rows are named by array and number: a slice of an array costs more than the product.
@leaf
def dot(u, i, v, j):
    """Scalar product of row i of u and row j of v."""
    return u[i, 0] * v[j, 0] + u[i, 1] * v[j, 1] + u[i, 2] * v[j, 2]
