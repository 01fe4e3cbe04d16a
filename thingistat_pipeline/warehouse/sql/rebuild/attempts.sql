INSERT INTO main.attempts BY NAME
SELECT thing_id, observed_at, load, source, outcome, status, reason, panel
FROM staging.records
JOIN meta.loads USING (load)
WHERE load IN (SELECT load FROM fresh)
