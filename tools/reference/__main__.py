"""`python -m tools.reference`: write docs/reference, and say what has changed."""

from __future__ import annotations

from tools.reference import FOLDER, write


def main() -> None:
    changed = write(FOLDER)
    print(f"docs/reference: {', '.join(changed) or 'nothing has changed'}")


if __name__ == "__main__":
    main()
