"""The honest model of popularity: what can be told from a thing before anybody has seen it.

Here belongs what the advisor's model is and how far it can be trusted: the rows and features it may
use (`rows`), the model with its challengers, and how it is judged on creators it has never seen:
`scores` with their uncertainty, `intervals` around predictions, `calibration`, `slices`, and
`drift` against the model before. What the model says about a maker's choices is `explanation`'s.
"""
