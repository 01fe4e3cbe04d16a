"""What each step of a stage without a reference took."""

import time
from typing import Any

from benchmarks.side import cpu_seconds, peak_mib


class Steps:
    """What each step took; a step ends where the next begins, and may go on later."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self._cpu, self._wall = cpu_seconds(), time.perf_counter()

    def end(self, title: str) -> float:
        """Note a step that has just ended, with the peak of the process so far; return its CPU."""
        cpu, wall = cpu_seconds(), time.perf_counter()
        used = {"cpu_seconds": cpu - self._cpu, "wall_seconds": wall - self._wall}
        self._cpu, self._wall = cpu, wall
        for step in self.taken:
            if step["title"] == title:
                step.update({name: step[name] + seconds for name, seconds in used.items()})
                step["peak_mib"] = peak_mib()
                break
        else:
            self.taken.append({"title": title, **used, "peak_mib": peak_mib()})
        return used["cpu_seconds"]
