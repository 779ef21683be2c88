"""Every test here may launch from an LMS that is connected to Fjordvik."""

from tests.support.lti_launches import lms, module_id, settings

__all__ = ["lms", "module_id", "settings"]
