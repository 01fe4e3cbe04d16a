"""The reference's side: every file into memory, one after the other."""

import json

from benchmarks.stage import Facts, Inputs, Task
from thingistat_pipeline_tests.generators.thingipano import DESIGNS, USERS


def prepare(inputs: Inputs) -> Task:
    """List the files."""
    designs = sorted((inputs.designs / DESIGNS).glob("*.json"))
    users = sorted((inputs.designs / USERS).glob("*.json"))

    def work() -> dict[str, int]:
        counts = {"rows": 0, "gone": 0, "moderated": 0}
        for path in designs:
            for design in json.loads(path.read_text(encoding="utf-8")):
                counts["rows"] += 1
                counts["gone"] += bool(design.get("404"))
                counts["moderated"] += bool(
                    design.get("notice_moderation") or design.get("notice_violation")
                )
        for path in users:
            json.loads(path.read_text(encoding="utf-8"))
        return counts

    def facts(counts: dict[str, int]) -> Facts:
        return {**counts, "bytes": sum(path.stat().st_size for path in (*designs, *users))}

    return Task(work, facts)
