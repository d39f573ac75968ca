"""Sound files to start from: every way in which programs write the same crystals."""

import json
import warnings

import numpy as np
from pymatgen.core import Lattice, Structure
from pymatgen.io.cif import CifWriter

HALVES = [[0, 0, 0], [0.5, 0.5, 0.5]]


def crystals() -> dict[str, Structure]:
    """Crystals of all sizes, with symmetry and without."""
    rng = np.random.default_rng(7)
    quartz = Structure.from_spacegroup(
        "P3_221",
        Lattice.hexagonal(4.91, 5.40),
        ["Si", "O"],
        [[0.47, 0, 2 / 3], [0.41, 0.27, 0.79]],
    )
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], HALVES)
    loose = Structure(
        Lattice.from_parameters(7.1, 8.3, 9.9, 81, 97, 104),
        rng.choice(["Zn", "O", "C", "H", "N"], 24),
        (np.indices((2, 3, 4)).reshape(3, -1).T + rng.uniform(0, 0.4, (24, 3)))
        / [2, 3, 4],
    )
    mixed = salt.copy()
    mixed[0] = {"Na": 0.6, "K": 0.4}
    charged = salt.copy()
    charged.add_oxidation_state_by_element({"Na": 1, "Cl": -1})
    return {
        "quartz": quartz,
        "salt": salt,
        "supercell": salt * (2, 1, 1),
        "loose": loose,
        "mixed": mixed,
        "charged": charged,
        "one atom": Structure(Lattice.cubic(3.35), ["Po"], [[0, 0, 0]]),
    }


FRAMEWORK = """\
# as the databases of frameworks write them
data_framework
_symmetry_space_group_name_H-M    'P1'
_symmetry_Int_Tables_number       1
_cell_length_a                    9.6420(3)
_cell_length_b                    9.8135(2)
_cell_length_c                    10.0112
_cell_angle_alpha                 90.0000
_cell_angle_beta                  101.330
_cell_angle_gamma                 90.0000
loop_
_symmetry_equiv_pos_as_xyz
  'x, y, z'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Cu1 Cu 0.10000(5) 0.20000 0.30000 1.0
O1  O  0.2500 0.2500 0.4000 1
O2  O  0.9000 0.1000 0.2000 1.00
C1  C  0.6000 0.5000 0.7000 1.0
H1  H  0.6500 0.5900 0.7400 1.0
"""
NAMED_GROUP = """\
data_perovskite
_cell_length_a 3.905
_cell_length_b 3.905
_cell_length_c 3.905
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P m -3 m'
_symmetry_Int_Tables_number 221
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Sr1 Sr 0 0 0
Ti1 Ti 0.5 0.5 0.5
O1 O 0.5 0.5 0
"""
SPLIT = """\
data_split
_publ_section_title
;
 Text over several lines; 1.0 and 2.0 mean nothing here.
;
_cell_length_a 6.1
_cell_length_b 6.1
_cell_length_c 6.1
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
loop_
_space_group_symop_id
_space_group_symop_operation_xyz
1 'x,y,z'
2 '-x,-y,-z'
3 'x+1/2,-y,z'
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Na1 0.11 0.12 0.13 1.0
K1A 0.41 0.32 0.63 0.5
Rb1B 0.41 0.32 0.63 0.5
"""


def cif_texts() -> list[str]:
    """CIF files with and without symmetry, by pymatgen and by hand."""
    texts = [FRAMEWORK, NAMED_GROUP, SPLIT]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # labels may be the same
        for structure in crystals().values():
            texts.append(str(CifWriter(structure)))
            if len(structure) in (1, 9):  # others have 192 operations, and take long
                texts.append(str(CifWriter(structure, symprec=0.01)))
    return texts


def json_texts() -> list[str]:
    """The same crystals as pymatgen's own dictionaries."""
    return [json.dumps(structure.as_dict()) for structure in crystals().values()]
