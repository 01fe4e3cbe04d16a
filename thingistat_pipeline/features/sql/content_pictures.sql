-- Pictures that the creator uploaded against those that the site drew of the files. The path does
-- not tell them apart: until August 2019 the site kept reduced pictures of both kinds under
-- /renders/, since then both under /assets/. What tells: the site names its drawing after the file
-- (part.stl gives part.png, part.jpg or an address ending in part.stl). From about 2015 to 2019
-- addresses hold 32 digits instead of a name; those tell nothing.
-- Names are compared as 64-bit hashes of thing and stem, which join twice as fast as texts; among a
-- million pictures, two that differ fall together once in ten million data sets.
WITH drawings AS (
    SELECT hash(thing_id, parse_filename(name, true)) AS mark FROM files WHERE name IS NOT NULL
),
shown AS (
    SELECT
        thing_id,
        false AS is_thumbnail,
        parse_filename(coalesce(
            name,
            regexp_replace(url, '_(thumb|preview|display)_[a-z]+(\.[a-z]+)$', '\2', 'i')
        ), true) AS stem
    FROM images
    UNION ALL
    SELECT
        id,
        true,
        replace(replace(replace(replace(parse_filename(thumbnail, true),
            'large_display_', ''), '_display_large', ''),
            'medium_thumb_', ''), '_thumb_medium', '')
    FROM things
),
judged AS (
    SELECT
        thing_id,
        is_thumbnail,
        hash(thing_id, stem) IN (SELECT mark FROM drawings)            AS drawn,
        coalesce(NOT regexp_full_match(stem, '[0-9a-f]{32}'), false)   AS named
    FROM shown
),
pictures AS (
    SELECT
        thing_id,
        count(*) FILTER (NOT is_thumbnail)                      AS listed,
        count(*) FILTER (NOT is_thumbnail AND drawn)            AS drawn,
        count(*) FILTER (NOT is_thumbnail AND (drawn OR named)) AS told,
        bool_or(drawn) FILTER (is_thumbnail)                    AS thumbnail_drawn,
        bool_or(named) FILTER (is_thumbnail)                    AS thumbnail_named
    FROM judged
    GROUP BY thing_id
),
known AS (
    SELECT
        *,
        file_count = 0 OR id IN (SELECT thing_id FROM files)    AS files_known,
        contains(thumbnail, '/img/default/')                    AS thumbnail_is_placeholder
    FROM (SELECT id, thumbnail, file_count, image_count, added_images_count FROM things)
)
SELECT
    id,
    image_count,
    added_images_count,
    CASE
        WHEN image_count = 0 THEN 0
        WHEN listed > 0 AND told = listed AND files_known THEN listed - drawn
    END AS photo_count,
    CASE
        WHEN image_count = 0 THEN 0
        WHEN listed > 0 AND told = listed AND files_known THEN drawn
    END AS render_count,
    thumbnail_is_placeholder,
    CASE
        WHEN thumbnail_is_placeholder THEN NULL
        WHEN thumbnail_drawn THEN true
        WHEN regexp_matches(thumbnail, '\.(stl|obj|scad|3mf)$', 'i') THEN true
        WHEN NOT thumbnail_named THEN NULL
        WHEN files_known THEN false
        WHEN regexp_matches(thumbnail, '/assets/.*\.jpe?g$', 'i') THEN false
    END AS thumbnail_is_render
FROM known
JOIN pictures ON pictures.thing_id = known.id
