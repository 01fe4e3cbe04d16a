-- For every thing touched by a changed load: the load that holds its latest live state, and for
-- each list the latest load in which that list was known (a sub-request that was not made or
-- failed leaves a list unknown and must not empty what an earlier load knew).
CREATE OR REPLACE TEMP TABLE latest AS
SELECT
    thing_id,
    max((observed_at, load))[2] AS load,
    max((observed_at, load)) FILTER (tags IS NOT NULL)[2] AS tags_load,
    max((observed_at, load)) FILTER (ancestors IS NOT NULL)[2] AS ancestors_load,
    max((observed_at, load)) FILTER (categories IS NOT NULL)[2] AS categories_load,
    max((observed_at, load)) FILTER (files IS NOT NULL)[2] AS files_load,
    max((observed_at, load)) FILTER (images IS NOT NULL)[2] AS images_load,
    max((observed_at, load)) FILTER (likers IS NOT NULL)[2] AS likers_load
FROM staging.records
SEMI JOIN touched USING (thing_id)
WHERE outcome = 'ok'
GROUP BY thing_id
