"""Patterns of addresses as people write them: exact, or with * for any run of characters."""


def matches(pattern: str, address: str) -> bool:
    """Whether an address is one that the pattern means. Time grows with the lengths only, whatever is written."""
    first, *rest = pattern.split("*")
    if not rest:
        return address == pattern
    *middle, last = rest
    if not address.startswith(first) or not address.endswith(last) or len(address) < len(first) + len(last):
        return False
    place, end = len(first), len(address) - len(last)
    for part in middle:
        place = address.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True
