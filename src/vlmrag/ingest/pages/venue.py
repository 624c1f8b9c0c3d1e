"""Where a paper appeared, as a line at the edge of its first page says."""

from __future__ import annotations

import re

from vlmrag.ingest.fields import find_venues
from vlmrag.ingest.pages.unbroken import mend

_PUBLISHED = re.compile(
    r"(?:published|accepted|to appear|appear(?:s|ing|ed)?|presented)\b.{0,60}?\b(?:at|in|to|by|for)\s+(?P<name>.+)",
    re.IGNORECASE | re.DOTALL,
)
_OPEN_ACCESS = re.compile(
    r".{0,12}this (?P<name>[A-Z]{2,10}) (?:\d{4} )?(?:workshop )?paper is the open access version", re.I
)
_PROCEEDINGS = re.compile(
    r"(?:in\s*:?\s*)?(?P<name>(?:proceedings of|findings of|advances in neural)\b.+)", re.IGNORECASE | re.DOTALL
)
_NUMBERED = re.compile(
    r"(?P<name>(?:\d{1,3}(?:st|nd|rd|th)|(?:19|20)\d\d)\s"
    r"(?:IEEE|ACM|AAAI|USENIX|Annual|International|Conference|European|Workshop|Asian|Joint|Computer|Symposium).+)",
    re.DOTALL,
)
_ACM = re.compile(r"(?P<name>[A-Z][A-Za-z&]{1,14}(?:\s[A-Z][A-Za-z]+)?\s?[’']\s?\d\d)\s?,\s.*(?:19|20)\d\d", re.DOTALL)
_JOURNAL = re.compile(
    r"(?P<name>(?:IEEE|ACM|(?:international )?journal|transactions)\b[^,;\d]{4,90}?)[,.]?\s+"
    r"(?:vol|volume|\d{1,4}\s?[(:;,]|\((?:19|20)\d\d)",
    re.IGNORECASE,
)
_DATED_JOURNAL = re.compile(r"(?P<name>[A-Z][A-Za-z&: ]{3,60})\.\s+(?:19|20)\d\d\s?;\s?\d")
_BRACKETED = re.compile(r"\(([A-Z][A-Za-z]{2,10}\s?(?:[’']\d\d|(?:19|20)\d\d)?)\)")
_END = re.compile(
    r",?\s(?:pages?|pp\.?|vol(?:ume)?\.?)\s\d|,\s(?=PMLR|[A-Z][\w.' -]+,\s[A-Z])|[,.]?\s\(?(?:19|20)\d\d\)?[.,]?\s*"
    r"|[.,]\s*(?:copyright|©)|\.\s",
    re.IGNORECASE,
)
_UNPUBLISHED = re.compile(r"under review|submitted|preprint", re.IGNORECASE)


def name_venue(line: str) -> str:
    """Return the conference or journal that a line names as the place of publication; empty where it names none."""
    text = mend(line)
    if _UNPUBLISHED.match(text):
        return ""
    if match := _ACM.match(text) or _OPEN_ACCESS.match(text) or _DATED_JOURNAL.match(text) or _JOURNAL.match(text):
        return match["name"].strip(" ,.")
    if match := _PUBLISHED.match(text):
        known = find_venues(match["name"], 0, len(match["name"]))
        return known[0].value if known else ""
    if match := _PROCEEDINGS.match(text) or _NUMBERED.match(text):
        name = match["name"]
        if short := _BRACKETED.search(name):
            return short[1]
        end = _END.search(name, 8)
        return name[: end.start() if end else len(name)].strip(" ,.")
    return ""
