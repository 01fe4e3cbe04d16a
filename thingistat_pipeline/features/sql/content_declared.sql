-- What the creator declared: licence, origin, state. The site writes a licence as "Creative
-- Commons - Attribution - Share Alike", "GNU - LGPL", "Public Domain" and the like.
SELECT
    id,
    contains(licence, 'attribution')                                 AS license_attribution,
    contains(licence, 'non-commercial')                              AS license_non_commercial,
    contains(licence, 'share alike')                                 AS license_share_alike,
    contains(licence, 'no derivatives')                              AS license_no_derivatives,
    contains(licence, 'public domain')                               AS license_public_domain,
    contains(licence, 'gpl') AND NOT contains(licence, 'lgpl')       AS license_gpl,
    contains(licence, 'lgpl')                                        AS license_lgpl,
    contains(licence, 'bsd')                                         AS license_bsd,
    contains(licence, 'all rights reserved')                         AS license_all_rights_reserved,
    allows_derivatives,
    is_derivative,
    coalesce(ancestors.n, CASE WHEN NOT is_derivative THEN 0 END)    AS ancestor_count,
    is_wip,
    is_nsfw,
    is_ai
FROM (
    SELECT *, lower(nullif(license, '')) AS licence FROM things
) AS things
LEFT JOIN (
    SELECT thing_id, count(*) AS n FROM ancestors GROUP BY thing_id
) AS ancestors ON ancestors.thing_id = things.id
