-- The language of the description, by vote: that of which most different little words stand in the
-- first 120 characters, if there are two at least and no other language has as many.
WITH little_words(language, words) AS (
    VALUES
        ('english', ['the', 'and', 'is', 'for', 'this', 'with', 'you', 'of', 'to', 'it']),
        ('german', ['und', 'der', 'die', 'das', 'ist', 'mit', 'für', 'ein', 'nicht', 'auf']),
        ('french', ['le', 'les', 'des', 'pour', 'une', 'est', 'et', 'dans', 'avec', 'sur']),
        ('spanish', ['el', 'los', 'para', 'una', 'por', 'del', 'que', 'las', 'con', 'es']),
        ('italian', ['il', 'per', 'di', 'che', 'della', 'sono', 'una', 'con', 'nel', 'questo']),
        ('portuguese', ['os', 'para', 'uma', 'não', 'com', 'em', 'do', 'da', 'que', 'por']),
        ('dutch', ['het', 'een', 'van', 'voor', 'met', 'de', 'niet', 'op', 'zijn', 'is'])
),
known AS (SELECT language, unnest(words) AS word FROM little_words),
met AS (
    SELECT
        id,
        unnest(string_split(replace(lower(left(description, 120)), chr(10), ' '), ' ')) AS word
    FROM things
),
votes AS (
    SELECT id, language, count(DISTINCT word) AS votes
    FROM met
    JOIN known USING (word)
    GROUP BY id, language
    HAVING count(DISTINCT word) >= 2
),
ranked AS (
    SELECT id, arg_max(language, votes) AS language, max(votes, 2) AS best
    FROM votes
    GROUP BY id
)
SELECT
    things.id,
    language = 'english'     AS language_english,
    language = 'german'      AS language_german,
    language = 'french'      AS language_french,
    language = 'spanish'     AS language_spanish,
    language = 'italian'     AS language_italian,
    language = 'portuguese'  AS language_portuguese,
    language = 'dutch'       AS language_dutch
FROM things
LEFT JOIN ranked ON ranked.id = things.id AND best[1] IS DISTINCT FROM best[2]
