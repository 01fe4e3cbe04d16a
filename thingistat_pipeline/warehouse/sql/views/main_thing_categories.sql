SELECT thing_id, category, position
FROM (
    SELECT thing_id, names, unnest(names) AS category, generate_subscripts(names, 1) AS position
    FROM (
        SELECT thing_id, [entry.name FOR entry IN categories] AS names
        FROM staging.latest
        JOIN staging.records USING (thing_id)
        WHERE records.load = categories_load
    )
)
WHERE position = list_position(names, category)
