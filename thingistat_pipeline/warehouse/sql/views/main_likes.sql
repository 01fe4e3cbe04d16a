SELECT thing_id, unnest(likers) AS liker
FROM staging.latest
JOIN staging.records USING (thing_id)
WHERE records.load = likers_load
