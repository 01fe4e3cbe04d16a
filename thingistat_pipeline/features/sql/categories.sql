-- How many sampled things each category holds, and how often those are downloaded.
SELECT
    thing_categories.category            AS name,
    count(DISTINCT things.id)            AS things,
    median(things.download_count)::DOUBLE AS median_downloads
FROM (SELECT DISTINCT thing_id, category FROM thing_categories) AS thing_categories
JOIN things ON things.id = thing_categories.thing_id
GROUP BY thing_categories.category
ORDER BY things DESC, name
