-- The most frequent tags of the sample.
SELECT
    thing_tags.tag,
    count(DISTINCT things.id)            AS things,
    median(things.download_count)::DOUBLE AS median_downloads
FROM (SELECT DISTINCT thing_id, tag FROM thing_tags) AS thing_tags
JOIN things ON things.id = thing_tags.thing_id
GROUP BY thing_tags.tag
ORDER BY things DESC, thing_tags.tag
LIMIT $n
