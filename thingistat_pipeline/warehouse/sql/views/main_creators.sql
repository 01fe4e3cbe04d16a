SELECT seen.* EXCLUDE (name), nullif(seen.name, '') AS name, observed_at
FROM (
    SELECT
        arg_max(creator, (observed_at, load, thing_id)) AS seen,
        max(observed_at) AS observed_at
    FROM staging.records
    WHERE outcome = 'ok' AND creator.id IS NOT NULL
    GROUP BY creator.id
)
