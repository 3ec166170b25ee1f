"""Texts where a number belongs: what the exchange writes, what is hard to round, what is wrong."""

from decimal import Decimal, localcontext
from math import nextafter
from random import Random

PLAIN = (
    "0",
    "1",
    "0.0",
    "0.00000000",
    "375.8",
    "375.80",
    "84270.01",
    "0.006387",
    "5.42169969",
    "0.00000001",
    "99999999",
    "123456.789012",
    "0.000000000000000001",
)
"""As the exchange writes them."""

HARD = (
    # Halfway between two doubles, and one digit to either side.
    "9007199254740993",
    "9007199254740992.9",
    "9007199254740993.1",
    "9007199254740993.0000000000000000000001",
    "1.00000000000000011102230246251565404236316680908203125",
    "1.00000000000000011102230246251565404236316680908203124",
    "1.00000000000000011102230246251565404236316680908203126",
    "4503599627370496.5",
    "4503599627370497.5",
    # The edges of the exact fast conversion: 2**53, 10**22, 19 and 20 digits.
    "9007199254740991",
    "9007199254740992",
    "900719925474099.1",
    "0.9007199254740991",
    "9007199254740991e22",
    "9007199254740991e-22",
    "9007199254740991e23",
    "9007199254740991e-23",
    "1e22",
    "1e23",
    "1e-22",
    "1e-23",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775807",
    "9223372036854775808",
    "9999999999999999999",
    "99999999999999999999",
    "1234567890123456789",
    "12345678901234567890",
    "0.1234567890123456789",
    "0.12345678901234567890123456789",
    "123456789.0123456789012345678901234567890",
    "1" * 40,
    "0." + "0" * 30 + "1",
    "0" * 40 + "1",
    "1." + "0" * 40,
    "1" + "0" * 40,
    # The ends of the range.
    "1.7976931348623157e308",
    "1.7976931348623158e308",
    "2.2250738585072014e-308",
    "2.2250738585072011e-308",
    "4.9e-324",
    "5e-324",
    "2.4703282292062327e-324",
    "2.4703282292062328e-324",
    "2e-324",
    "1e-400",
)
"""Right, and hard to round."""

ODD = (
    "",
    ".",
    ".5",
    "5.",
    "0.",
    ".0",
    "-0",
    "-0.0",
    "+0",
    "+1",
    "-1",
    "-1e-400",
    "--1",
    "+-1",
    "1-",
    "1+1",
    "00",
    "007",
    "00.10",
    "1.2.3",
    "1..2",
    "..",
    "1e",
    "1e+",
    "e5",
    "1e5",
    "1E5",
    "1e+5",
    "1e-5",
    "1e05",
    "1e5.0",
    "1e1e1",
    "1.7976931348623159e308",  # rounds to infinity
    "1e400",
    "-1e400",
    "1e999999999999999999999",
    "1e-999999999999999999999",
    "0e999999999999999999999",
    "nan",
    "NaN",
    "inf",
    "-inf",
    "Infinity",
    "0x10",
    "0b1",
    "1_0",
    "1,5",
    " 1",
    "1 ",
    "1\n",
    "\t1",
    "1\0",
    "\0",
    "\x001",
    "1\x002",
    "\u0661\u0662",  # Arabic-Indic digits, which Python's float would take
    "\uff11",  # a full-width one
    "\u00b2",  # superscript two: isdigit, but no number
    "1\u00a0",
    "\u221e",
    "a",
    "1a",
    "/",
    ":",
    "1/",
    "1:",
)
"""Edges of the grammar, most of them wrong."""

INVALID_UTF8 = (
    b"\xff",
    b"\x80",
    b"1\x80",
    b"\xc0\x80",  # an overlong NUL
    b"\xc3",  # cut short
    b"\xe2\x82",
    b"\xed\xa0\x80",  # a surrogate
    b"\xf4\x90\x80\x80",  # past the last code point
    b"\xf8\x88\x80\x80\x80",
)
"""No text at all: a parser of proto3 has to refuse the message."""

VERSIONS = (
    "0",
    "1",
    "00",
    "007",
    "999999999999999999",
    "1000000000000000000",
    "9223372036854775807",
    "9223372036854775808",
    "9999999999999999999",
    "10000000000000000000",
    "18446744073709551616",
    "0" * 18 + "7",
    "0" * 19 + "7",
    "-1",
    "+1",
    "1.0",
    "1e3",
    " 1",
    "1 ",
    "",
    "\u0661",
    "\u00b2",
    "1\0",
)
"""Where a version belongs."""

LONGEST_TAKEN = 63
"""Longer numbers go to the reference, whatever they say."""

EVERY = (*PLAIN, *HARD, *ODD)


def readable(random: Random, count: int) -> list[str]:
    """Numbers of every sort, in range and short enough for the compiled path to take them."""
    makers = (random_decimal, random_decimal, near_halfway, halfway_integer)
    made: list[str] = []
    while len(made) < count:
        text = random.choice(makers)(random)
        if len(text) <= LONGEST_TAKEN:
            made.append(text)
    return made


def random_decimal(random: Random) -> str:
    """A decimal of 1 to 25 digits, its point anywhere, sometimes with an exponent."""
    count = random.choice((random.randint(1, 9), random.randint(15, 19), random.randint(1, 25)))
    digits = "".join(random.choice("0123456789") for _ in range(count))
    point = random.randint(0, count)
    text = digits[:point] + "." + digits[point:] if random.random() < 0.8 else digits
    if text.startswith(".") and random.random() < 0.9:
        text = "0" + text
    if random.random() < 0.3:
        text += f"{random.choice('eE')}{random.randint(-30, 30)}"
    return text


def near_halfway(random: Random) -> str:
    """A decimal at, or a hair beside, the middle between two neighbouring doubles."""
    base = random.uniform(1, 10) * 10.0 ** random.randint(-12, 19)
    with localcontext() as context:
        context.prec = 200
        middle = (Decimal(base) + Decimal(nextafter(base, float("inf")))) / 2
        digits = random.choice((17, 18, 19, 20, 40, 200))
        context.prec = digits
        text = f"{+middle:f}"
    hair = random.choice(("", "", "0", "1", "0000000001"))
    if hair and "." not in text:
        text += "."
    return text + hair


def halfway_integer(random: Random) -> str:
    """An odd number of half steps above 2**53, with at most 19 digits: a tie, to even."""
    shift = random.randint(0, 9)
    half_steps = random.randrange(2**53 + 1, 2**54, 2)
    number = (half_steps << shift) + random.choice((-1, 0, 0, 1))
    zeros = random.randint(0, 6)
    return str(number) + ("." + "0" * zeros if zeros else "")
