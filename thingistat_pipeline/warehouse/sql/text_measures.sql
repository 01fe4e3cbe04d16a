-- A relation with the texts of things, and beside them what can be counted in these.
--
-- length() counts Unicode code points, as Python's len() does in ThingiStat's notebook; a missing
-- text is one of length 0 there, and so it is here. Words lie between blanks: space, tab, line
-- ends, no-break space. (A regular expression counts the same at four times the cost.) The heading
-- that the site sets over each section of the page bears the class thing-component-header; other
-- headings are the creator's. A print setting bears the class detail-setting and its name, in
-- escaped markup too.
SELECT
    * EXCLUDE (said),
    coalesce(length(description), 0)                                     AS description_length,
    coalesce(len(list_filter(string_split(said, ' '), lambda word: word <> '')), 0)
        AS description_words,
    coalesce(len(string_split(description, '://')) - 1, 0)               AS description_links,
    coalesce(length(instructions), 0)                                    AS instructions_length,
    strlen(details)                                                      AS page_length,
    len(string_split(details, '<h1 class="thing-component-header')) - 1  AS section_count,
    CASE WHEN details IS NOT NULL THEN greatest(
        len(regexp_extract_all(details, '</h[1-6]>'))
            - len(string_split(details, '<h1 class="thing-component-header')) + 1,
        0
    ) END                                                                AS heading_count,
    len(string_split(details, '<li>')) - 1                               AS list_item_count,
    len(string_split(details, '<a ')) - 1                                AS link_count,
    len(string_split(details, '<img ')) - 1                              AS inline_image_count,
    contains(details, 'youtu')                                           AS names_youtube,
    CASE
        WHEN contains(details, 'class="detail-setting ')
        THEN regexp_extract_all(details, 'class="detail-setting ([a-z_-]*)', 1)
        WHEN details IS NOT NULL THEN []
    END                                                                  AS page_settings
FROM (
    SELECT
        *,
        replace(replace(replace(replace(
            description, chr(9), ' '), chr(10), ' '), chr(13), ' '), chr(160), ' ') AS said
    FROM ({texts})
)
