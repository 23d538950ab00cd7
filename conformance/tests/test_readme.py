"""The README works for a newcomer: its blocks run as written, in the order written, in a fresh virtual environment.

It takes some minutes and the package index, so it runs where `CI` is set: `CI=true pytest -k readme`.
"""

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```", re.DOTALL | re.MULTILINE)
FOUND_SOMETHING = "kcompat conform"
"""A command that exits with 1 as it is to: it finds what is wrong with Keras."""

pytestmark = [
    pytest.mark.skipif(not (ROOT / "README.md").exists(), reason="only a checkout has the README"),
    pytest.mark.skipif("CI" not in os.environ, reason="set CI: it installs packages and takes some minutes"),
]


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory):
    """A checkout, and what runs a command there in a new environment that has Python and pip alone."""
    folder = tmp_path_factory.mktemp("newcomer")
    checkout = folder / "kcompat"
    shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(".*", "__pycache__", "build", "site"))
    venv.create(folder / "venv", with_pip=True, symlinks=True)
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("KCOMPAT", "KERAS", "PYTHON"))}
    environment = {
        **ours,
        "PATH": f"{folder / 'venv/bin'}{os.pathsep}{os.environ['PATH']}",
        "PIP_CONSTRAINT": str(checkout / "constraints.txt"),
        "KCOMPAT_CACHE": str(folder / "cache"),
    }

    def run(*command):
        return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.mark.skipif(sys.platform == "win32", reason="its commands are those of a POSIX shell")
def test_the_readme_runs_as_written(newcomer):
    program, learned = "", []
    for kind, text in BLOCK.findall((ROOT / "README.md").read_text()):
        if kind == "python":
            program += text
            done = newcomer("python", "-c", program)
            assert not done.returncode, f"{text}\n{done.stdout}{done.stderr}"
            learned.append(float(re.findall(r"val_accuracy: ([\d.]+)", done.stdout)[-1]))
            continue
        for command in text.splitlines():
            done = newcomer("bash", "-c", command)
            expected = int(command.startswith(FOUND_SOMETHING))
            assert done.returncode == expected, f"{command}\n{done.stdout}{done.stderr}"
    assert learned, "the README trains a model"
    assert min(learned) > 0.9, "the README's model learns"
