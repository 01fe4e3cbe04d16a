INSERT INTO main.likes BY NAME
SELECT thing_id, unnest(list_distinct(likers)) AS liker
FROM latest
JOIN staging.records USING (thing_id)
WHERE records.load = likers_load
