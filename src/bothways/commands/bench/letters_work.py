"""One measured run of a thousand letters, in a process of its own: ours, or typst alone.

``python -m bothways.commands.bench.letters_work ours|typst LETTERS BATCH`` → one JSON object. The compiler
keeps what it has laid out, so letters are set once in a process; others before them warm it up.
"""

import asyncio
import json
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Protocol

import typst

from bothways.channels.contract import Outgoing, Sender, Settings, Version
from bothways.channels.enums import Channel, OutcomeKind
from bothways.channels.letters import layout
from bothways.channels.letters.carrier import LettersCarrier
from bothways.channels.letters.dates import long_date
from bothways.channels.letters.glyphs import FONTS
from bothways.channels.letters.labels import KEYS, Labels
from bothways.commands.bench.frame import peak_mb
from bothways.core.ids import CODE_LENGTH, CODE_LETTERS, show_code
from bothways.languages.phrases import languages, raw

NOW = datetime(2026, 9, 14, 14, 0, tzinfo=UTC)
PAPER = "us-letter"
SCHOOL = Sender(
    school="Cedar Hollow Elementary School",
    address=("100 Main Street", "Cedar Hollow, IA 52999"),
    phone="(515) 555-0100",
    email="office@schools.example",
)
WARM = 50  # letters before the clock starts
TEMPLATE = FONTS.parent / "letter.typ"
_COUNT = re.compile(rb"/Count\s+(\d+)")

