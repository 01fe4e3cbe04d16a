-- Which thing is under which licence.
SELECT id AS thing_id, license AS licence FROM things WHERE license <> ''
