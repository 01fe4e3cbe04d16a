"""How downloads follow from a thing's features, and how far that can be trusted.

`parity` fits ThingiStat's own model faithfully and calls it diagnostic. Around it, each a subject
of its own and of use to any model: `splits`, `tuning`, `evaluation`, `importance`, `store`.
"""
