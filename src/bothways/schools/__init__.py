"""Districts, schools, terms, sections, the calendar."""
