"""The coach's decisions: cues, what excuses them, what is missing, and what kind of message it is."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from bothways.coach import reading
from bothways.coach.advice import Advice, Finding, Kind, Rule
from bothways.coach.book import LANGUAGES, Book, Cues, Entry, book
from bothways.coach.kinds import guess, signs
from bothways.coach.languages import foreign, looks_like
from bothways.coach.limits import limits
from bothways.coach.meaning import leans
from bothways.coach.sentences import HURTS, LABELS, said
from bothways.coach.text import Folded, Sentence, fold

_WORTH = 12  # characters that a part of a sentence has at least
MOST = 20_000  # characters that are looked at; the rest is not judged
_CLAUSE_END = re.compile(r"[,;:]|[.!?\n]|$")
_CLAUSE_START = re.compile(r"^|[,;:] |- |(?:and|but|so|then|or|y|pero|o|e) ")
_TOKEN = re.compile(r"[a-z0-9]+(?:[-'/][a-z0-9]+)*")
_LETTERS = re.compile(r"[A-ZÑ]{2,7}")
_I_DID = re.compile(r"(?:\w+,? )?\w{2,}é\b")  # “hablé”: I spoke; “hable”: speak
_ROMAN = re.compile(r"[IVX]+")
_CUED = (Rule.BLAME, Rule.LABEL, Rule.THREAT, Rule.DISMISSIVE)
_ORDER = tuple(Rule)


def check(text: str, *, lang: str, kind: str | None = None) -> Advice:
    """What may hurt in a message to a family, and better words.

    ``lang``: a language tag; rules of words exist for English and Spanish. A text in another language,
    whatever was declared, gets only what holds in every language. ``kind`` is guessed where not given.
    """
    folded = fold(text[:MOST])
    declared, seen = _languages(folded, lang)
    judged = seen if declared in LANGUAGES else None
    known = book(judged or (seen if seen in LANGUAGES else "en"))
    heard = heard_in(folded, known)
    does = weighed(folded, known, heard)
    is_for = Kind(kind) if kind else guess(signs_of(folded, known, heard, does))
    if judged is None or not any(any(c.isalpha() for c in s.text) for s in folded.sentences):
        found = list(_long(folded, book(declared if declared in LANGUAGES else "en")))
    else:
        found = list(_settled(folded, known, heard, does))
        found += _jargon(folded, known)
        found += list(_long(folded, known)) or list(_grade(folded, known))
        if is_for is Kind.CONCERN:
            found += _missing(folded, known, found, does)
    return Advice(is_for, tuple(sorted(found, key=_by_place)))


def judges(text: str, lang: str) -> bool:
    """Whether the rules of words can be applied: the text is in a language of the coach, as declared."""
    declared, seen = _languages(fold(text[:MOST]), lang)
    return declared in LANGUAGES and seen in LANGUAGES


def _languages(folded: Folded, lang: str) -> tuple[str, str | None]:
    """The language that was declared, and that which the text looks like: None where it is another."""
    declared = lang.split("-")[0].split("_")[0].lower()
    if declared in LANGUAGES and foreign(folded.original):
        return declared, None
    return declared, looks_like(reading.words(folded.text), declared)


def heard_in(folded: Folded, known: Book) -> list[Finding]:
    """What the rules find by themselves (`scripts/fit_coach.py` weighs it)."""
    return [*_cued(folded, known), *_demands(folded, known)]


def signs_of(
    folded: Folded, known: Book, heard: Sequence[Finding], does: Sequence[Sequence[float]]
) -> dict[str, float]:
    """The signs by which the kind is guessed (`scripts/fit_coach.py` weighs them)."""
    praised = [praises(s.text, known) for s in folded.sentences]
    return signs(folded, known, heard, praised, does)


def lacks(folded: Folded, known: Book, heard: Sequence[Finding]) -> set[Rule]:
    """What the rules miss in a message, were it a concern (`scripts/fit_coach.py` sets the limits by it)."""
    pressed = _pressed(folded, heard)
    return {rule for rule, has, _ in _CHECKS if not has(folded, known, pressed)}


def excused(rule: Rule, sentence: Sentence, known: Book) -> bool:
    """Whether the book says that it is none, however much it looks like one: “never late”, “not a bad kid”."""
    if rule is Rule.ABSOLUTE:
        return any(
            _is_praise(known, sentence, match.start(), match.group())
            for match in known.signs["sways"].finditer(sentence.text)
        )
    return rule is Rule.LABEL and _excused(known.entries[rule], sentence)


def marks(folded: Folded, heard: Sequence[Finding]) -> list[list[str]]:
    """Of each sentence: whether it is the first or last of several, and which rules found something in it."""
    rules = defaultdict(list)
    for one in heard:
        if one.start is not None:
            rules[_sentence_of(folded, one.start).start].append(f"r {one.rule.value}")
    found = [list(rules[sentence.start]) for sentence in folded.sentences]
    if len(found) > 1:
        found[0].append("first")
        found[-1].append("last")
    return found


def weighed(folded: Folded, known: Book, heard: Sequence[Finding]) -> list[list[float]]:
    """How much each sentence does each of LABELS."""
    leaning = leans([folded.written(sentence) for sentence in folded.sentences]).tolist()
    return [
        said(sentence.text, known, mark, lean)
        for sentence, mark, lean in zip(
            folded.sentences, marks(folded, heard), leaning, strict=True
        )
    ]


def _settled(
    folded: Folded, known: Book, heard: Sequence[Finding], does: Sequence[Sequence[float]]
) -> Iterator[Finding]:
    """What a rule found and the words of the sentence do not deny; and what these show by themselves."""
    line = limits()
    at = {sentence.start: one for sentence, one in zip(folded.sentences, does, strict=True)}
    taken = set()
    for finding in heard:
        assert finding.start is not None
        sentence = _sentence_of(folded, finding.start)
        if at[sentence.start][LABELS.index(finding.rule.value)] >= line[finding.rule].beside:
            taken.add((finding.rule, sentence.start))
            yield finding
    offered = known.signs["offers"].search(folded.text) is not None
    for sentence, one in zip(folded.sentences, does, strict=True):
        if folded.quoted(sentence.start + 1, sentence.end - 1):
            continue
        for rule in map(Rule, HURTS):
            if (rule, sentence.start) in taken or one[LABELS.index(rule.value)] < line[rule].alone:
                continue
            if rule is Rule.DEMAND and (offered or sentence.asks):
                continue
            if excused(rule, sentence, known):
                continue
            texts = known.entries[rule].texts
            start, end = _heart(sentence, known, LABELS.index(rule.value))
            places = folded.place(*_trimmed(folded.text, start, end))
            yield Finding(rule, *places, texts["why"], texts["instead"])


def _heart(sentence: Sentence, known: Book, label: int) -> tuple[int, int]:
    """The part of the sentence that does it most: what stands beside it, facts above all, is left alone."""
    cuts = [0, *(match.end() for match in _CLAUSES.finditer(sentence.text)), len(sentence.text)]
    parts = [(a, b) for a, b in pairwise(cuts) if b - a > _WORTH]
    if len(parts) < 2:
        return sentence.start, sentence.end
    start, end = max(parts, key=lambda part: said(sentence.text[slice(*part)], known, ())[label])
    return sentence.start + start, sentence.start + end


def _by_place(finding: Finding) -> tuple[bool, int, int]:
    return finding.start is None, finding.start or 0, _ORDER.index(finding.rule)


# What stands there


def _cued(folded: Folded, known: Book) -> Iterator[Finding]:
    for rule in _CUED:
        entry = known.entries[rule]
        taken: set[int] = set()
        for cues in entry.cues:
            for match, sentence in _matches(folded, cues):
                if sentence.start in taken or _excused(entry, sentence):
                    continue
                taken.add(sentence.start)
                yield _found(folded, entry, cues, match, sentence)
    yield from _absolutes(folded, known)


def _matches(folded: Folded, cues: Cues) -> Iterator[tuple[re.Match[str], Sentence]]:
    for pattern in cues.patterns:
        for match in pattern.finditer(folded.text):
            if match.start() == match.end() or folded.quoted(match.start(), match.end()):
                continue
            yield match, folded.sentence_at(match.start())


def _excused(entry: Entry, sentence: Sentence) -> bool:
    return entry.unless is not None and entry.unless.search(sentence.text) is not None


def _found(
    folded: Folded, entry: Entry, cues: Cues, match: re.Match[str], sentence: Sentence
) -> Finding:
    start, end = match.start(), match.end()
    if cues.reach == "sentence":
        start, end = sentence.start, sentence.end
    elif cues.reach == "clause":
        stop = _CLAUSE_END.search(folded.text, end)
        end = max(end, min(stop.start() if stop else end, sentence.end))
    start, end = _trimmed(folded.text, start, end)
    places = folded.place(start, end)
    rest = next((name for name, said in match.groupdict().items() if said), None)
    said = folded.original[slice(*folded.place(*match.span(rest)))].strip() if rest else ""
    said = said.rstrip(" .!?")
    if cues.start:  # what began a sentence stands inside one now
        said = said[:1].lower() + said[1:]
    better = cues.better.replace("{rest}", said)
    return Finding(entry.rule, *places, entry.texts["why"], better)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while end > start + 1 and text[end - 1] in " \n":
        end -= 1
    while start < end - 1 and text[start] in " \n":
        start += 1
    return start, end


def _absolutes(folded: Folded, known: Book) -> Iterator[Finding]:
    """“Always” of something good is praise; “never” of something bad is praise too."""
    entry = known.entries[Rule.ABSOLUTE]
    sways = known.signs["sways"]
    taken: set[int] = set()
    for cues in entry.cues:
        for match, sentence in _matches(folded, cues):
            if sentence.start in taken or _excused(entry, sentence):
                continue
            place = match.start() - sentence.start
            if sways.fullmatch(match.group()) and _is_praise(known, sentence, place, match.group()):
                continue
            taken.add(sentence.start)
            yield _found(folded, entry, cues, match, sentence)


def _is_praise(known: Book, sentence: Sentence, place: int, cue: str) -> bool:
    """“Always kind”, “never late”; not “never kind”, “always late”."""
    around = _clause(sentence, place)
    nots = known.signs["nots"]
    if nots.search(cue):
        after = sentence.text[place + len(cue) :]
        return known.signs["not_nice"].search(around[-len(after) - 1 :]) is not None
    return known.signs["nice"].search(around) is not None and nots.search(around) is None


def _clause(sentence: Sentence, place: int) -> str:
    """The stretch between commas and “but” around a place."""
    text = sentence.text
    start = max((m.end() for m in _BREAK.finditer(text, 0, place)), default=0)
    stop = _BREAK.search(text, place)
    return text[start : stop.start() if stop else len(text)]


_PARTS = re.compile(r"[,;:(] ?| - | (?:and|but|because|so|then|y|pero|porque|asi que|entonces) ")
_CLAUSES = re.compile(r"[;:] |, | - | (?:but|though|although|and yet|however|when|because) ")
_BREAK = re.compile(
    r"[;:] |, (?:and|but|so|y|pero|aunque|although|though) | (?:but|pero|aunque|although|though|sino) "
)


def _demands(folded: Folded, known: Book) -> Iterator[Finding]:
    entry = known.entries[Rule.DEMAND]
    if known.signs["offers"].search(folded.text):
        return
    taken: set[int] = set()
    for cues in entry.cues:
        for match, sentence in _matches(folded, cues):
            if sentence.asks or sentence.start in taken or _excused(entry, sentence):
                continue
            if cues.start and not _begins(sentence, match.start() - sentence.start):
                continue
            if cues.start and _I_DID.match(folded.original[slice(*folded.place(*match.span()))]):
                continue
            taken.add(sentence.start)
            yield _found(folded, entry, cues, match, sentence)


def _begins(sentence: Sentence, place: int) -> bool:
    before = sentence.text[:place]
    return not before or before.endswith(
        (", ", "; ", ": ", "- ", "¡", '"', " and ", " so ", " y ", "* ")
    )


def _jargon(folded: Folded, known: Book) -> Iterator[Finding]:
    entry = known.entries[Rule.JARGON]
    explained = known.signs["explained"]
    tokens = list(_TOKEN.finditer(folded.text))
    names = [token.group() for token in tokens]
    done: set[tuple[str, ...]] = set()
    i = 0
    while i < len(tokens):
        size = next(
            (
                n
                for n in range(min(known.longest, len(tokens) - i), 0, -1)
                if tuple(names[i : i + n]) in known.jargon
            ),
            0,
        )
        if not size:
            yield from _letters(folded, known, tokens, i, done)
            i += 1
            continue
        key = tuple(names[i : i + size])
        plain, letters = known.jargon[key]
        start, end = tokens[i].start(), tokens[i + size - 1].end()
        i += size
        a, b = folded.place(start, end)
        word = folded.original[a:b]
        if key in done or (letters and word != letters):
            continue
        done.add(key)
        if _is_explained(folded, start, end, explained):
            continue
        why = entry.texts["why"].replace("{word}", word)
        yield Finding(Rule.JARGON, a, b, why, plain)


def _letters(
    folded: Folded, known: Book, tokens: Sequence[re.Match[str]], i: int, done: set[tuple[str, ...]]
) -> Iterator[Finding]:
    """Capital letters that are nobody's word (“CCBB”), where others write small; only if the book asks."""
    plain = known.signs.get("plain_letters")
    name = tokens[i].group()
    if plain is None or (name,) in done or plain.fullmatch(name):
        return
    near = [folded.original[slice(*folded.place(*t.span()))] for t in tokens[max(0, i - 1) : i + 2]]
    word = near[min(i, 1)]
    loud = [other for other in near if len(other) > 1 and other.isupper()]
    if not _LETTERS.fullmatch(word) or _ROMAN.fullmatch(word) or len(loud) > 1:
        return
    done.add((name,))
    start, end = tokens[i].span()
    if _is_explained(folded, start, end, known.signs["explained"]):
        return
    entry = known.entries[Rule.JARGON]
    why, better = (entry.texts[key].replace("{word}", word) for key in ("why", "unknown"))
    yield Finding(Rule.JARGON, *folded.place(start, end), why, better)


