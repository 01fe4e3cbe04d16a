-- What everything rests on.
SELECT
    (SELECT count(*) FROM things) AS things,
    min(observed_at) AS observed_from,
    max(observed_at) AS observed_to
FROM observations
