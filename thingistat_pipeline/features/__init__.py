"""What is known of each thing, as columns with a family, a unit and a meaning.

`registry` names the columns, `sql/` computes them family by family, `frame` joins them into one
row a thing, and `exploration` looks at them before anything is modelled.
"""
