-- How much the creator wrote; the texts were measured when they were loaded. Words lie between
-- blanks, as in text_measures.
SELECT
    id,
    length(name)                                                         AS title_length,
    len(list_filter(string_split(title, ' '), lambda word: word <> ''))  AS title_words,
    description_length,
    description_words,
    description_links,
    instructions_length,
    instructions_length > 0                                              AS instructions_given
FROM (
    SELECT
        id, name,
        replace(replace(replace(replace(name, chr(9), ' '), chr(10), ' '), chr(13), ' '),
            chr(160), ' ') AS title
    FROM things
)
LEFT JOIN text_measures ON text_measures.thing_id = id
