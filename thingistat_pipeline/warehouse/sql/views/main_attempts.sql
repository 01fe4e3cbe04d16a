SELECT thing_id, observed_at, load, source, outcome, status, reason, panel
FROM staging.records
JOIN meta.loads USING (load)
