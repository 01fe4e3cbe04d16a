-- How unequal downloads are. `top_share` is the part of all downloads that the most downloaded
-- hundredth of things holds (at least one thing); `largest_deviation` the part of the raw squared
-- deviation from the mean that one thing carries, which is what a raw R² hangs on.
WITH counted AS (
    SELECT
        download_count::DOUBLE AS downloads,
        row_number() OVER (ORDER BY download_count DESC, id) AS place,
        count(*) OVER () AS things,
        avg(download_count) OVER () AS mean_downloads
    FROM things
    WHERE download_count IS NOT NULL
)
SELECT
    count(*) AS things,
    median(downloads) AS median,
    quantile_cont(downloads, 0.9) AS ninth_decile,
    max(downloads) AS largest,
    sum(downloads) AS total,
    sum(downloads) FILTER (WHERE place <= greatest(1, things // 100)) / nullif(sum(downloads), 0)
        AS top_share,
    max((downloads - mean_downloads) ** 2) / nullif(sum((downloads - mean_downloads) ** 2), 0)
        AS largest_deviation
FROM counted
