"""Plans as programs in other languages: what they compute, written out for people and compilers."""
