"""Who likes what, what is known of things beside, and which likes are kept apart to judge by."""
