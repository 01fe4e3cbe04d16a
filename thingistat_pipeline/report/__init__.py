"""The report: one self-contained page for people, figures for programs, and a model card.

What belongs here: reading what the page says about the sample (`data_card`) and about the models
(`results`, `advisor_results`), turning results into plots (the `..._figures` modules, drawn with
`plots` and `whiskers`) and into sentences (`takeaways`, `parity_findings`, `limits`,
`model_limits`), and laying them out (`sections` and its parts, `page`, `model_card`,
`templates/`). What does not: measuring anything about popularity; every number arrives computed,
except the data card's counts.

A page is a tuple of sections (`blocks`), a section a tuple of figures, tables, facts and notes.
A new part of the report is a new function that returns a section, named in `sections`.
"""
