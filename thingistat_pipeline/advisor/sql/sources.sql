-- The worlds that the things come from.
SELECT DISTINCT source FROM meta.loads WHERE source IS NOT NULL ORDER BY source
