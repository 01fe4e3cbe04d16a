-- The load observed last against all others. COLUMNS(*) would count per column; UNPIVOT of counts
-- gives one row a column.
WITH newest AS (
    SELECT load FROM observations GROUP BY load ORDER BY max(observed_at) DESC, load DESC LIMIT 1
),
missing AS (
    SELECT
        load = (FROM newest) AS is_latest,
        avg((like_count IS NULL)::INT) AS like_count,
        avg((collect_count IS NULL)::INT) AS collect_count,
        avg((comment_count IS NULL)::INT) AS comment_count,
        avg((download_count IS NULL)::INT) AS download_count,
        avg((remix_count IS NULL)::INT) AS remix_count,
        avg((make_count IS NULL)::INT) AS make_count,
        avg((file_count IS NULL)::INT) AS file_count,
        avg((image_count IS NULL)::INT) AS image_count,
        avg((creator_id IS NULL)::INT) AS creator_id,
        avg((count_of_followers IS NULL)::INT) AS count_of_followers,
        avg((count_of_designs IS NULL)::INT) AS count_of_designs
    FROM observations
    GROUP BY is_latest
),
tall AS (
    UNPIVOT missing ON COLUMNS(* EXCLUDE (is_latest)) INTO NAME "column" VALUE share
)
SELECT
    latest."column",
    latest.share AS latest,
    earlier.share AS earlier
FROM tall AS latest
JOIN tall AS earlier ON earlier."column" = latest."column" AND NOT earlier.is_latest
WHERE latest.is_latest
ORDER BY 1
