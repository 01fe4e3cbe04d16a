SELECT
    thing_id,
    entry.id AS file_id,
    entry.name,
    entry.size AS size_bytes,
    entry.download_count,
    entry.added,
    nullif(regexp_extract(lower(entry.name), '\.([a-z0-9]{1,10})$', 1), '') AS kind,
    position
FROM (
    SELECT thing_id, unnest(files) AS entry, generate_subscripts(files, 1) AS position
    FROM staging.latest
    JOIN staging.records USING (thing_id)
    WHERE records.load = files_load
)
