"""Who looked at what and who changed what: one append-only table of plain ids."""
