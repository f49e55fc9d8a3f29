"""YAML as plain values, with the line on which each stands and how it was written."""

from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass, field

import yaml

Path = tuple[int | str, ...]
"""The way to a value: keys of mappings, places (from 0) in lists."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    line: int
    """From 1."""
    path: Path
    say: str
    """What is wrong, and the mend."""


class NotYaml(Exception):
    """The file as a whole cannot be taken in."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.say)
        self.problem = problem


@dataclass(frozen=True, kw_only=True)
class LinedYaml:
    values: dict[str, object] = field(default_factory=dict)
    lines: dict[Path, int] = field(default_factory=dict)
    written: dict[Path, str] = field(default_factory=dict)
    """Single values as they stand in the file, where YAML took them for something other than text."""
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line of the value, or of the nearest thing around it when it is not there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_lined_yaml(text: str) -> LinedYaml:
    """Read one mapping.

    Raises:
        NotYaml: empty, not YAML, or something else than keys and values.
    """
    try:
        return _read(text)
    except yaml.YAMLError as error:
        raise NotYaml(_syntax_problem(text, error)) from error
    except RecursionError as error:
        raise NotYaml(Problem(line=1, path=(), say="brackets are nested too deep")) from error


def _read(text: str) -> LinedYaml:
    loader = yaml.SafeLoader(_without_tabs(text))
    root = loader.get_single_node()
    if root is None:
        raise NotYaml(Problem(line=1, path=(), say="the file is empty"))
    if not isinstance(root, yaml.MappingNode):
        say = "write keys and values, like slug: alder-creek-plumbing"
        raise NotYaml(Problem(line=_line(root), path=(), say=say))
    walk = _Walk(loader)
    values = walk.mapping(root, ())
    return LinedYaml(values=values, lines=walk.lines, written=walk.written, problems=walk.problems)


class _Walk:
    def __init__(self, loader: yaml.SafeLoader) -> None:
        self.loader = loader
        self.lines: dict[Path, int] = {}
        self.written: dict[Path, str] = {}
        self.problems: list[Problem] = []
        self._seen: set[int] = set()

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        values: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, path)
            if key in values:
                say = f"stands twice, first on line {self.lines[*path, key]}"
                self._refuse(_line(key_node), (*path, key), say)
            elif key is not None:
                self.lines[(*path, key)] = _line(key_node)
                values[key] = self.value(value_node, (*path, key))
        return values

    def value(self, node: yaml.Node, path: Path) -> object:
        self.lines.setdefault(path, _line(node))
        if id(node) in self._seen:
            say = "write it out here: & and * are not used in this file"
            self._refuse(self.lines[path], path, say)
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, place)) for place, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _scalar(self, node: yaml.Node, path: Path) -> object:
        try:
            value: object = self.loader.construct_object(node)
        except ValueError:  # what looks like a date or a number, and is none
            self._refuse(_line(node), path, f"there is no such date or number: {node.value}")
            return None
        if isinstance(value, str):
            # JSON writes a sign beyond U+FFFF as two escapes, which YAML takes for two signs
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        self.written[path] = node.value
        return value

    def _key(self, node: yaml.Node, path: Path) -> str | None:
        key: Hashable = None
        if isinstance(node, yaml.ScalarNode) and node.tag != "tag:yaml.org,2002:merge":
            with suppress(ValueError):
                key = self.loader.construct_object(node)
        if isinstance(key, str):
            return key
        shown = node.value if isinstance(node, yaml.ScalarNode) else "this"
        as_what = "yes or no" if isinstance(key, bool) else "something else than a word"
        say = f"YAML reads the key {shown!r} as {as_what}: put it in quotes"
        self._refuse(_line(node), path, say)
        return None

    def _refuse(self, line: int, path: Path, say: str) -> None:
        self.problems.append(Problem(line=line, path=path, say=say))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _without_tabs(text: str) -> str:
    """JSON may be indented with tabs, YAML may not."""
    return text.replace("\t", " ") if text.lstrip().startswith("{") else text


def _syntax_problem(text: str, error: yaml.YAMLError) -> Problem:
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Problem(line=line, path=(), say="there is a sign here that no text has: delete it")
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error)
    say = f"this is not YAML ({what}): look at the quotes, colons and indentation here"
    if "'\\t'" in say:
        say = "indent with spaces: YAML does not take tabs"
    return Problem(line=mark.line + 1 if mark else 1, path=(), say=say)
