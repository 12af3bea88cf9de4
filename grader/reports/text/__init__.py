"""How reports write: notes, formulas, languages, and text made harmless."""
