-- What a thing's page says beside its card.
SELECT
    things.description,
    things.license AS licence,
    (
        SELECT list(category ORDER BY position)
        FROM thing_categories WHERE thing_id = $thing
    ) AS category
FROM things
WHERE things.id = $thing
