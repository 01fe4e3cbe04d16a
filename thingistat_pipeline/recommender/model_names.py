"""What the recommender's stored models are called."""

RANKING, EVALUATION, RECOMMENDER = "ranking_model", "ranking_evaluation", "recommender"
"""Names of the folders of the searched model, of what it was judged by, and of what serves."""