def _is_explained(folded: Folded, start: int, end: int, explained: re.Pattern[str]) -> bool:
    """In brackets, after a comma or dash with “that is”, or in the next sentence."""
    sentence = folded.sentence_at(start)
    after = folded.text[end : sentence.end]
    before = folded.text[sentence.start : start]
    if re.match(r"s?\"?(?: [a-z]+){0,2}? ?[(\[][a-z'][^)]{8,}", after):
        return True
    if before.endswith(("(", '("')) and len(before) > 12 and after.startswith((")", '")')):
        return True
    if explained.search(after) or explained.search(before[-30:]):
        return True
    if re.match(r"s?,? - ?[a-z]+ [a-z]+ [a-z]+", after) or (
        re.match(
            r",? (?:or|o|a|an|un|una|the|el|la|our|your|el|nuestro) [a-z]+ (?:[a-z]+ )+", after
        )
        and "," in after[:2]
    ):
        return True
    following = next((s for s in folded.sentences if s.start > sentence.start), None)
    return following is not None and bool(explained.search(following.text[:60]))


def _long(folded: Folded, known: Book) -> Iterator[Finding]:
    entry = known.entries[Rule.HARD_TO_READ]
    for sentence in folded.sentences:
        count = len(reading.words(sentence.text))
        if count > reading.LONG_SENTENCE:
            a, b = folded.place(sentence.start, sentence.end)
            why = entry.texts["why_long"].replace("{n}", str(count))
            better = entry.texts["better_long"].replace("{rest}", folded.original[a:b])
            yield Finding(Rule.HARD_TO_READ, a, b, why, better)


