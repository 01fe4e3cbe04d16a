"""Long rounds of what the ordinary tests try a few times, run by hand."""
