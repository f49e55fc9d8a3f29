"""The guided set-up of a business, one question a page: every step is kept as it is given, and can be skipped."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.business import Business
from agent.errors import BadBusiness, BadInput, NotFound
from agent.rules import phone_zone
from agent.rules.phone import normalised
from server import profile_changes, profile_hangs, setup_answers, setup_preview, setup_steps
from server.documents import Outcome, document_name, refusal, take
from server.http import setup_views as views
from server.http.auth import Owner, OwnForm, csrf_token
from server.http.owner import business_of
from server.http.pages import page
from server.http.twilio import TheHouse
from server.http.uploads import FILE_MAX, FILE_TOO_LARGE, Uploaded
from server.setup_steps import STEPS, TITLES, Step, Typed, Unfit
from server.store import accounts, businesses, setups
from server.store.setups import Setup
from server.wiring import House

router = APIRouter(prefix="/setup")

GO_LIVE = "/business/go-live"
_ALL = "all"
_OTHERS = "This was changed on another device meanwhile. What you typed is below, not saved; save again to replace what stands there."
_OUTCOMES = "setup_outcomes"
"""Where the session keeps what became of files for the next page."""
_ROOM = 1000
"""Characters of it."""


async def typed_in(request: Request) -> Typed:
    form = await request.form()
    return Typed(fields={name: [str(one) for one in form.getlist(name)] for name in form})


TheTyped = Annotated[Typed, Depends(typed_in)]


@router.get("")
def begin(house: TheHouse, owner: Owner) -> Response:
    """To where one is; from the list when all is done."""
    with house.database.connect() as connection:
        setup = setups.of(connection, owner.business)
    return RedirectResponse(f"{router.prefix}/{_ALL if setup.finished_at else _here(setup)}", 303)


@router.get("/all")
def every_step(request: Request, house: TheHouse, owner: Owner) -> HTMLResponse:
    with house.database.connect() as connection:
        setup = setups.of(connection, owner.business)
    return page(
        request,
        "setup_all.html",
        business=business_of(house, owner.business),
        steps=views.every_step(setup),
        here=_here(setup),
        is_finished=setup.finished_at is not None,
    )


@router.get("/number/zone")
def zone(request: Request, house: TheHouse, owner: Owner, phone: str = "") -> HTMLResponse:
    """The time zone that a number's digits tell, chosen in the list."""
    business = business_of(house, owner.business)
    values = views.shown(business, "number", None, house.clock.now())
    guessed = phone_zone.zone_of(normalised(phone) or "")
    values["zones"].setdefault(guessed or business.timezone, phone_zone.title(guessed or ""))
    return page(
        request,
        "_setup_zone.html",
        zones=values["zones"],
        timezone=guessed or "",
        faults={},
    )


@router.get("/{step}")
def step_page(request: Request, house: TheHouse, owner: Owner, step: str) -> HTMLResponse:
    return _page(request, house, owner, _known(step))


@router.post("/try/say", dependencies=[OwnForm])
def say(request: Request, house: TheHouse, owner: Owner, typed: TheTyped) -> HTMLResponse:
    """What the agent would answer; nothing is sent."""
    said = [*typed.all("said"), *typed.all("words")][: setup_preview.TEXTS_AT_MOST]
    if typed.has("again"):
        said = []
    if "HX-Request" not in request.headers:
        return _page(request, house, owner, "try", said=said)
    business = business_of(house, owner.business)
    shown = _talk(house, business, said)
    return page(request, "_setup_talk.html", csrf=csrf_token(request), business=business, **shown)


@router.post("/knowledge/files")
def upload(request: Request, house: TheHouse, owner: Owner, upload: Uploaded) -> Response:
    """Documents that the owner has already; each taken or refused, in words."""
    outcomes = []
    for file in upload.files:
        try:
            name = document_name(file.filename or "")
        except BadInput as error:
            outcomes.append(refusal(file.filename or "", str(error)))
            continue
        if (file.size or 0) > FILE_MAX:
            outcomes.append(refusal(name, f"{name}: {FILE_TOO_LARGE}"))
        else:
            outcomes.append(take(house.library, owner.business, name, file.file.read(), by=owner.login))  # fmt: skip
    if not outcomes:
        outcomes = [Outcome(name="", words="Choose a file first.", is_taken=False)]
    request.session[_OUTCOMES] = _told_of(outcomes)
    return RedirectResponse(f"{router.prefix}/knowledge#files", 303)


@router.post("/{step}/skip", dependencies=[OwnForm])
def skip(house: TheHouse, owner: Owner, step: str) -> Response:
    """Go on without an answer; what stands already stays."""
    known = _known(step)
    with house.database.begin() as connection:
        setups.change(connection, owner.business, lambda found: _over(house, found, known, "skipped"))  # fmt: skip
    return _on(known)


@router.post("/{step}", dependencies=[OwnForm])
def save(request: Request, house: TheHouse, owner: Owner, step: str, typed: TheTyped) -> Response:
    """Keep the answer and go on, unless it cannot be kept or somebody else was quicker."""
    known = _known(step)
    try:
        if known == "knowledge":
            _keep_answers(house, owner, typed)
        else:
            _keep(house, owner, known, typed)
    except Unfit as error:
        return _page(request, house, owner, known, typed=typed, faults=error.faults, status=400)
    except BadInput as error:
        return _page(request, house, owner, known, typed=typed, error=str(error), status=400)
    if typed.one("then") == "later":
        return RedirectResponse(f"{router.prefix}/{_ALL}", 303)
    return _on(known)


