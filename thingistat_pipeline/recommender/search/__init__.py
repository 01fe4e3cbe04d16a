"""The search for the ranker's parameters, and the choice among all methods."""
