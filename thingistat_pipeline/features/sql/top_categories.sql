-- The categories that hold most of the sampled things; the name decides between equals.
SELECT
    thing_categories.category           AS name,
    any_value(categories.slug)          AS slug,
    count(DISTINCT thing_categories.thing_id) AS things
FROM thing_categories
JOIN things ON things.id = thing_categories.thing_id
LEFT JOIN categories ON categories.name = thing_categories.category
GROUP BY thing_categories.category
ORDER BY things DESC, name
LIMIT $n
