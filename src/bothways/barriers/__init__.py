"""What stands in the way of families, which help is in place, and the gap between."""
