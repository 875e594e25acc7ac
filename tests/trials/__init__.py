"""Live trials: four real nodes with four real engines, broken in every way there is, and nothing may be lost."""
