"""Days from elsewhere: CSV tables and Apple Health exports."""
