-- Each thing's own categories as one list.
SELECT
    thing_id AS id,
    list(DISTINCT category) AS own_categories
FROM thing_categories
GROUP BY thing_id
