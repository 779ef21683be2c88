"""Packages for learning management systems: SCORM 1.2, SCORM 2004, cmi5, xAPI, plain web."""
