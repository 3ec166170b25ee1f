"""Ways to bend text and JSON that came from a network: by byte, by value, by shape."""

import json
from random import Random

ODD_VALUES: tuple[object, ...] = (
    None,
    True,
    "",
    " ",
    "0",
    "-1",
    "1e400",
    "NaN",
    "Infinity",
    "0x10",
    "1_000",
    "٣",
    "1.0.0",
    "\x00",
    "\ud800",
    "龙虾",
    "9" * 400,
    0,
    -1,
    1.5,
    2**53 + 1,
    2**63,
    2**64,
    -(2**70),
    10**400,
    1e308,
    [],
    {},
    [[]],
    [None],
    {"code": -1},
    [["1", "2"], ["3"]],
)
_BYTES = b'\x00\x7f\x80\xc3\xff{}[]":,\\0-9eE.+ntf\n'


def bend_bytes(random: Random, text: bytes) -> bytes:
    """Change bytes in one to four places, or cut the end off."""
    for _ in range(random.choice((1, 1, 2, 4))):
        at = random.randrange(len(text) + 1)
        kind = random.randrange(5)
        if kind == 0:
            text = text[:at]
        elif kind == 1:
            text = text[:at] + bytes((random.choice(_BYTES),)) + text[at + 1 :]
        elif kind == 2:
            text = text[:at] + bytes((random.choice(_BYTES),)) + text[at:]
        elif kind == 3:
            text = text[:at] + text[at + random.randint(1, 30) :]
        else:
            other = random.randrange(len(text) + 1)
            text = text[:at] + text[other : other + random.randint(1, 60)] + text[at:]
    return text


def bend_json(random: Random, text: bytes) -> bytes:
    """Put odd values and shapes into a JSON text; whatever is no JSON is bent by bytes."""
    try:
        value = json.loads(text)
    except ValueError:
        return bend_bytes(random, text)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        value = _bent(random, value)
    bent = json.dumps(value, ensure_ascii=random.random() < 0.5)
    return bent.encode("utf-8", "surrogatepass")


def bend(random: Random, text: bytes) -> bytes:
    """Bend by value mostly, by bytes now and then."""
    return bend_json(random, text) if random.random() < 0.7 else bend_bytes(random, text)


def _bent(random: Random, value: object) -> object:
    if isinstance(value, dict) and value and random.random() < 0.93:
        changed = dict(value)
        key = random.choice(list(changed))
        kind = random.random()
        if kind < 0.1:
            del changed[key]
        elif kind < 0.15:
            changed[random.choice(("", "code", "msg", "data", key.upper()))] = changed.pop(key)
        else:
            changed[key] = _bent(random, changed[key])
        return changed
    if isinstance(value, list) and value and random.random() < 0.93:
        changed_list = list(value)
        at = random.randrange(len(changed_list))
        kind = random.random()
        if kind < 0.05:
            del changed_list[at]
        elif kind < 0.1:
            changed_list.append(changed_list[at])
        elif kind < 0.15:
            random.shuffle(changed_list)
        else:
            changed_list[at] = _bent(random, changed_list[at])
        return changed_list
    if isinstance(value, str) and value and random.random() < 0.3:
        return bend_bytes(random, value.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
    return random.choice(ODD_VALUES)
