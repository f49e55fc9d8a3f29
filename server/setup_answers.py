"""The typical questions that an owner has answered by tapping, kept as one document; what is not answered stays out."""

from collections.abc import Mapping, Sequence

from agent.errors import BadInput
from agent.rules import typical
from agent.rules.typical import Question
from knowledge.library import Library
from server import answers, documents
from server.setup_steps import Typed, Unfit

NAME = "common-questions.csv"

Given = Mapping[str, Sequence[str]]
"""What was tapped or typed, by the question's id."""


def given(industry: str, typed: Typed) -> dict[str, tuple[str, ...]]:
    """The answers on a form.

    Raises:
        Unfit: one of them is none, by the question's id.
    """
    found: dict[str, tuple[str, ...]] = {}
    faults: dict[str, str] = {}
    for question in typical.questions(industry):
        values = typed.all(f"q-{question.id}")
        try:
            if typical.answer(question, values):
                found[question.id] = values
        except BadInput as error:
            faults[question.id] = str(error)
    if faults:
        raise Unfit(faults)
    return found


def keep(
    library: Library, slug: str, industry: str, before: Given, now: Given, content: bytes, by: str
) -> None:
    """Bring the document to these answers; callers are answered from it when this returns.

    What somebody has changed in it by hand stays: then only answers that are new or other than before are put in.

    Args:
        content: the document as it is; empty: there is none.
    """
    questions = typical.questions(industry)
    is_ours = content in (b"", _written(b"", questions, before))
    if is_ours:
        wanted = _written(b"", questions, now)
    else:
        changed = {name: told for name, told in now.items() if before.get(name) != told}
        wanted = _written(content, questions, changed)
    if wanted == content:
        return
    if wanted:
        documents.take(library, slug, NAME, wanted, by=by)
    else:
        documents.drop(library, slug, NAME, by=by)


def _written(content: bytes, questions: Sequence[Question], told: Given) -> bytes:
    for question in questions:
        if values := told.get(question.id):
            words = typical.answer(question, values)
            content = answers.with_answer(content, question.ask, words, question.also)
    return content
