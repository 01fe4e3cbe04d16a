"""What the files of a report are called."""

PAGE = "report.html"
METRICS = "metrics.json"
MODEL_CARD = "model_card.md"
LATEST = "latest"
"""Link to the folder of the newest report."""
