-- Some answers name a tag twice: the first place counts.
INSERT INTO main.thing_tags BY NAME
SELECT thing_id, entry.tag AS tag, min(position) AS position
FROM (
    SELECT thing_id, unnest(tags) AS entry, generate_subscripts(tags, 1) AS position
    FROM latest
    JOIN staging.records USING (thing_id)
    WHERE records.load = tags_load
)
GROUP BY thing_id, entry.tag
