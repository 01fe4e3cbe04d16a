-- What was not understood in the night $night: each place of an answer, or reason where it has none.
SELECT
    resource,
    coalesce(place, reason) AS field,
    count(*) AS times,
    first(reason ORDER BY thing_id) AS reason,
    first(thing_id ORDER BY thing_id) AS thing_id,
    first("text" ORDER BY thing_id) AS "text"
FROM main.quarantine
WHERE night = $night
GROUP BY resource, field
ORDER BY times DESC, resource, field
