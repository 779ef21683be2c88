"""The certification's nine launches of a teacher and nine of a student: each opens the module."""

import json
from typing import Any

import pytest

from tests.support.lti_launches import Lms, course_of
from tests.support.lti_platform import CLAIM, INSTRUCTOR, LEARNER, MEMBERSHIP

UNKNOWN = "http://purl.imsglobal.org/vocab/lis/v2/unknown/unknown#Helper"
PERSON = ("name", "given_name", "family_name", "email")
ANONYMOUS: dict[str, Any] = dict.fromkeys(PERSON)


def launches(role: str, second: str) -> dict[str, dict[str, Any]]:
    return {
        "Valid LTI 1.3 Launch": {CLAIM + "roles": [role]},
        "Valid Launch with Multiple Roles": {CLAIM + "roles": [role, second]},
        "Valid Launch with Short Role": {CLAIM + "roles": [role.partition("#")[2]]},
        "Valid Launch with Unknown Role": {CLAIM + "roles": [UNKNOWN]},
        "Valid Launch with No Role": {CLAIM + "roles": []},
        "Valid Email Only": ANONYMOUS | {"email": "someone@fjordvik.example"},
        "Valid Names Only": {"email": None},
        "Valid No PII": ANONYMOUS,
        "Valid Launch with No Context Claim": {CLAIM + "context": None},
    }


TEACHER = launches(INSTRUCTOR, f"{MEMBERSHIP}/Instructor#TeachingAssistant")
STUDENT = launches(LEARNER, "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student")


@pytest.mark.parametrize("title", TEACHER)
def test_teacher(lms: Lms, title: str):
    assert json.loads(course_of(lms.launch(**TEACHER[title], sub="17"))["actor"])["account"] == {
        "homePage": lms.platform.issuer,
        "name": "17",
    }


@pytest.mark.parametrize("title", STUDENT)
def test_student(lms: Lms, title: str):
    assert json.loads(course_of(lms.launch(**STUDENT[title]))["actor"])["account"]["name"] == "4711"
