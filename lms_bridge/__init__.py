"""The lms-bridge service."""
