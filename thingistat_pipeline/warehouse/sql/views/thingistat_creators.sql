SELECT
    id, name, first_name, last_name, public_url,
    count_of_followers, count_of_following, count_of_designs, accepts_tips::INTEGER, location
FROM main.creators
