"""Snapshots: data sets that others published, brought into the raw record form.

What belongs here: telling which data set a path holds, and one reader for each kind. What does
not: anything that treats snapshots other than nights downstream; from the raw folder on there is
one path.
"""
