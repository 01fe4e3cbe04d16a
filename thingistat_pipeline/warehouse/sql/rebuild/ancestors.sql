INSERT INTO main.ancestors BY NAME
SELECT thing_id, ancestor_id, min(position) AS position
FROM (
    SELECT thing_id, unnest(ancestors) AS ancestor_id, generate_subscripts(ancestors, 1) AS position
    FROM latest
    JOIN staging.records USING (thing_id)
    WHERE records.load = ancestors_load
)
GROUP BY thing_id, ancestor_id
