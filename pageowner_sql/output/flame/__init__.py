"""Flame graphs: the samples as folded stacks, speedscope, pprof, and an interactive page."""
