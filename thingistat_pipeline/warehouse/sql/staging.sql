-- In the working file only, never published: the records of every load as they were read, so that
-- a changed or removed load can be undone without reading the others again.
CREATE SCHEMA IF NOT EXISTS staging;
CREATE OR REPLACE TABLE staging.records ({columns});
CREATE OR REPLACE TABLE staging.fingerprint (fingerprint VARCHAR);
INSERT INTO staging.fingerprint VALUES ($fingerprint);
