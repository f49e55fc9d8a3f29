"""Is everything checkable in a sentence backed by evidence? Inventing must be impossible, not unlikely."""

import re
from collections.abc import Sequence

from agent.data import rule_data
from agent.model import Evidence

_CLAIMS = (
    ("price", re.compile(r"[$€£]\s?\d[\d,]*(?:\.\d+)?|\b\d[\d,]*(?:\.\d+)? ?(?:dollars|bucks|usd)\b", re.IGNORECASE)),
    ("percent", re.compile(r"\b\d+(?:\.\d+)? ?(?:%|percent\b)", re.IGNORECASE)),
    ("link", re.compile(r"\b(?:https?://)?(?:[a-z0-9-]+\.)+(?:com|net|org|io|co|us|biz|info|example)\b(?:/\S*)?", re.IGNORECASE)),
    ("phone", re.compile(r"\+?\d?[ .-]?\(?\d{3}\)?[ .-]\d{3}[ .-]?\d{4}\b")),
    ("time", re.compile(r"\b\d{1,2}(?::\d{2})?\s?(?:[ap]\.?m\b\.?)|\b\d{1,2}:\d{2}\b|\bnoon\b|\bmidnight\b", re.IGNORECASE)),
    ("date", re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\btomorrow\b|\btonight\b|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* \d{1,2}\b", re.IGNORECASE)),
    ("address", re.compile(r"\b\d{1,5} (?:[A-Z][\w.]* ){1,3}(?:St|Street|Ave|Avenue|Rd|Road|Blvd|Dr|Drive|Ln|Lane|Way|Ct|Court|Pl|Place)\b")),
    ("availability", re.compile(r"\b(?:(?:are|is|'re) (?:all )?(?:booked|scheduled|confirmed|on (?:the|his|her|their) way)|(?:we|i) (?:have|'ve) (?:booked|scheduled|cancell?ed|moved)|24/7)\b", re.IGNORECASE)),
    ("policy", re.compile(r"\bfree of charge\b|\bno charge\b|\brefund\w*|\b\d+ ?mg\b", re.IGNORECASE)),
    ("guarantee", re.compile(r"\bguarante\w+|\bwarrant\w+|\bpromise\w*\b", re.IGNORECASE)),
)  # fmt: skip


def unsupported(sentence: str, evidence: Sequence[Evidence]) -> list[tuple[str, str]]:
    """The claims of a sentence that no evidence holds, as (span, kind)."""
    backing = [_plain(item.text) for item in evidence]
    claims = [
        (match.group(0).strip().rstrip("."), kind)
        for kind, shape in _CLAIMS
        for match in shape.finditer(sentence)
    ]
    return [claim for claim in claims if not _held(_plain(claim[0]), backing)]


def _held(claim: str, backing: Sequence[str]) -> bool:
    whole = re.compile(rf"(?<![\d.]){re.escape(claim)}(?!\d|\.\d)")
    return any(whole.search(text) for text in backing)


def _plain(text: str) -> str:
    """Spellings folded: `$149.00` = `149 dollars`, `9:00 AM` = `9 am`, `(303) 555-0140` = its digits."""
    folded = text.lower().replace(",", "")
    folded = re.sub(r"[$€£]\s?(\d+(?:\.\d+)?)", r"\1 dollars", folded)
    folded = re.sub(r"(\d+)\.00\b", r"\1", folded)
    folded = re.sub(r"\b(bucks|usd)\b", "dollars", folded)
    folded = re.sub(r"(\d) ?%", r"\1 percent", folded)
    folded = re.sub(r"\b(\d{1,2}):00\b", r"\1", folded)
    folded = re.sub(r"(\d)\s?([ap])\.?m\b\.?", r"\1 \2m", folded)
    folded = re.sub(r"\b((?:mon|tues|wednes|thurs|fri|satur|sun)day)s\b", r"\1", folded)
    folded = re.sub(r"\b(guarante|warrant|promise)\w*", r"\1", folded)
    return re.sub(r"(?<=\d)[ .()-]+(?=\d{3})", "", folded).replace("(", "")


def quoted(sentence: str, evidence: Sequence[Evidence]) -> bool:
    """The sentence stands in the evidence word for word: the business itself has said it."""
    said = " ".join(_plain(sentence).split())
    return any(said in " ".join(_plain(item.text).split()) for item in evidence)


def held(sentence: str, evidence: Sequence[Evidence]) -> bool:
    """Every word of a sentence that carries meaning stands in the evidence, in whatever order."""
    common = rule_data("words")["common"].split()
    backing = {word for item in evidence for word in _words(item.text)}
    return all(word in backing for word in _words(sentence) if word not in common)


def _words(text: str) -> list[str]:
    return [word.strip(".'").removesuffix("'s") for word in re.findall(r"[\w.']+", _plain(text))]
