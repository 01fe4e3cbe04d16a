-- How many of the ids that were drawn at random are live, by tenth of the id range 1..newest.
-- Left out, because they would flatter the rate: the ids of snapshots (live by selection), which
-- nights on top of a snapshot do not draw, and the panel's repeated visits. An id without a settled answer (a transient error, an unreadable
-- payload) counts neither way. Of several answers the first one counts: the draw.
WITH drawn AS (
    SELECT thing_id, arg_min(outcome, observed_at) AS outcome
    FROM attempts
    WHERE thing_id NOT IN (SELECT thing_id FROM attempts WHERE source = 'snapshot')
      AND NOT coalesce(panel, false)
      AND outcome IN ('ok', 'gone', 'private', 'moderated')
    GROUP BY thing_id
),
newest AS (SELECT max(thing_id) AS id FROM drawn),
deciles AS (
    SELECT
        decile,
        (newest.id * (decile - 1)) // 10 + 1 AS id_low,
        (newest.id * decile) // 10           AS id_high
    FROM range(1, 11) AS tenths(decile), newest
    WHERE newest.id IS NOT NULL
)
SELECT
    decile,
    id_low,
    id_high,
    count(drawn.thing_id)                             AS attempted,
    count(drawn.thing_id) FILTER (outcome = 'ok')     AS live
FROM deciles
LEFT JOIN drawn ON drawn.thing_id BETWEEN id_low AND id_high
GROUP BY decile, id_low, id_high
ORDER BY decile