def _grade(folded: Folded, known: Book) -> Iterator[Finding]:
    entry = known.entries[Rule.HARD_TO_READ]
    sentences = [s.text for s in folded.sentences]
    if sum(len(reading.words(s)) for s in sentences) < reading.ENOUGH:
        return
    level = (reading.english if known.language == "en" else reading.spanish)(sentences)
    if level.hard:
        a, b = folded.place(folded.sentences[0].start, folded.sentences[-1].end)
        why = entry.texts["why_grade"].replace("{n}", str(round(level.grade)))
        yield Finding(Rule.HARD_TO_READ, a, b, why, entry.texts["better_grade"])


# What is missing


def _missing(
    folded: Folded, known: Book, found: Sequence[Finding], does: Sequence[Sequence[float]]
) -> Iterator[Finding]:
    line, rhetorical = limits(), known.signs["rhetorical"]
    pressed = _pressed(folded, found)
    meant = [
        one
        for sentence, one in zip(folded.sentences, does, strict=True)
        if not (sentence.asks and rhetorical.search(sentence.text))
    ]
    for rule, has, label in _CHECKS:
        most = max((one[LABELS.index(label)] for one in meant), default=0.0)
        if most < line[rule].alone or (
            most < line[rule].beside and not has(folded, known, pressed)
        ):
            texts = known.entries[rule].texts
            yield Finding(rule, None, None, texts["why"], texts["better"])


