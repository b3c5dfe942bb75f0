"""The readers of the demonstration, so that the directory shows what it can do. All of them are invented."""

from __future__ import annotations

from dataclasses import dataclass

from storage.demo import DemoProfile

WEEKDAYS = (1, 2, 3, 4, 5)
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
WEEKEND = (0, 6)


@dataclass(frozen=True, slots=True)
class DemoReader:
    email: str
    display_name: str
    profile: DemoProfile
    days: tuple[int, ...] = WEEKDAYS
    hours: tuple[int, int] = (9, 17)


# Whom the demo reader's login belongs to.
HOUSE_READER = DemoReader(
    "reader@demo.example.com",
    "Rowan Hale",
    DemoProfile(
        "Clear, kind answers when a decision will not let you sleep",
        "I read tarot the way a good friend listens: slowly, and without drama. Bring one question. We look at what is"
        " in your hands, what is not, and what a first step could be. I never predict illness, death or lottery numbers.",
        ("tarot", "life decisions", "relationships"),
        ("en", "de"),
        12,
        399,
        499,
        599,
    ),
    EVERY_DAY,
    (10, 20),
)

# Accepts and answers by itself, so that one person alone can try a consultation.
GUIDE = DemoReader(
    "guide@demo.example.com",
    "Iris (demo)",
    DemoProfile(
        "A demonstration: accepts at once and answers by itself",
        "I am not a person. I am here so that you can see how a consultation goes: the ringing, the clock, the charge each"
        " minute, the summary at the end. What I write is canned. In calls I chime every few seconds, in videos I have a drawn"
        " face.",
        ("first steps",),
        ("en",),
        0,
        199,
        249,
        299,
        "online",
    ),
    EVERY_DAY,
    (0, 23),
)

DEMO_READERS = (
    DemoReader(
        "mara@demo.example.com",
        "Mara Voss",
        DemoProfile(
            "Astrology for turning points: work, moves, beginnings",
            "Twenty years of charts have taught me that timing is half of every answer. I prepare before we talk, so bring your"
            " date, time and place of birth.",
            ("astrology", "career", "timing"),
            ("en", "de", "fr"),
            21,
            549,
            649,
            749,
        ),
        WEEKDAYS,
        (8, 16),
    ),
    DemoReader(
        "tomas@demo.example.com",
        "Tomás Ferreira",
        DemoProfile(
            "Love and family, without taking sides",
            "I grew up between two families and learned to hear both. Cards, and plain talk.",
            ("love", "family", "tarot"),
            ("pt", "es", "en"),
            9,
            299,
            399,
            None,
        ),
        (1, 3, 5, 6),
        (14, 22),
    ),
    DemoReader(
        "yuki@demo.example.com",
        "Yuki Tanabe",
        DemoProfile(
            "I Ching: one question, one honest answer",
            "The book answers what is asked, so we spend the first minutes on the question. Short consultations are fine.",
            ("i ching", "life decisions"),
            ("ja", "en"),
            15,
            450,
            None,
            650,
        ),
        EVERY_DAY,
        (6, 11),
    ),
    DemoReader(
        "amara@demo.example.com",
        "Amara Okafor",
        DemoProfile(
            "Grief and goodbye: company for the hard part",
            "Former hospice nurse. I hold space, I do not hurry, and I will tell you when a"
            " doctor or a counsellor is the better call.",
            ("grief", "mediumship", "comfort"),
            ("en",),
            18,
            350,
            450,
            550,
        ),
        WEEKDAYS,
        (12, 20),
    ),
    DemoReader(
        "lena@demo.example.com",
        "Lena Brandt",
        DemoProfile(
            "Numerology that ends in a plan",
            "Numbers give us a map, you choose the road. Every consultation closes with three things to do this week.",
            ("numerology", "career", "habits"),
            ("de", "en"),
            6,
            249,
            299,
            None,
        ),
        WEEKEND,
        (9, 18),
    ),
    DemoReader(
        "noor@demo.example.com",
        "Noor Haddad",
        DemoProfile(
            "Dreams, read with care",
            "Tell me the dream as you remember it; the gaps matter too. I work with symbols from"
            " several traditions and with yours first.",
            ("dreams", "symbols"),
            ("ar", "fr", "en"),
            11,
            375,
            475,
            None,
        ),
        (0, 2, 4),
        (17, 23),
    ),
    DemoReader(
        "caleb@demo.example.com",
        "Caleb Stone",
        DemoProfile(
            "Straight talk about money worries and new starts",
            "I ran a shop for ten years before I read cards. Expect practical questions back.",
            ("tarot", "money", "career"),
            ("en",),
            7,
            199,
            299,
            399,
        ),
        WEEKDAYS,
        (7, 12),
    ),
    DemoReader(
        "sofia@demo.example.com",
        "Sofia Lindqvist",
        DemoProfile(
            "Runes and nature for restless minds",
            "A quiet half hour with three stones. Good for people who have already thought about it too much.",
            ("runes", "calm", "life decisions"),
            ("sv", "en"),
            13,
            425,
            525,
            625,
        ),
        (2, 3, 4, 6),
        (10, 15),
    ),
    DemoReader(
        "devi@demo.example.com",
        "Devi Raman",
        DemoProfile(
            "Vedic charts, explained in everyday words",
            "Trained in Chennai, practising in Leeds. I explain every step, so that you can check me.",
            ("vedic astrology", "relationships", "timing"),
            ("en", "ta", "hi"),
            24,
            799,
            899,
            999,
        ),
        WEEKDAYS,
        (15, 21),
    ),
    DemoReader(
        "jules@demo.example.com",
        "Jules Moreau",
        DemoProfile(
            "Lenormand: quick, concrete, kind",
            "Thirty-six small cards for the questions of the week: the interview, the message, the move.",
            ("lenormand", "love", "career"),
            ("fr", "en"),
            5,
            149,
            249,
            None,
        ),
        EVERY_DAY,
        (18, 23),
    ),
)
