"""The languages that modules are written in, each by its own name."""

from ..web.i18n import LANGUAGES

NAMES = {
    **LANGUAGES,
    "da": "Dansk",
    "fi": "Suomi",
    "is": "Íslenska",
    "fo": "Føroyskt",
    "se": "Davvisámegiella",
    "smj": "Julevsámegiella",
    "sma": "Åarjelsaemien gïele",
    "fkv": "Kvääni",
    "fit": "Meänkieli",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "pt": "Português",
    "pl": "Polski",
    "lt": "Lietuvių",
    "lv": "Latviešu",
    "et": "Eesti",
    "ro": "Română",
    "uk": "Українська",
    "ru": "Русский",
    "tr": "Türkçe",
    "ar": "العربية",
    "fa": "فارسی",
    "ckb": "کوردی",
    "so": "Soomaali",
    "ti": "ትግርኛ",
    "th": "ไทย",
    "vi": "Tiếng Việt",
    "tl": "Tagalog",
}


def language_name(code: str) -> str:
    """What speakers call the language with this BCP 47 code; the code where it is none of these."""
    return NAMES.get(code, code)
