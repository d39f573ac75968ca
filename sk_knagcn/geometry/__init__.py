"""From atoms in a cell to invariant local environments: arrays in, arrays out."""
