SELECT records.*
FROM staging.latest
JOIN staging.records USING (thing_id, load)
