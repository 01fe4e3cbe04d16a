-- Downloads a day between two observations of a thing, for each spacing wanted: the two whose
-- distance is nearest to it, at most a third shorter or half as long again; of equals the earliest.
-- A count that fell (files were deleted) tells nothing about downloads and makes no pair.
WITH seen AS (
    SELECT
        observations.thing_id              AS id,
        observations.observed_at,
        observations.download_count,
        things.added
    FROM observations
    JOIN things ON things.id = observations.thing_id
    WHERE observations.download_count IS NOT NULL
),
wanted AS (SELECT unnest($days::BIGINT[]) AS days),
pairs AS (
    SELECT
        first.id,
        wanted.days,
        first.observed_at                                                       AS first_observed,
        second.observed_at                                                      AS second_observed,
        date_diff('second', first.observed_at, second.observed_at) / 86400.0    AS spacing_days,
        second.download_count - first.download_count                            AS gained,
        date_diff('day', first.added, first.observed_at)                        AS age_days
    FROM seen AS first
    JOIN seen AS second ON second.id = first.id AND second.observed_at > first.observed_at
    CROSS JOIN wanted
    WHERE date_diff('second', first.observed_at, second.observed_at)
        BETWEEN $shortest * wanted.days * 86400 AND $longest * wanted.days * 86400
)
SELECT
    id,
    days,
    gained / spacing_days AS rate,
    first_observed,
    second_observed,
    spacing_days,
    age_days
FROM pairs
WHERE gained >= 0 AND age_days >= 0
QUALIFY row_number() OVER (
    PARTITION BY id, days ORDER BY abs(spacing_days - days), first_observed, second_observed
) = 1
ORDER BY days, id
