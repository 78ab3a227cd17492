"""Benchmarks: the product against a floor or a limit in the same run. `python -m bench NAME [--json]`."""
