-- Some answers name a tag twice: the first place counts.
SELECT thing_id, tag, position
FROM (
    SELECT thing_id, keys, unnest(keys) AS tag, generate_subscripts(keys, 1) AS position
    FROM (
        SELECT thing_id, [entry.tag FOR entry IN tags] AS keys
        FROM staging.latest
        JOIN staging.records USING (thing_id)
        WHERE records.load = tags_load
    )
)
WHERE position = list_position(keys, tag)
