"""Care of an installation: the nightly backup, what is kept how long, what was done when."""
