-- The categories that hold most of the sampled things; the name decides between equals.
SELECT counted.name, categories.slug, counted.things
FROM (
    SELECT category AS name, count(DISTINCT thing_id) AS things
    FROM thing_categories
    SEMI JOIN things ON things.id = thing_categories.thing_id
    GROUP BY category
) AS counted
LEFT JOIN categories USING (name)
ORDER BY things DESC, name
LIMIT $n
