-- What happened to the thing after it was published: through visitors, and through the creator.
SELECT
    id,
    like_count,
    collect_count,
    comment_count,
    root_comment_count,
    make_count,
    remix_count,
    view_count,
    modified > added + INTERVAL 1 DAY AS edited_later
FROM things
