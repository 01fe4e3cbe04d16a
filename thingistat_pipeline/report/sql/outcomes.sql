-- What became of every id that the frame drew: its first settled answer, else its newest unsettled
-- one. Snapshots (live by selection) and the panel's repeated visits would flatter the live share,
-- so they are left out, as in the hit rate by id decile. So are the ids that a snapshot covers,
-- whoever drew them: nights on top of a snapshot draw none of these.
WITH drawn AS (
    SELECT
        coalesce(
            arg_min(outcome, observed_at) FILTER (
                WHERE outcome IN ('ok', 'gone', 'private', 'moderated')
            ),
            arg_max(outcome, observed_at)
        ) AS outcome,
        thing_id
    FROM attempts
    WHERE thing_id NOT IN (SELECT thing_id FROM attempts WHERE source = 'snapshot')
      AND NOT coalesce(panel, false)
    GROUP BY thing_id
)
SELECT outcome, count(*) AS ids
FROM drawn
GROUP BY outcome
ORDER BY ids DESC, outcome
