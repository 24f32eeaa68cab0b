"""Flask-Perm's guards on a Rolecall server: the same names, in the same places.

    perm = Perm(app)

    @perm.current_user_loader
    def load_current_user():
        return find_user(session.get("user_id"))

    @app.post("/posts")
    @perm.require_permission("post.publish")
    def publish(): ...

The app's users stay in the app: an object with an id, or None for nobody. What
they may do is asked of the server at each request, so that what its console
changes holds from the next one on. A server that does not answer denies."""

import functools
import json
import urllib.error
import urllib.request


class Denied(Exception):
    """The current user may not do this: 403, unless the app handles it."""

    status = 403
    description = "Permission denied"


class Anonymous(Denied):
    """Nobody is signed in: 401. Who handles Denied handles this, too."""

    status = 401
    description = "Authentication is required"


class Unavailable(Denied):
    """The server gave no answer, so nobody may: 503."""

    status = 503
    description = "Permissions can't be looked up now"


class Perm:
    """The extension. Its settings are ROLECALL_SERVER, the server's address, and
    ROLECALL_KEY, an access key with the role Auditor: it asks, and changes nothing.
    """

    Denied = Denied

    def __init__(self, app=None):
        self._current_user = None
        self._server = self._key = None
        self._timeout = 5
        if app is not None:
            self.init_app(app)

    def init_app(self, app):
        self._server = app.config["ROLECALL_SERVER"].rstrip("/")
        self._key = app.config["ROLECALL_KEY"]
        self._timeout = app.config.get("ROLECALL_TIMEOUT", 5)  # seconds
        app.extensions["perm"] = self
        handlers = app.error_handler_spec[None][None]
        handlers.setdefault(Denied, lambda why: (why.description, why.status))
        app.context_processor(
            lambda: {"require_permission": self.require_permission_in_template, "require_group": self.require_group_in_template}
        )

    def current_user_loader(self, load):
        """Says who makes a request: an object with an id, or None."""
        self._current_user = load
        return load

    # Questions about any user.

    def has_permission(self, user_id, code):
        return self.has_permissions(user_id, code)

    def has_permissions(self, user_id, *codes):
        """Whether the user has any of the permissions; "*" is any at all."""
        if "*" in codes:
            return bool(self.get_user_permissions(user_id))
        questions = [{"subject": str(user_id), "permission": code} for code in codes]
        return any(d["allowed"] for d in self._ask("check", {"checks": questions})["decisions"])

    def get_user_permissions(self, user_id):
        """The permissions that the user has, as dictionaries with an id and a code."""
        found = self._all("what-can", {"subject": str(user_id)})
        return [{"id": p["id"], "code": p["name"]} for p in found if p["api"] == "default"]

    def is_user_in_groups(self, user_id, *groups):
        """Whether the user has any of the roles, by id; "*" is any at all."""
        held = {role["id"] for role in self._ask("effective-roles", {"subject": str(user_id)})["items"]}
        return bool(held if "*" in groups else held.intersection(groups))

    # Guards, and what templates ask.

    def require_permission(self, *codes):
        """Guards a view: who is signed in and has any of the permissions passes."""
        return self._guard(codes, self.has_permissions)

    def require_group(self, *groups):
        """Guards a view: who is signed in and has any of the roles passes."""
        return self._guard(groups, self.is_user_in_groups)

    def require_permission_in_template(self, *codes):
        return self._holds(codes, self.has_permissions)

    def require_group_in_template(self, *groups):
        return self._holds(groups, self.is_user_in_groups)

    def _guard(self, names, holds):
        if not names:
            raise ValueError("a guard needs the name of a permission or a group")

        def guard(view):
            @functools.wraps(view)
            def guarded(*args, **kwargs):
                user = self._user()
                if user is None:
                    raise Anonymous
                if not holds(user.id, *names):
                    raise Denied
                return view(*args, **kwargs)

            return guarded

        return guard

    def _holds(self, names, holds):
        user = self._user()
        return user is not None and holds(user.id, *names)

    def _user(self):
        if self._current_user is None:
            raise NotImplementedError("the app has no current_user_loader")
        return self._current_user() or None

    # Calls.

    def _all(self, question, body):
        items, cursor = [], None
        while True:
            page = self._ask(question, {**body, "cursor": cursor} if cursor else body)
            items += page["items"]
            cursor = page.get("next")
            if not cursor:
                return items

    def _ask(self, question, body):
        request = urllib.request.Request(f"{self._server}/api/v1/{question}", data=json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        request.add_header("Authorization", f"Bearer {self._key}")
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:
                return json.load(answer)
        except (OSError, ValueError) as error:
            raise Unavailable from error
