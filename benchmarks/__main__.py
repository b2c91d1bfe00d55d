"""`python -m benchmarks [--small] [--recordings DIR ...]`: run all benchmarks, print their tables, write nothing."""

import argparse
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import bench_diagnosis, bench_engine, bench_interleave, bench_memory, bench_store, bench_worst
from benchmarks.measure import Options, Table, heading
from causeline.app.collector import look_seldom


def main(arguments: list[str]) -> None:
    """Parse the options and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Speed and memory, beside a baseline.")
    parser.add_argument("--small", action="store_true", help="small sizes: ends within a minute, numbers are rough")
    parser.add_argument(
        "--recordings", nargs="+", type=Path, default=[], metavar="DIR", help="replay these instead of those that ship"
    )
    chosen = parser.parse_args(arguments)
    options = Options(chosen.small, chosen.recordings)
    look_seldom()
    print(heading(shlex.join(["python", "-m", "benchmarks", *arguments])))
    for tables in (
        bench_diagnosis.tables,
        bench_interleave.tables,
        bench_engine.tables,
        bench_memory.tables,
        bench_worst.tables,
        _store,
    ):
        for table in tables(options):
            print(f"\n{table.text()}", flush=True)


def _store(options: Options) -> Iterator[Table]:
    rows = bench_store.run(options.small)
    table = Table("Store beside a plain SQLite table", list(bench_store.Row._fields))
    for row in rows:
        table.add(
            *(
                f"{v:,.2f}" if isinstance(v, float) and v < 100 else f"{v:,.0f}" if isinstance(v, float) else v
                for v in row
            )
        )
    yield table


if __name__ == "__main__":
    main(sys.argv[1:])
