"""What people who liked this like: things, users and tags in one space, learned from likes.

Read from bottom to top: `likes` (who likes what, what is known of things beside, what is held out),
`judging` (how good any recommender is, and how sure that is), `ranking` (a matrix factorisation
that learns to rank) and `rivals` (what it has to beat), `search` (its parameters, and the choice
among all), `scores` (the choice put to the test) and `answers` (similar things and fitting tags,
also for a draft). `ranking_model` and `published_tables` put them together, and `store` keeps what
they make.
"""
