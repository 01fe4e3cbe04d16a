-- In the working file only, never published: the records of every load as they were read, so that
-- a changed or removed load can be undone without reading the others again, and for every thing
-- the loads that hold its latest state (latest.sql). The tables of the schema main are views of
-- the two; `publish` writes them out.
CREATE SCHEMA IF NOT EXISTS staging;
CREATE OR REPLACE TABLE staging.records ({columns});
CREATE OR REPLACE TABLE staging.latest (
    thing_id BIGINT,
    load VARCHAR,
    tags_load VARCHAR,
    ancestors_load VARCHAR,
    categories_load VARCHAR,
    files_load VARCHAR,
    images_load VARCHAR,
    likers_load VARCHAR,
    likers_truncated BOOLEAN
);
CREATE OR REPLACE TABLE staging.fingerprint (fingerprint VARCHAR);
INSERT INTO staging.fingerprint VALUES ($fingerprint);
