"""What people who liked this like: things, users and tags in one space, learned from likes.

From the published database: `interactions` (who liked what), `side_information` (tags, categories,
creator, licence of things), `holdout` (what is kept apart to judge by). `ranker` is a matrix
factorisation that learns to rank, with what is known of things and users beside the likes;
`ranking_kernel` is its inner loop, `ranking_input` says what it learns from, and `nearest` picks
the best of many scores. `measures` judges any scorer with intervals over users; `baselines`,
`alternating` and `contenders` are what the ranker has to beat.

What does not belong here yet: the search for its parameters, tables, assets and pages.
"""
