-- Files by kind and size. Where no file is listed, there are none if the thing says so, and
-- otherwise the list is unknown (a snapshot without files, a request that failed). A kind is known
-- if every file's name is, a total if every file's size is.
WITH listed AS (
    SELECT
        thing_id,
        count(name) = count(*)                                                  AS named,
        count(size_bytes) = count(*)                                            AS sized,
        count(*) FILTER (kind = 'stl')                                          AS files_stl,
        count(*) FILTER (kind = 'obj')                                          AS files_obj,
        count(*) FILTER (kind = '3mf')                                          AS files_3mf,
        count(*) FILTER (kind = 'scad')                                         AS files_scad,
        count(*) FILTER (kind IN ('step', 'stp', 'iges', 'igs'))                AS files_step,
        count(*) FILTER (kind IN ('f3d', 'f3z'))                                AS files_f3d,
        count(*) FILTER (kind IN (
            'skp', 'blend', 'fcstd', 'sldprt', 'sldasm', 'ipt', 'iam', '123dx', '3dm', 'par', 'prt'
        ))                                                                      AS files_other_cad,
        count(*) FILTER (kind IN ('gcode', 'bgcode', 'x3g'))                    AS files_gcode,
        count(*) FILTER (kind IN ('svg', 'dxf', 'ai', 'eps', 'cdr'))            AS files_drawing,
        count(*) FILTER (kind IN ('pdf', 'txt', 'md', 'doc', 'docx'))           AS files_document,
        count(*) FILTER (kind IN ('jpg', 'jpeg', 'png', 'gif', 'bmp', 'webp'))  AS files_picture,
        count(*) FILTER (kind IN ('zip', 'rar', '7z', 'gz'))                    AS files_archive,
        TRY_CAST(sum(size_bytes) AS BIGINT)                                     AS file_bytes,
        max(size_bytes)                                                         AS largest_file_bytes
    FROM files
    GROUP BY thing_id
)
SELECT
    id,
    file_count,
    CASE WHEN named THEN COLUMNS('^files_') WHEN file_count = 0 THEN 0 END,
    CASE WHEN sized THEN file_bytes WHEN file_count = 0 THEN 0 END  AS file_bytes,
    CASE WHEN sized THEN largest_file_bytes END                    AS largest_file_bytes
FROM things
LEFT JOIN listed ON listed.thing_id = things.id
