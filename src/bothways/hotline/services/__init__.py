"""What the hotline does: keep postings, answer texts, lead through calls."""