# One letter in each of ten scripts: language, subject, words. {child} is a name, {n} a number.
WORDS: tuple[tuple[str, str, str], ...] = (
    ("en", "A good week in mathematics",
     "Dear family,\n\n{child} turned in all of the homework this week, {n} pages of it, and helped a "
     "friend with fractions on Tuesday. That is a good step, and we want you to know of it.\n\nWhat do "
     "you see at home? If there is a time of day that works well for homework, tell us: we can plan "
     "for it. You can answer on the slip below, or call (515) 555-0100 before 4:30 PM.\n\nWarmly,\nMrs. C"),
    ("ar", "أسبوع جيد في الرياضيات",
     "عائلتنا العزيزة،\n\nسلّم {child} جميع الواجبات هذا الأسبوع، وعددها {n} صفحات، وساعد صديقًا في الكسور "
     "يوم الثلاثاء. هذه خطوة جيدة ونريد أن تعرفوا بها.\n\nماذا ترون في البيت؟ إذا كان هناك وقت مناسب للواجبات "
     "فأخبرونا به. يمكنكم الكتابة على القسيمة أدناه أو الاتصال على (515) 555-0100 قبل الساعة 4:30."
     "\n\nمع التحية"),
    ("am", "ጥሩ የሂሳብ ሳምንት",
     "ውድ ቤተሰብ፣\n\n{child} በዚህ ሳምንት የቤት ሥራውን በሙሉ፣ {n} ገጾች፣ አስረክቧል፤ ማክሰኞ ዕለትም ጓደኛውን በክፍልፋዮች "
     "ረድቷል። ይህ ጥሩ እርምጃ ነው፤ እንድታውቁትም እንፈልጋለን።\n\nበቤት ውስጥ ምን ታያላችሁ? ለቤት ሥራ የሚመች ሰዓት ካለ "
     "ንገሩን። ከታች ባለው ወረቀት ላይ መጻፍ ወይም በ(515) 555-0100 መደወል ትችላላችሁ።\n\nከሰላምታ ጋር"),
    ("zh-Hans", "数学学习良好的一周",
     "尊敬的家长：\n\n{child}本周交齐了全部作业，共{n}页，星期二还帮助一位同学学习分数。这是很好的进步，我们希望您知道。\n\n"
     "您在家里看到了什么？如果一天中有适合做作业的时间，请告诉我们，我们可以安排。您可以在下面的回执上回答，"
     "或在下午4:30以前致电(515) 555-0100。\n\n此致敬礼"),
    ("uk", "Добрий тиждень з математики",
     "Шановна родино!\n\n{child} цього тижня здає всі домашні завдання, разом {n} сторінок, а у вівторок "
     "допомагає другові з дробами. Це добрий крок, і ми хочемо, щоб ви про нього знали.\n\nЩо ви бачите "
     "вдома? Якщо є зручний час для домашніх завдань, скажіть нам. Відповісти можна на талоні внизу або "
     "за телефоном (515) 555-0100 до 16:30.\n\nЗ повагою"),
    ("bn", "গণিতে একটি ভালো সপ্তাহ",
     "প্রিয় পরিবার,\n\n{child} এই সপ্তাহে সব বাড়ির কাজ জমা দিয়েছে, মোট {n} পৃষ্ঠা, আর মঙ্গলবার এক বন্ধুকে ভগ্নাংশ বুঝতে "
     "সাহায্য করেছে। এটি একটি ভালো পদক্ষেপ, তাই আপনাদের জানাচ্ছি।\n\nআপনারা বাড়িতে কী দেখছেন? বাড়ির কাজের ভালো সময় "
     "থাকলে আমাদের বলুন। নিচের কাগজে লিখুন অথবা (515) 555-0100 নম্বরে ফোন করুন।\n\nশুভেচ্ছা"),
    ("ta", "கணிதத்தில் ஒரு நல்ல வாரம்",
     "அன்பான குடும்பத்தினருக்கு,\n\n{child} இந்த வாரம் வீட்டுப்பாடம் முழுவதையும், {n} பக்கங்கள், ஒப்படைத்தார்; செவ்வாய்க்கிழமை ஒரு "
     "நண்பருக்குப் பின்னங்களில் உதவினார். இது ஒரு நல்ல முன்னேற்றம்.\n\nவீட்டில் நீங்கள் என்ன பார்க்கிறீர்கள்? வீட்டுப்பாடத்திற்கு ஏற்ற நேரம் "
     "இருந்தால் எங்களிடம் சொல்லுங்கள். கீழே எழுதலாம் அல்லது (515) 555-0100 அழைக்கலாம்.\n\nஅன்புடன்"),
    ("ko", "수학에서 좋은 한 주",
     "가족 여러분께,\n\n{child} 학생이 이번 주 숙제 {n}쪽을 모두 냈고, 화요일에는 친구의 분수 "
     "공부를 도와주었습니다. 좋은 발전이어서 알려 드립니다.\n\n집에서는 어떻습니까? 숙제하기 좋은 시간이 "
     "있으면 말씀해 주세요. 아래 회신란에 적거나 오후 4:30 전에 (515) 555-0100 으로 전화해 주세요."
     "\n\n감사합니다"),
    ("pa", "ਗਣਿਤ ਵਿੱਚ ਚੰਗਾ ਹਫ਼ਤਾ",
     "ਪਿਆਰੇ ਪਰਿਵਾਰ,\n\n{child} ਨੇ ਇਸ ਹਫ਼ਤੇ ਸਾਰਾ ਘਰ ਦਾ ਕੰਮ, {n} ਸਫ਼ੇ, ਦਿੱਤਾ ਅਤੇ ਮੰਗਲਵਾਰ ਨੂੰ ਇੱਕ ਦੋਸਤ ਦੀ ਮਦਦ ਕੀਤੀ। "
     "ਇਹ ਚੰਗਾ ਕਦਮ ਹੈ ਅਤੇ ਅਸੀਂ ਤੁਹਾਨੂੰ ਦੱਸਣਾ ਚਾਹੁੰਦੇ ਹਾਂ।\n\nਤੁਸੀਂ ਘਰ ਵਿੱਚ ਕੀ ਵੇਖਦੇ ਹੋ? ਜੇ ਘਰ ਦੇ ਕੰਮ ਲਈ ਕੋਈ ਚੰਗਾ ਸਮਾਂ ਹੈ ਤਾਂ "
     "ਸਾਨੂੰ ਦੱਸੋ। ਹੇਠਾਂ ਲਿਖੋ ਜਾਂ (515) 555-0100 ਤੇ ਫ਼ੋਨ ਕਰੋ।\n\nਸਤਿਕਾਰ ਨਾਲ"),
    ("my", "သင်္ချာတွင် ကောင်းသော ရက်သတ္တပတ်",
     "လေးစားရသော မိသားစုသို့\n\n{child} သည် ယခုအပတ် အိမ်စာ {n} မျက်နှာ အားလုံးကို အပ်ခဲ့ပြီး အင်္ဂါနေ့တွင် သူငယ်ချင်းတစ်ဦးကို "
     "ကူညီခဲ့သည်။ ဤသည်မှာ ကောင်းသော တိုးတက်မှု ဖြစ်သည်။\n\nအိမ်တွင် သင်တို့ ဘာတွေ့ပါသလဲ။ အိမ်စာလုပ်ရန် ကောင်းသော အချိန်ရှိပါက "
     "ကျွန်ုပ်တို့ကို ပြောပါ။ အောက်တွင် ရေးပါ သို့မဟုတ် (515) 555-0100 သို့ ဖုန်းဆက်ပါ။\n\nလေးစားစွာဖြင့်"),
)  # fmt: skip
_CHILDREN = ("Troy", "Emily", "Amina", "Mateo", "Linh", "Samir", "Mei", "Oksana", "Tariq", "Hana")
_STREETS = ("Alder Street", "Burr Oak Avenue", "Clover Street", "Depot Street", "Quarry Road")


@dataclass(frozen=True, slots=True)
class Took:
    """``sheets``: of paper, in all PDFs. ``threads``: of the process when it was done."""

    seconds: float
    cpu_seconds: float
    letters: int
    sheets: int
    peak_mb: float
    threads: int


