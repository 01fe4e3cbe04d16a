"""How good any recommender is on likes that it has not seen, and how sure that is."""
