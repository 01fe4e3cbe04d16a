"""What was chosen, put to the test: scores, learning curves, new things."""
