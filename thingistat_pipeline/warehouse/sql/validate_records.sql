-- One row for every rule that the records of the working file break: what is wrong, how often, and
-- an example. What the tables are made of is checked here, the tables themselves when they are
-- written (validate_tables.sql).
SELECT problem, count(*) AS times, min(example) AS example FROM (
    SELECT 'attempts: an id was tried twice in one load' AS problem,
        format('{} in {}', thing_id, load) AS example
    FROM staging.records GROUP BY thing_id, load HAVING count(*) > 1
    UNION ALL
    SELECT 'attempts: an id is not a positive number', coalesce(thing_id::VARCHAR, 'NULL')
    FROM staging.records WHERE coalesce(thing_id, 0) <= 0
    UNION ALL
    SELECT 'attempts: the time of observation is missing', thing_id::VARCHAR
    FROM staging.records WHERE observed_at IS NULL
    UNION ALL
    SELECT 'records: a live thing bears another id than the one asked for', thing_id::VARCHAR
    FROM staging.records WHERE outcome = 'ok' AND own_id IS DISTINCT FROM thing_id
    UNION ALL
    SELECT 'records: a thing came with an outcome that has none', thing_id::VARCHAR
    FROM staging.records WHERE outcome <> 'ok' AND own_id IS NOT NULL
    UNION ALL
    SELECT 'observations: a count is negative', thing_id::VARCHAR
    FROM staging.records
    WHERE least(
        like_count, collect_count, comment_count, root_comment_count, download_count, view_count,
        remix_count, make_count, file_count, image_count, creator.count_of_followers,
        creator.count_of_following, creator.count_of_designs
    ) < 0
    UNION ALL
    SELECT 'files: a size or count is negative', thing_id::VARCHAR
    FROM staging.records
    WHERE list_min([least(file.size, file.download_count) FOR file IN files]) < 0
    UNION ALL
    SELECT 'things: not the latest live state of every id seen live', thing_id::VARCHAR
    FROM (
        SELECT thing_id, max(observed_at) AS newest
        FROM staging.records WHERE outcome = 'ok' GROUP BY thing_id
    )
    FULL JOIN (
        SELECT thing_id, observed_at
        FROM staging.latest JOIN staging.records USING (thing_id, load)
    ) USING (thing_id)
    WHERE newest IS DISTINCT FROM observed_at
    UNION ALL
    SELECT 'loads: the number of records is not the one in the manifest', load
    FROM meta.loads
    LEFT JOIN (
        SELECT load, count(*) AS held, count(*) FILTER (outcome = 'ok') AS held_live
        FROM staging.records GROUP BY load
    ) USING (load)
    WHERE records <> coalesce(held, 0) OR live <> coalesce(held_live, 0)
)
GROUP BY problem
ORDER BY problem
