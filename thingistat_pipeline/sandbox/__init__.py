"""A simulated Thingiverse: everything computed from (seed, id, day), served over HTTP.

Start with `catalogue` for the generative model, `effects` for what is planted in it, `server` for
the API and `embedded` to run it for a while. Nothing here imports anything else of the project.
"""
