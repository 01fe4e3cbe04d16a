INSERT INTO main.thing_categories BY NAME
SELECT thing_id, entry.name AS category, min(position) AS position
FROM (
    SELECT thing_id, unnest(categories) AS entry, generate_subscripts(categories, 1) AS position
    FROM latest
    JOIN staging.records USING (thing_id)
    WHERE records.load = categories_load
)
GROUP BY thing_id, entry.name
