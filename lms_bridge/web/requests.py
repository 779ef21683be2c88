"""One unit of work a request: the session opens with it, commits before the answer leaves, or rolls back."""

import time

from flask import Response, g, request
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from .. import db
from .app import Bridge

SAFE = ("GET", "HEAD", "OPTIONS")


def init_app(app: Bridge) -> None:
    @event.listens_for(app.database.engine, "before_cursor_execute")
    def count(*_: object) -> None:
        if g:
            g.queries = g.get("queries", 0) + 1

    @app.before_request
    def open_unit_of_work() -> None:
        g.started, g.queries = time.perf_counter(), 0
        g.unit_of_work = app.database.new_session(write=request.method not in SAFE)
        db.set_current(g.unit_of_work)

    @app.after_request
    def commit(response: Response) -> Response:
        session: Session | None = g.get("unit_of_work")
        if session is not None:
            if response.status_code < 400:
                try:
                    session.commit()
                except DBAPIError as error:  # the database died at this very moment: no fault of ours
                    response = app.make_response(app.handle_user_exception(error))
                else:
                    db.run_after_commit(session)
            else:
                session.rollback()
        took = (time.perf_counter() - g.get("started", time.perf_counter())) * 1000
        response.headers["Server-Timing"] = f'app;dur={took:.1f}, db;desc="{g.get("queries", 0)} queries"'
        return response

    @app.teardown_request
    def close(_error: BaseException | None) -> None:
        session: Session | None = g.pop("unit_of_work", None)
        if session is not None:
            session.close()
        db.set_current(None)
