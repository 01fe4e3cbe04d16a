-- The figures of a thing whenever it was seen; the latest of several at one moment.
SELECT
    observed_at,
    arg_max(download_count, load) AS downloads,
    arg_max(like_count, load) AS likes,
    arg_max(make_count, load) AS makes,
    arg_max(comment_count, load) AS comments
FROM observations
WHERE thing_id = $thing
GROUP BY observed_at
ORDER BY observed_at