def _pressed(folded: Folded, found: Sequence[Finding]) -> set[int]:
    """Sentences that press: a date or a deed in them is no step, and a question no invitation."""
    return {
        _sentence_of(folded, one.start).start
        for one in found
        if one.rule in (Rule.THREAT, Rule.DEMAND) and one.start is not None
    }


def _sentence_of(folded: Folded, place: int) -> Sentence:
    """The sentence in which this place of the original lies."""
    return folded.sentence_at(bisect_left(folded.at, place))


def _has_example(folded: Folded, known: Book, pressed: set[int]) -> bool:
    seen, not_seen = known.signs["seen"], known.signs["not_seen"]
    if any(end - start > 8 for start, end in folded.said):
        return True  # somebody's own words
    return any(
        seen.search(part) and not not_seen.search(part)
        for s in folded.sentences
        if not s.asks
        for part in _PARTS.split(s.text)
    )


def _invites(folded: Folded, known: Book, pressed: set[int]) -> bool:
    invites, rhetorical = known.signs["invites"], known.signs["rhetorical"]
    return any(
        invites.search(s.text)
        and s.start not in pressed
        and not (s.asks and rhetorical.search(s.text))
        for s in folded.sentences
    )


def _has_good(folded: Folded, known: Book, pressed: set[int]) -> bool:
    if any(s.start not in pressed and praises(s.text, known) for s in folded.sentences):
        return True
    return any(s.start not in pressed and _opens_well(s, known) for s in folded.sentences[:3])


