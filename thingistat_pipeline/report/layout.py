"""Arranging blocks on the page."""

from dataclasses import replace

from thingistat_pipeline.report.blocks import Block, Figure


def present(*blocks: Block | None) -> tuple[Block, ...]:
    """Return the blocks that there are."""
    return tuple(block for block in blocks if block is not None)


def paired(blocks: list[Block]) -> list[Block]:
    """Give the last of an odd number of half-width figures the whole width."""
    halves = [block for block in blocks if isinstance(block, Figure) and block.width == "half"]
    if len(halves) % 2 == 0:
        return blocks
    lonely = halves[-1]
    return [replace(lonely, width="beside") if block is lonely else block for block in blocks]
