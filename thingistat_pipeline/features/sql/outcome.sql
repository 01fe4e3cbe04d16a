-- What is to be explained.
WITH most AS (
    SELECT
        thing_id,
        CASE WHEN count(download_count) = count(*) THEN max(download_count) END AS top_file_downloads
    FROM files
    GROUP BY thing_id
)
SELECT
    id,
    download_count,
    average_download_count,
    top_file_downloads
FROM things
LEFT JOIN most ON most.thing_id = things.id
