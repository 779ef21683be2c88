# Sourced by ./run and ./test: makes .venv from a lock file, once; a stamp makes every later start instant.
# Needs: python3 (3.11 or newer). Uses uv where it is present.

unset PYTHONDONTWRITEBYTECODE  # images set it; each process would compile all of the project anew

set_up() {
    lock=$1
    stamp=".venv/.stamp-$(basename "$lock")"
    wanted=$(cat "$lock" pyproject.toml hatch_build.py | cksum)
    if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
        python=${PYTHON:-python3}
        "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
            echo "lms-bridge needs Python 3.11 or newer; $python is not. Set PYTHON to one that is." >&2
            exit 1
        }
        echo "Setting up (once, about a minute) …" >&2
        [ -x .venv/bin/python ] || "$python" -m venv .venv
        if command -v uv >/dev/null 2>&1; then
            uv pip install --quiet --python .venv/bin/python --require-hashes -r "$lock"
        else
            .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
        fi
        rm -f .venv/.stamp-*
        install_project
        echo "$wanted" > "$stamp"
    elif ! front_end_is_fresh; then
        echo "The front end has changed: building it …" >&2
        install_project
    fi
}

install_project() {
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
}

front_end_is_fresh() {
    [ -f .build-stamp ] && [ -z "$(find package.json package-lock.json build.mjs lms_bridge/web/frontend \
        content/player/src scorm/runtime/src -newer .build-stamp -type f 2>/dev/null | head -n 1)" ]
}
