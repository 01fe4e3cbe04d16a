SELECT load, kind, source, content_hash, records, live, rejected
FROM meta.loads
ORDER BY load
