-- For every thing touched by a changed load: the load that holds its latest live state, and for
-- each list the latest load in which that list was known (a sub-request that was not made or
-- failed leaves a list unknown and must not empty what an earlier load knew).
INSERT INTO staging.latest BY NAME
SELECT
    thing_id,
    last(load ORDER BY observed_at, load) AS load,
    last(load ORDER BY observed_at, load) FILTER (tags IS NOT NULL) AS tags_load,
    last(load ORDER BY observed_at, load) FILTER (ancestors IS NOT NULL) AS ancestors_load,
    last(load ORDER BY observed_at, load) FILTER (categories IS NOT NULL) AS categories_load,
    last(load ORDER BY observed_at, load) FILTER (files IS NOT NULL) AS files_load,
    last(load ORDER BY observed_at, load) FILTER (images IS NOT NULL) AS images_load,
    last(load ORDER BY observed_at, load) FILTER (likers IS NOT NULL) AS likers_load,
    last(likers_truncated ORDER BY observed_at, load) FILTER (likers IS NOT NULL)
        AS likers_truncated
FROM staging.records
SEMI JOIN touched USING (thing_id)
WHERE outcome = 'ok'
GROUP BY thing_id
