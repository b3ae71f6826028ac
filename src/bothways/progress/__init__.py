"""How the child is doing: attendance and schoolwork from files, and what families are told of it."""
