"""What families said and what came of it: you said, we did."""
