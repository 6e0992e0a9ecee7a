"""The drawing of a confusion matrix: as wide as its card, whatever the number of labels."""

import pytest

from mlops.figures.figures import CELL, CONFUSION_WIDTH, SLANT, confusion_figure


@pytest.mark.parametrize("n", [2, 8, 40])
def test_it_fills_its_card_and_cells_stay_legible(n):
    figure = confusion_figure([f"label {i}" for i in range(n)], [[i + j for j in range(n)] for i in range(n)])
    assert figure.cell_width >= CELL
    assert figure.width >= CONFUSION_WIDTH - n  # whole pixels a cell
    right = max(cell.x for cell in figure.cells) + figure.cell_width
    assert right + SLANT == figure.width
    assert [x - figure.cell_width // 2 for x, _ in figure.column_marks] == [cell.x for cell in figure.cells[:n]]
