"""Forget a thing or a creator everywhere: what was written is rewritten, what follows is dropped.

First it is remembered by keyed hashes that this is forgotten (`thingiverse.forgotten`); from then
on nothing fetches it. Then every place below is brought in line with what is remembered. Each step
can be done twice, and a note (`raw/forgetting.json`) stays until all are done, so that a process
that is killed is followed by one that finishes. Every run finishes what it finds unfinished before
it does anything else.

| where it can be                                            | what is done                        |
| ---------------------------------------------------------- | ----------------------------------- |
| raw/things/<night>/plan.json: panel, retries, fingerprints | rewritten                           |
|   …/journal.jsonl(.zst): its lines, as others' ancestor,   | rewritten line by line, all other   |
|   the creator among likers                                 | lines as they were                  |
|   …/things-*.jsonl.zst: its records, ancestors, likers     | rewritten part by part              |
|   …/manifest(.earlier).json: hashes, counts, panel, frame  | rewritten last                      |
| raw/snapshots/<name>/: parts, rejects.jsonl, ids.npz,      | rewritten, the manifest last; the   |
|   manifest.json                                            | nights' plans learn the new         |
|                                                            | fingerprint before                  |
| raw/.importing-<name>/: an import broken off               | dropped; it begins anew             |
| raw/thumbnails/<night>/: manifest.json, journal.jsonl      | rewritten                           |
| raw/thumbnails/content/: pictures that no night names      | dropped                             |
| features/picture_embeddings/<network>/, picture_measures/: | rewritten: what was made of a       |
|   by the hash of a picture                                 | picture that is gone goes           |
| features/<name>/*.parquet: rows by thing, all versions     | dropped, made by the next run       |
| models/<name>/<version>/: split, likes, things, vectors,   | dropped, all versions; metrics and  |
|   and what was learned from it                             | provenance stay (they name no       |
|                                                            | thing), and the history with them   |
| models/ranking_model/.search/: journals of a search        | dropped                             |
| reports/<version>/: examples, pictures, model card         | dropped, all versions               |
| warehouse/warehouse.duckdb, its log and tmp/               | dropped and loaded anew from raw:   |
|                                                            | deleted rows live on in free blocks |
| published/*.duckdb                                         | written anew from it; when the link |
|                                                            | is turned, all others are dropped   |
| dagster/history/**.db: previews, plots, pictures, texts in | texts are struck from the events,   |
|   the metadata of events; logged messages; cached events   | numbers stay; files are compacted   |
| dagster/storage/**: output of steps run by the UI          | dropped                             |
| half-written files of runs that were killed, anywhere      | dropped                             |

What cannot be: copies outside the data folder (backups, the file a snapshot was imported from),
mentions in other people's texts, and what a reader holds that has an old file open.
"""
