-- The categories that a draft can be filed under, those with most things first; the name decides
-- between equals (as in features/sql/top_categories.sql, which gives them their columns).
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
