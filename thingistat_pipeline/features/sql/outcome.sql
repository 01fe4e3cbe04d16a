-- What is to be explained.
SELECT
    id,
    download_count,
    average_download_count
FROM things