def _opens_well(sentence: Sentence, known: Book) -> bool:
    """“Yusuf built the tallest bridge”: what a child is, has or did, before anything bad is said."""
    opening, dark = known.signs.get("opening"), known.signs.get("dark")
    if opening is None or dark is None or sentence.asks:
        return False
    first = next((part for part in _CLAUSES.split(sentence.text) if len(part) > 12), "")
    return opening.match(first) is not None and dark.search(first) is None


def praises(sentence: str, known: Book) -> bool:
    """Something good is said, not denied, wished for or only polite."""
    plain = known.signs["formal_thanks"].sub(" ", sentence)
    return any(
        not known.signs["praise_unless"].search(plain[: match.start()])
        for match in known.signs["praise"].finditer(plain)
    )


def _has_step(folded: Folded, known: Book, pressed: set[int]) -> bool:
    """An offer or a plan; or, whoever says it and however, something with a day to come."""
    signs = known.signs
    return any(
        (
            signs["step"].search(s.text)
            and s.start not in pressed
            and not signs["only_if"].search(s.text)
        )
        or (
            signs["to_come"].search(s.text)
            and signs["day"].search(s.text)
            and not signs["only_if"].search(s.text)
        )
        for s in folded.sentences
        if not (s.asks and signs["rhetorical"].search(s.text))
    )


_CHECKS: Final = (
    (Rule.NO_EXAMPLE, _has_example, "seen"),
    (Rule.NO_INVITATION, _invites, "invites"),
    (Rule.ONLY_BAD, _has_good, "praise"),
    (Rule.NO_NEXT_STEP, _has_step, "step"),
)
