"""A matrix factorisation that learns to rank, with features of things and users."""
