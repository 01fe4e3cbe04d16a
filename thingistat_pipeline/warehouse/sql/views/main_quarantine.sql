SELECT
    thing_id,
    observed_at,
    load AS night,
    source,
    aside.resource AS resource,
    nullif(
        regexp_replace(
            regexp_extract(aside.reason, ' - at `(\$[^`]*)`$', 1), '\[(\d+|\.\.\.)\]', '[*]', 'g'
        ),
        ''
    ) AS place,
    aside.reason AS reason,
    aside."text" AS "text"
FROM (
    SELECT thing_id, observed_at, load, unnest(quarantined) AS aside
    FROM staging.records
    WHERE quarantined IS NOT NULL
)
JOIN meta.loads USING (load)
