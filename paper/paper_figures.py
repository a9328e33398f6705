"""The figures of the paper, as SVG files in ``out/paper/figures``, all in the house style."""

from pathlib import Path

import numpy as np

from smallnet.figures import house_style, save_figure
from smallnet.figures.across import plot_across
from smallnet.figures.calibration import plot_calibration
from smallnet.figures.thresholds import plot_attention, plot_size_thresholds
from smallnet.hypotheses.across import compare_studies
from smallnet.hypotheses.calibrated import shipped_table
from smallnet.report.across import find_studies, read_studied
from smallnet.simulations.theory import clique_percolation_threshold, equal_contacts_threshold

__all__ = ["write_figures"]

CONTACTS = 24.0
SIZES = (2, 3, 5, 7, 13)
SHAPES = (0.5, 1.0, 1.5, 2.0)
GROUPS = ((2, 10), (10, 10), (10, 30))  # memberships a person, size


def write_figures(out: Path) -> Path:
    """Draw the forest, the calibration and the two thresholds from the studies in ``out``."""
    folder = out / "paper" / "figures"
    studied = [read_studied(path) for path in find_studies([out]) if path.name != "paper"]
    rates = {
        nu: {n: float(equal_contacts_threshold(n, nu, contacts=CONTACTS)) for n in SIZES}
        for nu in SHAPES
    }
    shares = np.geomspace(0.05, 1.0, 40)
    attention = {
        (m, n): [
            (float(share), chance)
            for share in shares
            if np.isfinite(chance := clique_percolation_threshold(m, n, attention=float(share)))
        ]
        for m, n in GROUPS
    }
    with house_style():
        save_figure(plot_across(compare_studies(studied)), folder, "forest")
        save_figure(plot_calibration(shipped_table()), folder, "calibration")
        save_figure(plot_size_thresholds(rates), folder, "size_thresholds")
        save_figure(plot_attention(attention), folder, "attention")
    return folder
