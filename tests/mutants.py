"""How many small mistakes do the unit tests notice? Mutation testing of the fast modules.

    uv run --with cosmic-ray python tests/mutants.py              # all
    uv run --with cosmic-ray python tests/mutants.py images data  # some, by their names

Works on a clone in a temporary folder, so that nothing here is changed. Of each module so many
mutants are drawn by lot, with a fixed seed; those that survive are printed as differences.
"""

import random
import subprocess
import sys
import tempfile
from pathlib import Path

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import WorkerOutcome, WorkResult

ROOT = Path(__file__).parents[1]
MUTANTS = 40
MODULES = {  # module: its tests
    "preprocessing": "test_preprocessing.py",
    "data": "test_data.py",
    "_download": "test_download.py",
    "manifest": "test_manifest.py",
    "images": "test_images.py",
    "scratch": "test_scratch.py",
    "evaluation/statistics": "evaluation",
    "training/learning_rates": "training/test_learning_rates.py",
    "course/claims": "course/test_claims.py",
    "course/ladder": "course/test_ladder.py",
    "course/progress": "course/test_progress.py",
    "course/workspace": "course/test_workspace.py",
    "course/exercises/suspects": "course/test_suspects.py",
}
CONFIG = """[cosmic-ray]
module-path = "mnist_course/{module}.py"
timeout = 60.0
excluded-modules = []
test-command = "{python} -m pytest -x -q -o addopts= -p no:cacheprovider -p no:nbval tests/{tests}"
[cosmic-ray.distributor]
name = "local"
"""


def main(names: list[str]) -> None:
    chosen = [module for module in MODULES if not names or module.split("/")[-1] in names]
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        for module in chosen:
            killed, drawn, survivors = score(module, clone)
            print(survivors)
            print(f"{module}: {killed} of {drawn} mutants killed", flush=True)


def score(module: str, clone: Path) -> tuple[int, int, str]:
    """How many of the drawn mutants the tests killed, and what the others changed."""
    config, session = clone / "mutants.toml", clone / "mutants.sqlite"
    session.unlink(missing_ok=True)
    text = CONFIG.format(module=module, tests=MODULES[module], python=sys.executable)
    config.write_text(text, encoding="utf-8")
    run("cosmic-ray", "init", config, session, cwd=clone)
    skip_all_but(MUTANTS, session)
    run("cosmic-ray", "exec", config, session, cwd=clone)
    with use_db(session, WorkDB.Mode.open) as database:
        results = [r for _, r in database.results if r.worker_outcome != WorkerOutcome.SKIPPED]
    survivors = run("cr-report", "--show-diff", "--surviving-only", session, cwd=clone)
    return sum(result.is_killed for result in results), len(results), survivors


def skip_all_but(number: int, session: Path) -> None:
    with use_db(session, WorkDB.Mode.open) as database:
        items = sorted(database.pending_work_items, key=place)  # their ids are new each time
        jobs = [item.job_id for item in items]
        random.Random(9).shuffle(jobs)
        for job in jobs[number:]:
            database.set_result(job, WorkResult(worker_outcome=WorkerOutcome.SKIPPED))


def place(item) -> tuple:
    """Where in the file, and which change there."""
    mutation = item.mutations[0]
    return mutation.start_pos, mutation.operator_name, mutation.occurrence


def run(*command, cwd: Path) -> str:
    env = {"PYTHONPATH": str(cwd), "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=env, check=True, text=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    return done.stdout


if __name__ == "__main__":
    main(sys.argv[1:])
