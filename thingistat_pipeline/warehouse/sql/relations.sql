-- Every table and view of the working file, views first.
SELECT 'VIEW' AS kind, schema_name, view_name AS relation
FROM duckdb_views()
WHERE database_name = current_database() AND NOT internal
UNION ALL
SELECT 'TABLE', schema_name, table_name
FROM duckdb_tables()
WHERE database_name = current_database() AND NOT internal
ORDER BY kind DESC, schema_name, relation
