"""What is done with surveys, each a sentence."""
