"""A small app with users of its own, guarded as an app on Flask-Perm is."""

from types import SimpleNamespace

from flask import Flask, render_template_string, request

from perm import Perm

USERS = {"ann": 1, "bob": 2, "cleo": 3, "dan": 4}
PAGE = """{% if require_permission('post.create') %}<button>New post</button>{% endif %}
{% if require_group('moderators') %}<a href="/reports">Reports</a>{% endif %}"""


def create_app(server, key, **settings):
    app = Flask(__name__)
    app.config.update(ROLECALL_SERVER=server, ROLECALL_KEY=key, **settings)
    perm = Perm(app)

    @perm.current_user_loader
    def current_user():  # yours asks the session; this one believes a header, as only an example may
        name = request.headers.get("X-User")
        return SimpleNamespace(id=USERS[name]) if name in USERS else None

    @app.get("/")
    def posts():
        return render_template_string(PAGE)

    @app.post("/posts")
    @perm.require_permission("post.create")
    def create():
        return "created", 201

    @app.delete("/posts/1")
    @perm.require_permission("post.delete", "post.moderate")
    def delete():
        return "deleted"

    @app.get("/reports")
    @perm.require_group("moderators")
    def reports():
        return "reports"

    @app.get("/drafts")
    @perm.require_permission("*")
    def drafts():
        return "drafts"

    return app
