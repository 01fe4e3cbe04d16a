-- The night observed last of those in which anything answered: how many things did, how many of them
-- have an answer in quarantine, and how many answers were put aside in earlier nights.
WITH nights AS (
    SELECT
        load AS night,
        max(observed_at) AS observed_at,
        count(*) FILTER (outcome IN ('ok', 'quarantined')) AS answered
    FROM main.attempts
    WHERE load IN (SELECT load FROM meta.loads WHERE kind = 'night')
    GROUP BY load
    HAVING answered > 0
    ORDER BY max(attempts.observed_at) DESC, load DESC
    LIMIT 1
)
SELECT
    night,
    answered,
    (SELECT count(DISTINCT thing_id) FROM main.quarantine WHERE night = nights.night) AS held,
    (SELECT count(*) FROM main.quarantine WHERE night <> nights.night) AS earlier
FROM nights
