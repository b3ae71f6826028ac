"""``python -m bothways``."""

from bothways.commands.main import main

main()
