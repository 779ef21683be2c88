"""The competence register: who meets which requirement, until when, and by what evidence."""
