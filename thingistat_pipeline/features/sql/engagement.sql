-- What visitors did afterwards.
SELECT
    id,
    like_count,
    collect_count,
    comment_count,
    root_comment_count,
    make_count,
    remix_count,
    view_count
FROM things
