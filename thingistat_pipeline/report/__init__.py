"""The report: one self-contained page for people, one file of figures for programs.

What belongs here: reading what the page says about the sample (`data_card`), turning results into
plots (`figures`, `model_figures`) and sentences (`takeaways`, `limits`), and laying them out
(`sections`, `page`, `templates/`). What does not: measuring anything about popularity; every
number arrives computed, except the data card's counts.

A page is a tuple of sections (`blocks`), a section a tuple of figures, tables, facts and notes.
A new part of the report is a new function in `sections` that returns a section.
"""
