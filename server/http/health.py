"""Is the server up, and can it work?"""

import sqlalchemy as sa
from fastapi import APIRouter
from fastapi.responses import JSONResponse

from server.http.twilio import TheHouse

router = APIRouter()


@router.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/ready")
def ready(house: TheHouse) -> JSONResponse:
    """200 when the database answers, else 503."""
    try:
        with house.database.connect() as connection:
            connection.execute(sa.text("select 1"))
    except sa.exc.SQLAlchemyError:
        return JSONResponse({"status": "the database does not answer"}, status_code=503)
    return JSONResponse({"status": "ready"})
