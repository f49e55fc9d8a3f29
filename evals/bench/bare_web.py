"""The yardstick of a webhook: FastAPI alone, checking the carrier's signature and committing one row.

The row holds what the product keeps of a text: its id, phones, words, time, and the webhook's fields as JSON.
Served as the product is. Arguments: SQLAlchemy URL, port, the carrier's token. Ends with its stdin.
"""

import json
import sys
import threading
from datetime import UTC, datetime
from typing import Annotated

import sqlalchemy as sa
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import Response
from twilio.request_validator import RequestValidator

from evals.bench.plain_engine import plain_engine

text = sa.Table(
    "text",
    sa.MetaData(),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("key", sa.String, nullable=False, unique=True),
    sa.Column("sender", sa.String, nullable=False),
    sa.Column("recipient", sa.String, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("raw", sa.JSON, nullable=False),
)


def bare_web(url: str, port: int, token: str) -> FastAPI:
    engine, app = plain_engine(url), FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    text.metadata.create_all(engine)
    validator, signed_for = RequestValidator(token), f"http://127.0.0.1:{port}/twilio/sms"

    async def signed_form(request: Request) -> dict[str, str]:
        form = {name: str(value) for name, value in (await request.form()).multi_items()}
        signature = request.headers.get("X-Twilio-Signature", "")
        if not validator.validate(signed_for, form, signature):
            raise HTTPException(403)
        return form

    @app.post("/twilio/sms")
    def receive(form: Annotated[dict[str, str], Depends(signed_form)]) -> Response:
        with engine.begin() as connection:
            connection.execute(
                sa.insert(text).values(
                    key=form["MessageSid"],
                    sender=form["From"],
                    recipient=form["To"],
                    body=form["Body"],
                    at=datetime.now(UTC),
                    raw=form,
                )
            )
        return Response("<Response></Response>", media_type="text/xml")

    return app


def main() -> None:
    url, port, token = sys.argv[1], int(sys.argv[2]), sys.argv[3]

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: object = None) -> None:
            await super().startup()
            sys.stdout.write(json.dumps({"ready": self.started}) + "\n")
            sys.stdout.flush()

    config = uvicorn.Config(
        bare_web(url, port, token),
        host="127.0.0.1",
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=2,
        access_log=False,
    )
    server = Announcing(config)

    def end_with_stdin() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=end_with_stdin, daemon=True).start()
    server.run()


if __name__ == "__main__":
    main()
