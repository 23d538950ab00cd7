"""The code in the documentation runs."""

import re
from pathlib import Path

import pytest

from kcompat.runtime import registry as backends
from kcompat.runtime.active import process

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs/pages").rglob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)

pytestmark = pytest.mark.skipif(not (ROOT / "docs").exists(), reason="only a checkout has the documentation")


def with_code():
    """The pages that have blocks of Python."""
    return [pytest.param(page, id=page.stem) for page in PAGES if page.exists() and BLOCK.search(page.read_text())]


@pytest.fixture
def numpy_again():
    """A page may choose a backend; the next one starts with NumPy."""
    backends.set_backend("numpy")
    before = process.__dict__
    yield
    process.__dict__ = before


@pytest.mark.usefixtures("numpy_again")
@pytest.mark.parametrize("page", with_code())
def test_code_of_a_page_runs(page):
    text, namespace = page.read_text(), {"__name__": "page"}
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start(1))
        try:
            exec(compile("\n" * line + block[1], str(page), "exec"), namespace)
        except ImportError as error:
            pytest.skip(f"needs a backend that is not installed: {error}")
