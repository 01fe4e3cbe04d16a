-- The share of things whose column is unknown, for every column of the table, whatever they are.
WITH known AS (
    UNPIVOT (SELECT count(COLUMNS(*)) FROM things)
    ON COLUMNS(*) INTO NAME column_name VALUE known
)
SELECT column_name, 1 - known / (SELECT count(*) FROM things) AS share
FROM known
WHERE known < (SELECT count(*) FROM things)
ORDER BY share DESC, column_name
