"""What the ranker has to beat, each at its best."""
