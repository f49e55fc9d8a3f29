"""The form with which a page asks what its change would change."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form
from pydantic import ValidationError

from agent.business import Business, parsed
from agent.errors import BadInput
from server.document_phrasings import tidy
from server.http.first_text_form import TheWords, Written
from server.preflight_changes import (
    AnswerChange,
    Change,
    DocumentsChange,
    ModelChange,
    PhrasingsChange,
    ProfileChange,
)

UNREADABLE = "This change could not be read. Go back and make it once more."


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the form says; which fields count depends on the kind."""

    kind: str
    first_texts: Written
    profile: str
    """The whole changed profile as JSON."""
    question: str
    answer: str
    wordings: tuple[int, ...]
    document: str
    heading: str
    """Of an entry of that document."""
    words: tuple[str, ...]
    """All other ways to ask for it."""
    back: str
    """The page where the change is made; empty: not one of ours."""
    with_model: bool

    @property
    def typed(self) -> list[str]:
        """What somebody has written, to be shown where it could not be used."""
        texts = (self.first_texts.first_text, self.first_texts.after_hours_text)
        return [one for one in (self.question, self.answer, *texts) if one]

    def change(self, stored: Business) -> Change:
        """The change of the business as it is stored now.

        Raises:
            BadInput: the form says none.
        """
        try:
            return self._change(stored)
        except ValidationError as error:
            raise BadInput(UNREADABLE) from error

    def _change(self, stored: Business) -> Change:
        model, back = self.with_model, self.back
        match self.kind:
            case "first_text":
                profile = self.first_texts.into(stored)
                return ProfileChange(profile=profile, with_model=model, back="/business/first-text")
            case "profile":
                return ProfileChange(profile=parsed(self.profile), with_model=model, back=back)
            case "answer":
                return AnswerChange(
                    question=self.question,
                    answer=self.answer,
                    wordings=self.wordings,
                    with_model=model,
                    back=back,
                )
            case "phrasings":
                return PhrasingsChange(
                    document=self.document,
                    question=self.heading,
                    words=self.words,
                    with_model=model,
                    back=back,
                )
            case "documents":
                return DocumentsChange(with_model=model, back=back)
            case "model":
                return ModelChange(back=back)
            case _:
                raise BadInput(UNREADABLE)


def asked(
    first_texts: TheWords,
    wordings: Annotated[list[int], Form(default_factory=list)],
    words: Annotated[list[str], Form(default_factory=list)],
    kind: Annotated[str, Form()] = "",
    profile: Annotated[str, Form()] = "",
    question: Annotated[str, Form()] = "",
    answer: Annotated[str, Form()] = "",
    document: Annotated[str, Form()] = "",
    heading: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
    with_model: Annotated[bool, Form()] = False,
) -> Asked:
    return Asked(
        kind=kind,
        first_texts=first_texts,
        profile=profile,
        question=question,
        answer=answer,
        wordings=tuple(wordings),
        document=document,
        heading=heading,
        words=tidy(words),
        back=_own(back),
        with_model=with_model,
    )


TheChange = Annotated[Asked, Depends(asked)]


def _own(back: str) -> str:
    """A page of ours, or nothing: a form must not lead elsewhere."""
    is_ours = back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable()
    return back if is_ours else ""
