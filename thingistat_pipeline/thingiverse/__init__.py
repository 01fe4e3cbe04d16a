"""The Thingiverse API: how to ask it politely and what its answers mean."""
