"""Sampling the site: which ids come next, what happened to them, and one night's harvest."""
