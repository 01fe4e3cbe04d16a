SELECT
    thing_id, observed_at, load, source, panel,
    like_count, collect_count, comment_count, root_comment_count, download_count, view_count,
    remix_count, make_count,
    coalesce(file_count, len(files)) AS file_count,
    coalesce(image_count, len(images)) AS image_count,
    creator.id AS creator_id,
    creator.count_of_followers, creator.count_of_following, creator.count_of_designs
FROM staging.records
JOIN meta.loads USING (load)
WHERE outcome = 'ok'
