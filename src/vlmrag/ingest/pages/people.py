"""Lists of people as reference lists and title pages print them, whatever the order of given names and surnames."""

from __future__ import annotations

import re

_PARTICLE = (
    r"(?:van|von|de|der|den|del|della|di|da|do|dos|das|du|la|le|el|al|bin|ibn|ten|ter|zu|zur|af|st\.?|d['’]|Van|Von|De)"
)
_UPPER = r"[A-ZÀ-ÖØ-ÞĀ-ĮİŁ-ŇŌ-ŽΑ-ΩА-Я]"
_WORD = rf"(?:[dlODL]['’])?{_UPPER}[\w'’´`¨ˇ-]*"
SURNAME = rf"(?:{_PARTICLE}\s?)*{_WORD}(?:[ -](?:{_PARTICLE} )*{_WORD}){{0,2}}"
INITIALS = rf"(?:{_UPPER}[a-z]?\.(?:-?\w\.)*(?:\s?-?(?:{_UPPER}[a-z]?|[a-z])\.(?:-\w\.)*){{0,4}})"
_SUFFIX = r"(?:,?\s(?:Jr|Sr|II|III|IV)\b\.?)?"
SEPARATOR = r"(?:\s*[,;]\s*(?:(?:and|und|et|y)\s+|&\s*)?|\s+(?:and|und|et|y)\s+|\s*&\s*)"
ET_AL = r"(?:\s*[,;]?\s*(?:and\s+)?(?:et\.?\s+al\b\.?|others\b\.?))"
_SURNAME_FIRST = rf"{SURNAME}{_SUFFIX},\s?{INITIALS}{_SUFFIX}"
_INITIALS_FIRST = rf"{INITIALS}\s?{SURNAME}{_SUFFIX}"
_BARE_INITIALS = rf"{SURNAME}\s[A-Z]{{1,3}}(?![\w.])"

SURNAMES_FIRST = re.compile(
    rf"(?:{_SURNAME_FIRST})(?:{SEPARATOR}(?:[a-z]{{2,6}}\s)?(?:{_SURNAME_FIRST}))*{ET_AL}?(?:\s*\([Ee]ds?\.\))?"
)
"""`Stone, A. B., Li, C., and Wu, D.`: the last initial's full stop may end the sentence too."""
INITIALS_FIRST = re.compile(rf"(?:{_INITIALS_FIRST})(?:{SEPARATOR}(?:{_INITIALS_FIRST}))*{ET_AL}?")
"""`A. B. Stone, C. Li and D. Wu`."""
BARE_INITIALS = re.compile(rf"(?:{_BARE_INITIALS})(?:{SEPARATOR}(?:{_BARE_INITIALS}))*{ET_AL}?(?=[.:,])")
"""`Stone AB, Li C, Wu D`."""
_HAN_NAME = re.compile(r"[\u3400-\u9fff·]{2,6}(?:等)?|等|et al")
PERSON = re.compile(
    rf"(?:{INITIALS}[\s-]*)*(?:(?:{_PARTICLE}|{INITIALS}|{_WORD}|-?{_UPPER})(?:[\s-]+|(?<=['’.])|$)){{1,7}}{_SUFFIX}"
)
_ODD_PERSON = re.compile(rf"{_UPPER}[^\d\s]*(?:\s[^\d\s]+){{1,4}}")
"""A name with a part in small letters, believed among others: `Min xiang Wu`."""
_SPLIT = re.compile(rf"{SEPARATOR}|\s*[、，；]\s*")
_TAIL = re.compile(
    rf"{ET_AL}\s*$|\s*\((?:[Ee]ds?\.?|editors?)\)\s*$|[,;]?\s*(?:editors?|[Ee]ds?\.)\s*$|[,，]?\s*等\s*$"
)


def are_people(words: str) -> bool:
    """Whether words can be a list of people or the name of a group: every part is written as names are."""
    words = _TAIL.sub("", words.strip()).strip(" ,;.")
    parts = _split(words)
    odd = [part for part in parts if not (PERSON.fullmatch(part) or _HAN_NAME.fullmatch(part))]
    return bool(parts) and len(odd) <= len(parts) // 4 and all(_ODD_PERSON.fullmatch(part) for part in odd)


def split_people(words: str) -> tuple[str, ...]:
    """Return the people of a list, each as printed: `Stone, A. B.`, `Cy Wu`; "et al." and editors' marks left out."""
    words = _TAIL.sub("", words.strip()).strip(" ,;:")
    if SURNAMES_FIRST.fullmatch(words) or SURNAMES_FIRST.fullmatch(words + "."):
        return tuple(
            match[0].strip() for match in re.finditer(_SURNAME_FIRST, words if words[-1] == "." else words + ".")
        )
    parts = words.split(" and ")
    if len(parts) > 1 and all(part.count(",") == 1 for part in parts):
        return tuple(part.strip() for part in parts)  # as BibTeX has them
    people = _split(words.rstrip("."))
    if len(people) > 1 and " " not in people[0] and re.fullmatch(rf"{_WORD}, {_WORD}.*", words, re.DOTALL):
        people[:2] = [f"{people[0]}, {people[1]}"]  # `Stone, Ada, Cy Wu`: the first is turned round
    return tuple(people)


def _split(words: str) -> list[str]:
    return [part.strip(" ,") for part in _SPLIT.split(words) if part.strip(" ,")]
