"""The homework hotline: today's work of each class, posted by its teacher, heard and read by any family."""
