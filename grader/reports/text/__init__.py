"""How reports write: words, notes, formulas, languages, and students' text made harmless."""
