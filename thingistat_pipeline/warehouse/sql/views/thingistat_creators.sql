SELECT
    id, name, first_name, last_name, public_url,
    count_of_followers, count_of_following, count_of_designs, accepts_tips::INTEGER AS accepts_tips,
    location
FROM main.creators
