"""A small computer centre in one machine: hosts are network namespaces on one private bridge."""
