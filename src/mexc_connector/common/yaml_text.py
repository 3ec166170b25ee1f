"""YAML into one of our types, with nothing lost on the way: a name given twice is refused.

PyYAML takes the last value of a name that is there twice, and a guard or a limit is gone.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

import msgspec

if TYPE_CHECKING:
    from yaml import Node, ScalarNode

T = TypeVar("T")

# What PyYAML's constructors raise for values like 2026-99-99 or `!!int x`.
YAML_VALUE_ERRORS = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RecursionError,
)


def decode_yaml(text: bytes | str, kind: type[T]) -> T | None:
    """Read one document as `kind`; an empty one is None.

    Raises `msgspec.DecodeError` for what is no YAML, says a name twice or does not fit `kind`, one
    of `YAML_VALUE_ERRORS` for a value that its tag forbids, and whatever `kind` itself raises.
    """
    import yaml  # noqa: PLC0415  (most bots read none, and it takes longer than all else here)

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        root = yaml.compose(text, loader)
    except yaml.YAMLError as error:
        raise msgspec.DecodeError(str(error)) from None
    for name in _repeated(root):
        line = name.start_mark.line + 1
        raise msgspec.DecodeError(f"{name.value!r} is there twice, again in line {line}")
    return None if root is None else msgspec.yaml.decode(text, type=kind)


def _repeated(root: "Node | None") -> Iterator["ScalarNode"]:
    """Give the names that a mapping has already; what is reached by two ways is looked at once."""
    import yaml  # noqa: PLC0415

    waiting, seen = [root], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            names = set[tuple[str, str]]()
            for name, value in node.value:
                waiting += name, value
                if not isinstance(name, yaml.ScalarNode) or name.tag.endswith(":merge"):
                    continue
                if (name.tag, name.value) in names:
                    yield name
                names.add((name.tag, name.value))
