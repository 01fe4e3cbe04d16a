-- What the creator put into the post. length() counts Unicode code points, as Python's len() does
-- in ThingiStat's notebook; a missing text is a text of length 0 there, and so it is here.
SELECT
    id,
    coalesce(length(description), 0)  AS description_length,
    coalesce(length(instructions), 0) AS instructions_length,
    file_count,
    image_count,
    added_images_count,
    is_derivative
FROM things
