"""What the benchmarks share: a centre of real processes, its devices, and the databases it runs on."""
