"""Moodle (KS Læring): modules are put into its courses, and results come back, by push and by pull."""