def _told_of(outcomes: list[Outcome]) -> list[tuple[str, bool]]:
    """As many as a cookie has room for; what was refused before all else."""
    shown, left = list[tuple[str, bool]](), _ROOM
    for one in sorted(outcomes, key=lambda one: one.is_taken):
        left -= len(one.words)
        if left < 0:
            return [*shown, (f"And {len(outcomes) - len(shown)} more.", True)]
        shown.append((one.words, one.is_taken))
    return shown


def _keep(house: House, owner: accounts.Account, step: Step, typed: Typed) -> None:
    def make(held: Business) -> Business:
        if typed.one("seen") != setup_steps.seen(held, step):
            raise BadInput(_OTHERS)
        changed = setup_steps.apply(held, step, typed)
        if reasons := profile_hangs.refusals(connection, held, changed, owner.staff, now):
            raise BadInput(" ".join(reasons))
        profile_hangs.settle(connection, held, changed)
        return changed

    now = house.clock.now()
    try:
        with house.database.begin() as connection:
            before = businesses.get(connection, owner.business)
            after = profile_changes.change(connection, owner.business, make, by=owner.login, now=now)  # fmt: skip
            setups.change(connection, owner.business, lambda found: _over(house, found, step, "done"))  # fmt: skip
            if before and before.phone != after.phone:
                setups.change(connection, owner.business, _untried)
    except BadBusiness as error:
        raise setup_steps.number_taken() from error


def _keep_answers(house: House, owner: accounts.Account, typed: Typed) -> None:
    """The document first: whoever is interrupted gives the answers once more."""
    business = business_of(house, owner.business)
    given = setup_answers.given(business.industry, typed)
    with house.database.connect() as connection:
        before = setups.of(connection, owner.business).answers
    names = {one.name for one in house.library.documents(business.slug)}
    is_there = setup_answers.NAME in names
    content = house.shelf.content(business.slug, setup_answers.NAME) if is_there else b""
    setup_answers.keep(house.library, business.slug, business.industry, before, given, content, owner.login)  # fmt: skip

    def change(found: Setup) -> Setup:
        return _over(house, found, "knowledge", "done").model_copy(update={"answers": given})

    with house.database.begin() as connection:
        setups.change(connection, owner.business, change)


def _over(house: House, setup: Setup, step: Step, how: str) -> Setup:
    """One step further; the last one ends the set-up."""
    kept = {
        "done": tuple(one for one in setup.done if one != step),
        "skipped": tuple(one for one in setup.skipped if one != step),
    }
    kept[how] = (*kept[how], step)
    following = STEPS.index(step) + 1
    ends = following == len(STEPS)
    changed: dict[str, Any] = {**kept, "step": step if ends else STEPS[following]}
    if ends and setup.finished_at is None:
        changed["finished_at"] = house.clock.now()
    return setup.model_copy(update=changed)


def _untried(setup: Setup) -> Setup:
    """What was tried out with another number says nothing of this one."""
    kept = {name: one for name, one in setup.tried.items() if name == "calendar"}
    return setup.model_copy(update={"tried": kept})


def _on(step: Step) -> Response:
    following = STEPS.index(step) + 1
    there = GO_LIVE if following == len(STEPS) else f"{router.prefix}/{STEPS[following]}"
    return RedirectResponse(there, status_code=303)


def _known(step: str) -> Step:
    if step not in STEPS:
        raise NotFound("There is no such step. Go back, or start from the list of steps.")
    return step


def _here(setup: Setup) -> Step:
    return setup.step if setup.step in STEPS else STEPS[0]


def _page(
    request: Request,
    house: House,
    owner: accounts.Account,
    step: Step,
    *,
    typed: Typed | None = None,
    faults: dict[str, str] | None = None,
    error: str = "",
    status: int = 200,
    said: list[str] | None = None,
) -> HTMLResponse:
    business, place = business_of(house, owner.business), STEPS.index(step)
    with house.database.connect() as connection:
        setup = setups.of(connection, owner.business)
    values = views.shown(business, step, typed, house.clock.now())
    if step == "knowledge":
        values = _knowledge(request, house, business, setup, typed, faults or {})
    elif step == "try":
        values = _talk(house, business, said or [])
    return page(
        request,
        f"setup_{step}.html",
        status=status,
        csrf=csrf_token(request),
        business=business,
        step=step,
        title=TITLES[step],
        place=place + 1,
        steps=len(STEPS),
        back=f"{router.prefix}/{STEPS[place - 1]}" if place else "",
        seen=setup_steps.seen(business, step),
        faults=faults or {},
        error=error,
        **values,
    )


def _knowledge(
    request: Request,
    house: House,
    business: Business,
    setup: Setup,
    typed: Typed | None,
    faults: dict[str, str],
) -> dict[str, Any]:
    held = [one.name for one in house.library.documents(business.slug)]
    return {
        "rows": views.questions(business.industry, setup.answers, typed, faults),
        "outcomes": request.session.pop(_OUTCOMES, []),
        "documents": [one for one in held if one != setup_answers.NAME],
    }


def _talk(house: House, business: Business, said: list[str]) -> dict[str, Any]:
    now = house.clock.now()
    lines = setup_preview.talk(business, house.library, house.embedder, said, now)
    return {
        "lines": lines,
        "said": said,
        "is_full": len(said) >= setup_preview.TEXTS_AT_MOST,
        "longest": setup_preview.LONGEST,
    }
