"""Each stage of the pipeline beside its reference: CPU, wall time, peak memory, and equal results.

``python -m benchmarks`` (or ``make bench``) runs them; `README.md` says what is measured and what
came out. A stage is a subpackage with a title and an `agreement` in its ``__init__``, and one
module for each of its two sides, ``ours`` and ``reference``, with a function
``prepare(inputs) -> Task``.
"""
