"""The parts of `benchmarks.live`: a real site in a temporary folder, a load generator, the plainest handler."""