def letters(count: int, seed: int) -> list[Outgoing]:
    """Different letters to different homes, the ten scripts in turn, in the order of printing."""
    random = Random(f"bench letters {seed}")  # noqa: S311 - made-up people, not secrets
    found = []
    for number in range(count):
        language, subject, body = WORDS[number % len(WORDS)]
        child = random.choice(_CHILDREN)
        code = "".join(random.choices(CODE_LETTERS, k=CODE_LENGTH))
        street = f"{random.randrange(2, 9990)} {random.choice(_STREETS)}"
        words = body.format(child=child, n=random.randrange(2, 40))
        found.append(
            Outgoing(
                key=f"{random.getrandbits(128):032x}",
                channel=Channel.LETTER,
                to=f"{street}\nCedar Hollow, IA {random.randrange(52000, 53000)}",
                versions=(Version(language, words, subject),),
                purpose="personal",
                sender=SCHOOL,
                names=(f"Parents of {child} {number}",),
                children=(child,),
                code=show_code(code),
                reply_url=f"https://schools.example/r/{code}",
                sort_key=f"{number:08}",
            )
        )
    return found


class Run(Protocol):
    """Prints batches; what was printed is looked at when the clock has stopped."""

    def go(self, batches: Sequence[Sequence[Outgoing]]) -> None: ...

    def sheets(self) -> int: ...


class Ours:
    """The whole carrier: placing, QR, checks of the fonts, typesetting, tray and ticket on the disk."""

    def __init__(self, tray: Path) -> None:
        self._tray = tray
        self._carrier = LettersCarrier(Settings({"folder": str(tray)}), labels=_words(), now=NOW)

    def go(self, batches: Sequence[Sequence[Outgoing]]) -> None:
        for batch in batches:
            asyncio.run(self._send(batch))

    async def _send(self, batch: Sequence[Outgoing]) -> None:
        kinds = {outcome.kind async for outcome in self._carrier.send(batch)}
        if kinds != {OutcomeKind.PRINTED}:
            raise SystemExit("Not all letters were printed: there is nothing to measure.")

    def sheets(self) -> int:
        return sum(_sheets(path.read_bytes()) for path in self._tray.glob("*.pdf"))


class Typst:
    """The compiler alone: the same template and values, made beforehand, to a PDF in memory."""

    def __init__(self, batches: Sequence[Sequence[Outgoing]]) -> None:
        style = layout.Style(Labels(_words()), NOW.date(), long_date, "", "")
        self._sources = [_source(batch, style) for batch in batches]
        fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)]
        )
        self._compiler = typst.Compiler(str(TEMPLATE), root=str(FONTS.parent), font_paths=fonts)
        self._pdfs: list[bytes] = []

    def go(self, batches: Sequence[Sequence[Outgoing]]) -> None:
        """The first so many of the sources that are left."""
        for _ in batches:
            pdf: Any = self._compiler.compile(
                format="pdf",
                sys_inputs={"data": self._sources.pop(0)},
                pdf_standards=["ua-1"],
                timestamp=NOW,
            )
            self._pdfs.append(bytes(pdf))

    def sheets(self) -> int:
        return sum(map(_sheets, self._pdfs))


def _source(batch: Sequence[Outgoing], style: layout.Style) -> str:
    placed = [layout.placed(one, index, style) for index, one in enumerate(batch)]
    head = {"paper": PAPER, "title": f"{SCHOOL.school} {NOW:%Y-%m-%d}", "author": SCHOOL.school}
    return json.dumps({**head, "letters": placed}, ensure_ascii=False)


def _words() -> dict[str, dict[str, str]]:
    """The school's fixed words in a letter, as the product has them."""
    return {
        tag: {key: text for key in KEYS if (text := raw(tag, key)) is not None}
        for tag in languages()
    }


def _sheets(pdf: bytes) -> int:
    """How many sheets of paper it takes: every letter begins on one, and the back of the last page is
    missing. The largest list of pages is the one that holds the others."""
    return -(-max((int(count) for count in _COUNT.findall(pdf)), default=0) // 2)


def measure(what: str, count: int, batch: int) -> Took:
    """``what``: ours or typst. Blocking; the process is of no use for a second one."""
    warm, wanted = letters(WARM, seed=0), letters(count, seed=1)
    batches = [wanted[at : at + batch] for at in range(0, count, batch)]
    with tempfile.TemporaryDirectory(prefix="bothways-bench-letters-") as folder:
        run: Run = Ours(Path(folder)) if what == "ours" else Typst([warm, *batches])
        run.go([warm])
        before = run.sheets()
        cpu, began = time.process_time(), time.monotonic()
        run.go(batches)
        seconds, used = time.monotonic() - began, time.process_time() - cpu
        sheets = run.sheets() - before
    threads = _status("Threads") or 1
    return Took(seconds, used, count, sheets, peak_mb(), threads)


def _status(name: str) -> int | None:
    """A number out of the system's own account of this process (Linux)."""
    try:
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), None)


if __name__ == "__main__":
    print(json.dumps(asdict(measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))))  # noqa: T201
