"""Titles and names: what reads like the title of a paper, what like a name, and how a line divides into both."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vlmrag.ingest.fields import Span, find_arxiv, find_dates, find_links, find_venues
from vlmrag.ingest.words import word_set
from vlmrag.language.fold import fold, name_key
from vlmrag.language.patterns import compile_later

_MARKUP = compile_later(r"\*{1,3}|_{2,3}|`+|~~|</?[a-zA-Z][^<>]{0,200}>|\\(?=[*_`\[\]()#%&$])")
_MARKDOWN_LINK = compile_later(r"!?\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*\)")
_EDGE = " \t\u3000*_`~#|\\:：,，;；-–—.。\"'“”‘’《》「」『』\ufeff\ufe0f"
_EDGE_TAG = compile_later(r"</?(?!a\b)[a-zA-Z][^<>]{0,200}>")
_NUMBERING = compile_later(r"[\s*_]*(?:\d{1,2}(?:\.\d{1,2})+\.?\s|\[\d{1,3}\]|[(（]\d{1,3}[)）]|\d{1,3}[.)、]\s)\s*")
_TAG = compile_later(r"[\s*_]*\[([^\[\]\n]{1,40})\](?!\()[\s:：]*")
_DIVIDER = compile_later(r"\s*[:：]\s*|\s+[-–—]{1,3}\s+")
_TOKEN = compile_later(r"[A-Za-zÀ-ɏͰ-Ͽ0-9+²³₀-₉^.']+(?:[-–/‐][A-Za-zÀ-ɏͰ-Ͽ0-9+²³₀-₉^.']+)*")
_WORD = compile_later(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ'’-]*")
_HAN = compile_later(r"[\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af]")
_FIRST_PERSON = compile_later(r"\b(?:I|me|my|we|our|us|you|your|it's|don't|can't)\b")
_INNER_PARENS = compile_later(r"^(.{2,60}?)\s*[(（]([A-Za-z][\w+.-]{1,20})[)）]$")
_WIKI_LINK = compile_later(r"\[\[([^\[\]|\n]+)(?:\|([^\[\]\n]+))?\]\](?!\()")
_LED_NAME = compile_later(r"\s*(\*\*|`|__)([^*`_\n]{2,48})\1[\s,]+(?=[A-Z])")
"""A name in bold or code, and behind it a title."""
_DESCRIBED = compile_later(r"([^,，]{2,48})[,，]\s*(?=[a-z])(an?\s|the\s)?")
"""A name, a comma, and what it is."""
_CUT = compile_later(r"[.,，。;；]?[*_`\")\]”]{0,3}(?:[.,，。;；]|(?<=[*_`\")”]))[*_]{0,2}\s+[*_`(\[]{0,3}(?=\S)")
_PIECE = compile_later(r"[^.,，。;；()（）\[\]*_`]+")
_END_PAREN = compile_later(r"\s*[(（\[【]([^()（）\[\]【】]{4,60})[)）\]】][\s.。*_]*$")
_PERSON = compile_later(r"[A-ZÀ-Þ][\w'’.-]*(?:\s+(?:[a-z]{2,3}\s+)?[A-ZÀ-Þ][\w'’.-]*){1,3}")
_LONGEST_NAME = 48


@dataclass(frozen=True, slots=True)
class Heading:
    """What a line calls a work: each a span of the text, or None."""

    name: Span | None
    title: Span | None
    aliases: tuple[Span, ...] = ()


def plain(text: str, start: int, end: int) -> str:
    """Return the words of a span without its markup."""
    words = _MARKDOWN_LINK.sub(r"\1", text[start:end])
    words = _WIKI_LINK.sub(lambda link: link[2] or link[1], words) if "[[" in words else words
    words = _MARKUP.sub("", words)
    return re.sub(r"\s+", " ", words).strip()


def trim(text: str, start: int, end: int, edge: str = _EDGE) -> Span:
    """Return the span without the markup and punctuation at its edges; a bracket is kept with its partner."""
    while start < end and (text[start] in edge or text[start] == "<"):
        tag = _EDGE_TAG.match(text, start, end)
        if text[start] == "<" and tag is None:
            break
        start = tag.end() if tag else start + 1
    while (
        start < end
        and text[end - 1] == ">"
        and (tag := _EDGE_TAG.match(text, max(start, text.rfind("<", start, end)), end))
    ):
        end = tag.start()
    while start < end and (
        text[end - 1] in edge or text[end - 1] in "(（[【" or (text[end - 1] in ")）]】" and _unpaired(text[start:end]))
    ):
        end -= 1
    while start < end and text[start] in "(（[【" and _unpaired(text[start:end], opening=True):
        start += 1
    wiki = _WIKI_LINK.fullmatch(text, start, end) if text.startswith("[[", start) else None
    return wiki.span(1) if wiki else (start, end)


def _unpaired(words: str, *, opening: bool = False) -> bool:
    opened = sum(words.count(char) for char in "(（[【")
    closed = sum(words.count(char) for char in ")）]】")
    return opened > closed if opening else closed > opened


def is_name(words: str) -> bool:
    """Whether words look like a name: few, and one of them coined (`LaViT`, `BLIP-2`, `X-LLM`)."""
    words = plain(words, 0, len(words)).strip(_EDGE)
    if not 2 <= len(words) <= _LONGEST_NAME or _HAN.search(words) or re.search(r"[,;!?@=<>{}\\]|://", words):
        return False
    tokens = words.split()
    if len(tokens) > 4 or fold(words) in word_set("not_names") or "et al" in words:
        return False
    if re.fullmatch(r"[vV]?\d[\d.]*(?:x|\.x)?", words):
        return False
    if fold(tokens[0]) in word_set("venues"):
        return False
    coined = [token for token in tokens if is_coined(token)]
    return bool(coined) and all(is_coined(t) or t[:1].isupper() or t[:1].isdigit() or len(t) <= 3 for t in tokens)


def is_coined(token: str) -> bool:
    """Whether one word was made to be a name: capitals inside, digits with letters, an odd part after a hyphen."""
    token = token.strip("()（）[]\"'.,:;")
    if fold(token) in word_set("not_names") or not re.search(r"[A-Za-zͰ-Ͽ]", token):
        return False
    if re.fullmatch(r"[A-Za-z0-9Ͱ-Ͽ][\w+.^-]*", token) is None:
        return False
    parts = [part for part in re.split(r"[-‐–]", token) if part]
    if any(_is_odd(part) for part in parts):
        return True
    if len(parts) < 2 or sum(char.isupper() for char in token) < 2:
        return False
    plain_words = word_set("topic_words") | word_set("plain_parts")
    return any(len(part) == 1 for part in parts) or not any(fold(part) in plain_words for part in parts)


def _is_odd(part: str) -> bool:
    """Whether a word without hyphens is no plain word: `LaViT`, `mPLUG`, `GPT4o`, `CLIP`."""
    capitals = sum(char.isupper() for char in part)
    inner = any(char.isupper() for char in part[1:])
    digits = any(char.isdigit() or char in "+₀₁₂₃₄₅₆₇₈₉" for char in part)
    letters = any(char.isalpha() for char in part)
    return letters and ((inner and (capitals >= 2 or part[0].islower())) or (digits and len(part) >= 2))


def is_people(words: str) -> bool:
    """Whether words are a list of people: "Ada Stone, Bo Li and Chen Wu", "Ada Stone et al."."""
    if re.search(r"\bet al\b", words):
        return True
    parts = [part for part in re.split(r",\s*(?:and\s+)?|\s+and\s+|\s*[;；、，&]\s*", words.strip(_EDGE)) if part]
    return len(parts) >= 2 and all(_PERSON.fullmatch(part.strip(" *†‡§\\0123456789")) for part in parts)


def is_title(words: str, *, strict: bool = False) -> bool:
    """Whether words read like the title of a paper in English.

    `strict`: nothing else speaks for it (a task in a list), so that it must use the words of the field.
    """
    words = plain(words, 0, len(words)).strip(_EDGE)
    latin = _WORD.findall(words)
    if not 3 <= len(latin) <= 30 or len(words) > 260 or len(_HAN.findall(words)) > 2:
        return False
    if (
        (fold(latin[0]) in word_set("errand_openings") and not _is_headline(latin))
        or _FIRST_PERSON.search(words)
        or "://" in words
        or "|" in words
        or "{{" in words
        or "{%" in words
    ):
        return False
    if is_people(words):
        return False
    if re.search(r"[.。;；!！]\s+\S", words) or words.count(",") > 5:
        return False
    topics = sum(fold(word) in word_set("topic_words") or _has_topic_part(word) for word in latin)
    named = bool(re.match(r"[^:：]{2,40}[:：]\s*\S", words)) or is_coined(words.split()[0].rstrip(":："))
    if strict:
        return topics >= (1 if named else 2) and sum(len(word.split("-")) for word in latin) >= 4
    capitalised = sum(word[0].isupper() for word in latin)
    return topics >= 1 or capitalised >= 0.6 * len(latin)


def _is_headline(words: list[str]) -> bool:
    """Whether words are written as titles are, so that "Look Before You Leap" is no errand."""
    return len(words) >= 4 and all(word[0].isupper() for word in words if len(word) > 3)


def _has_topic_part(word: str) -> bool:
    return "-" in word and any(fold(part) in word_set("topic_words") for part in word.split("-"))


def is_link_word(text: str, span: Span) -> bool:
    """Whether the words of a link say what it leads to ("paper", "code"), not what the work is called."""
    return fold(plain(text, *span)).strip(_EDGE + "[]") in word_set("link_words")


def cut_tail(text: str, start: int, end: int, *, people: bool = False) -> int:
    """Return where a name or title ends that people, a venue or a date follow: `Title. *Ada Stone.* ICML 2023.`.

    `people`: where a list of people ends instead.
    """
    for cut in _CUT.finditer(text, start, end):
        head = text[slice(*trim(text, start, cut.start()))]
        if (
            _unpaired(head, opening=True)
            or is_people(head) != people
            or not (people or is_name(head) or is_title(head))
        ):
            continue
        piece = _PIECE.match(text, cut.end(), end)
        if piece and (_is_origin(text, *piece.span()) or _begins_people(text[piece.start() : end])):
            return cut.start()
    return end


def _is_origin(text: str, start: int, end: int) -> bool:
    """Whether a few words are little else than a venue, a date or a mark of arXiv."""
    words = text[start:end].strip()
    found = [*find_venues(text, start, end), *find_dates(text, start, end)]
    if fold(words).startswith(("arxiv", "preprint", "corr ")) and len(words) <= 40:
        return True
    return any(f.start - start <= 2 and f.end - f.start >= 0.5 * len(words) for f in found)


def _begins_people(words: str) -> bool:
    people = re.split(r"[.;*_`(（\[]", words, maxsplit=1)[0]
    return is_people(people) and not is_name(people)


def without_origin(text: str, start: int, end: int) -> int:
    """Return where a line ends without the venue, date or id in brackets that closes it."""
    match = _END_PAREN.search(text, start, end) if text[end - 1 : end] in ")）]】*_. " else None
    if match is None or match.start() <= start + 1:
        return end
    inside = match.span(1)
    return match.start() if _is_origin(text, *inside) or find_arxiv(text, *inside) else end


def read_heading(text: str, start: int, end: int) -> Heading:
    """Divide a line such as `[1] NAME: Title`, `NAME - Title`, `[NAME] Title`, `NAME (Full Name)` or `Title`."""
    numbering = _NUMBERING.match(text, start, end)
    start = numbering.end() if numbering else start
    marked = start - len(text[max(0, start - 2) : start]) + len(text[max(0, start - 2) : start].rstrip("*`"))
    led = _LED_NAME.match(text, marked, end)
    if led and is_name(led[2]) and is_title(text[led.end() : end]):
        return Heading(led.span(2), trim(text, led.end(), end))
    start, end = trim(text, start, end)
    start, end = trim(text, start, without_origin(text, start, end))
    tag = _TAG.match(text, start, end)
    if tag and tag.end() < end and is_title(text[tag.end() : end]):
        return Heading(tag.span(1), trim(text, tag.end(), end))
    divider = _DIVIDER.search(text, start, end)
    if divider:
        head, tail = trim(text, start, divider.start()), trim(text, divider.end(), end)
        if head[0] < head[1] and tail[0] < tail[1] and _may_be_name(text[slice(*head)]):
            name, aliases = _split_parens(text, *head)
            described = not divider[0].strip(" -–—") and text[tail[0]].islower()
            if not described and len(_WORD.findall(text[slice(*tail)])) >= 2 and not _HAN.search(text[slice(*tail)]):
                return Heading(name, (start, end), aliases)
            return Heading(name, None, aliases)
    comma = _DESCRIBED.match(text, start, end)
    if comma and _is_described(text, comma, end):
        return Heading(trim(text, *comma.span(1)), None)
    name, aliases = _split_parens(text, start, end)
    words = text[slice(*name)]
    if len(split_names(text, start, end)) > 1:
        return Heading((start, end), None)
    if is_name(words) or (aliases and is_name(text[slice(*aliases[0])])):
        return Heading(name, None, aliases)
    return Heading(None, (start, end) if end > start else None)


def _is_described(text: str, match: re.Match[str], end: int) -> bool:
    """Whether a comma parts a name from what it is: `KiwiVL, voice and image`, `Fern-Reader, a tool for reading`."""
    head, tail = match[1].strip(), text[match.end() : end]
    if is_name(head):
        return not is_title(head) and not is_name(tail)
    return bool(match[2]) and bool(re.fullmatch(r"[A-Z][a-z]+-[A-Z][\w-]+", head))


def _may_be_name(words: str) -> bool:
    words = plain(words, 0, len(words))
    return 1 < len(words) <= _LONGEST_NAME and len(words.split()) <= 6 and not re.search(r"[,;?!。，；]", words)


def _split_parens(text: str, start: int, end: int) -> tuple[Span, tuple[Span, ...]]:
    """Divide `Big Transfer (BiT)` and `BiT (Big Transfer)`: the coined one is the name."""
    match = _INNER_PARENS.match(text[start:end])
    if match is None:
        inner = re.match(r"^([^()（）]{2,30}?)\s*[(（]([^()（）]{2,80})[)）]$", text[start:end])
        if inner is None or not is_name(inner[1]):
            return (start, end), ()
        outer = start + inner.start(1), start + inner.end(1)
        spelled = inner[2] if len(inner[2].split()) >= 2 and not re.search(r"\d{4}|,|、|/", inner[2]) else ""
        alias = (start + inner.start(2), start + inner.end(2))
        return outer, (alias,) if spelled and is_acronym(inner[1], spelled) else ()
    outer = (start + match.start(1), start + match.end(1))
    bracketed = (start + match.start(2), start + match.end(2))
    if is_name(match[2]) and not is_name(match[1]):
        return bracketed, (outer,)
    return outer, (bracketed,) if is_name(match[2]) and not re.fullmatch(r"[vV]?\d[\d.]*", match[2]) else ()


def is_acronym(short: str, words: str) -> bool:
    """Whether `short` could be made of letters of `words`, in order and beginning with the first."""
    letters, source = name_key(short), name_key(words)
    if not letters or not source or letters[0] != source[0]:
        return False
    at = 0
    for letter in letters:
        if letter.isdigit():
            continue
        at = source.find(letter, at) + 1
        if at == 0:
            return False
    return True


def split_names(text: str, start: int, end: int) -> list[Span]:
    """Return the names of a joint entry (`BLIP, BLIP2`, `MDRG / Divter`), or one span."""
    pieces: list[Span] = []
    at = start
    for match in re.finditer(r"\s*[,，、&+]\s+|\s+/\s+|\s+(?:and|&|和|与|與)\s+|[、，]", text[start:end]):
        pieces.append(trim(text, at, start + match.start()))
        at = start + match.end()
    pieces.append(trim(text, at, end))
    named = [is_name(text[a:b]) for a, b in pieces]
    listed = not re.search(r"\s(?:and|&|\+)\s", text[start:end]) and any(named)
    listed = listed and all(re.fullmatch(r"[A-Z][\w.+-]{1,20}", text[a:b]) for a, b in pieces)
    return pieces if len(pieces) > 1 and (all(named) or listed) else [trim(text, start, end)]


def without_links(text: str, start: int, end: int) -> Span:
    """Return the span up to the links that end it; words inside a link are kept."""
    for link in reversed(find_links(text, start, end)):
        if text[link.end : end].strip(_EDGE + ")]）(（["):
            break
        if link.words and not link.image:
            words = plain(text, *link.words)
            if (
                words
                and fold(words).strip(_EDGE + "[]") not in word_set("link_words")
                and "://" not in words
                and "![" not in words
            ):
                break
        end = link.start
    start, end = trim(text, start, end)
    whole = find_links(text, start, end)[:1] if text.startswith("[", start) else []
    inside = whole and whole[0].words and not whole[0].image and whole[0].end == end
    return trim(text, *whole[0].words) if inside and whole[0].words else (start, end)
