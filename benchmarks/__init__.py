"""Speed and memory, each beside a baseline of the same run: `python -m benchmarks`. results.md keeps one run."""
