"""What is done with attendance and schoolwork."""
