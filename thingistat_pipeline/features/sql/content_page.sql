-- How the page is laid out, from the HTML of all its sections, measured when it was loaded. Print
-- settings come from their own column, and where that is unknown from the page (snapshots have
-- only the page).
SELECT
    id,
    page_length,
    section_count,
    heading_count,
    list_item_count,
    link_count,
    inline_image_count,
    names_youtube,
    len(settings)                                                       AS print_setting_count,
    len(settings) > 0                                                   AS print_settings_given,
    list_contains(settings, 'supports')                                 AS supports_given,
    list_contains(settings, 'rafts')                                    AS rafts_given,
    list_contains(settings, 'resolution')                               AS resolution_given,
    list_contains(settings, 'infill')                                   AS infill_given,
    CASE lower(print_settings['supports']) WHEN 'yes' THEN true WHEN 'no' THEN false END
        AS needs_supports,
    CASE lower(print_settings['rafts']) WHEN 'yes' THEN true WHEN 'no' THEN false END
        AS needs_rafts
FROM (
    SELECT
        id, print_settings, text_measures.* EXCLUDE (thing_id),
        coalesce(map_keys(print_settings), page_settings) AS settings
    FROM things
    LEFT JOIN text_measures ON text_measures.thing_id = id
)
