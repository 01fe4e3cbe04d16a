SELECT thing_id, ancestor_id, position
FROM (
    SELECT
        thing_id, ancestors,
        unnest(ancestors) AS ancestor_id, generate_subscripts(ancestors, 1) AS position
    FROM staging.latest
    JOIN staging.records USING (thing_id)
    WHERE records.load = ancestors_load
)
WHERE position = list_position(ancestors, ancestor_id)
