"""The warehouse: raw parts become tables in one DuckDB file, and tables become a published one.

What belongs here: the schema with its comments, loading the raw record form, what a valid
warehouse is, publishing without locks, and reading what was published. What does not: anything
that talks to the API, and anything that computes with the numbers (``features/`` does).
"""
