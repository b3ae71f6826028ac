"""Ground floor: clock, ids, text, phone, jobs, the embedded database. No models."""
