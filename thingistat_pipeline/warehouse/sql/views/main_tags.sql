SELECT seen.*
FROM (
    SELECT arg_max(entry, (observed_at, load, thing_id)) AS seen
    FROM (
        SELECT observed_at, load, thing_id, unnest(tags) AS entry
        FROM staging.records
        WHERE outcome = 'ok'
    )
    GROUP BY entry.tag
)
