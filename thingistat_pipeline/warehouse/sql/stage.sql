-- One load's raw parts as staging holds them. $parts and $load are given; the columns come from the
-- record form (raw_columns.py), never from DuckDB's guess.
SELECT
    $load AS load,
    * EXCLUDE (thing) REPLACE (list_distinct(likers) AS likers),
    thing.* EXCLUDE (id),
    thing.id AS own_id
FROM read_json(
    $parts,
    format = 'newline_delimited',
    maximum_object_size = 67108864,
    columns = {columns}
)
