"""What the benchmarks of live announcements, repetitions and sensor checks share."""
