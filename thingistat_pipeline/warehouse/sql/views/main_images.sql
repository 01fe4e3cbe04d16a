SELECT thing_id, entry.id AS image_id, entry.name, entry.url, position
FROM (
    SELECT thing_id, unnest(images) AS entry, generate_subscripts(images, 1) AS position
    FROM staging.latest
    JOIN staging.records USING (thing_id)
    WHERE records.load = images_load
)
