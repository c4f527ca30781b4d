"""How quick, how small, how exact on this machine: each number beside a rival's of the same run.

    >>> from mnist_course import benchmark
    >>> rows = [row for step in benchmark.plan(quick=True) for row in step.run()]
    >>> rich.print(benchmark.results_table(rows, benchmark.describe_machine()))

``mnist-course benchmark`` does this with a progress bar, and keeps the rows as JSON.
"""

from .frontier import PUBLISHED, plot_frontier
from .report import (
    describe_machine,
    footnotes,
    prepare_folder,
    results_markdown,
    results_table,
    write_results,
)
from .rows import Row, time_in_turn
from .steps import Step, plan

__all__ = [
    "PUBLISHED",
    "Row",
    "Step",
    "describe_machine",
    "footnotes",
    "plan",
    "plot_frontier",
    "prepare_folder",
    "results_markdown",
    "results_table",
    "time_in_turn",
    "write_results",
]
