-- Circumstances. Age in calendar days (UTC), so that two runs on one day agree whatever the hour.
WITH dated AS (
    SELECT
        id,
        added,
        CASE
            WHEN date_diff('day', added, observed_at) >= 0
            THEN date_diff('day', added, observed_at)
        END AS age_days
    FROM things
)
SELECT
    id,
    age_days,
    ln(1 + age_days)    AS log_age_days,
    isodow(added)       AS published_weekday,
    hour(added)         AS published_hour
FROM dated
