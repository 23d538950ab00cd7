"""The folders, the imports and the size of the files are what pyproject.toml and the design promise."""

import ast
import importlib.util
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("kcompat", "spec", "backends", "conformance", "bench")
FRAMEWORKS = {"tensorflow", "jax", "jaxlib", "torch", "keras"}
LONGEST = 400
DATA = {
    "kcompat/keras_names.json",
    "kcompat/py.typed",
    "kcompat/bench/overhead.json",
    "kcompat/bench/page.html",
    "kcompat/conformance/records/answers.safetensors",
    "kcompat/conformance/records/manifest.json",
    "kcompat/conformance/report/page.html",
}

pytestmark = pytest.mark.skipif(not (ROOT / "pyproject.toml").exists(), reason="only a checkout has the folders")


def sources(*folders):
    """The modules in these folders, without those of nested distributions."""
    for folder in folders:
        nested = [path.parent for path in (ROOT / folder).rglob("pyproject.toml")]
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not any(path.is_relative_to(other) for other in nested):
                yield path


def trees(*folders):
    return [(path.relative_to(ROOT), ast.parse(path.read_text())) for path in sources(*folders)]


def test_library_and_spec_import_no_framework():
    found = []
    for path, tree in trees("kcompat", "spec"):
        for node in ast.walk(tree):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [f"{path}:{node.lineno} {name}" for name in names if name.partition(".")[0] in FRAMEWORKS]
    assert not found, "only backends/<name>/ imports a framework"


def test_library_and_spec_never_ask_which_backend_runs():
    found = []
    for path, tree in trees("kcompat", "spec"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare):
                operands = [node.left, *node.comparators]
                found += [f"{path}:{node.lineno} {ast.unparse(node)}" for x in operands if is_backend_name(x)]
    assert not found, "put the difference into the backend, behind an op or a method of its engine"


def is_backend_name(node):
    """A constant such as "jax", `B.name`, `engine.name` or `get_backend()`."""
    if isinstance(node, ast.Constant):
        return node.value in {"numpy", "jax", "torch", "tensorflow"}
    if isinstance(node, ast.Attribute) and node.attr == "name":
        return ast.unparse(node.value).rpartition(".")[2] in {"B", "backend", "engine", "interpreter"}
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "get_backend"


def test_no_module_is_too_long():
    lengths = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in sources(*FOLDERS)}
    long = {path: n for path, n in lengths.items() if n > LONGEST}
    assert not long, f"past {LONGEST} lines a module has a second concern: move it to a module of its own"


def test_importing_kcompat_imports_no_framework():
    program = "import sys, kcompat, kcompat.ops, kcompat.runtime.shapes; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & FRAMEWORKS, "a framework is imported when its backend is first asked for, not before"


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A checkout in a folder named kcompat, within a folder of its own."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling, which builds the package, is not installed: pip install 'kcompat[dev]'")
    folder = tmp_path_factory.mktemp("parent") / "kcompat"
    unwanted = shutil.ignore_patterns(".*", "__pycache__", "build", "site")
    shutil.copytree(ROOT, folder, ignore=unwanted)
    return folder


@pytest.fixture(scope="module")
def distributions(clone, tmp_path_factory):
    """The names of the files in the wheel and in the source distribution."""
    out = tmp_path_factory.mktemp("dist")
    build = "from hatchling.build import build_sdist, build_wheel; build_sdist({0!r}); build_wheel({0!r})"
    subprocess.run([sys.executable, "-c", build.format(str(out))], cwd=clone, check=True, capture_output=True)
    (wheel,), (source,) = out.glob("*.whl"), out.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    return set(zipfile.ZipFile(wheel).namelist()), names


def test_the_wheel_holds_the_library_and_no_tests(distributions):
    names, _ = distributions
    packaged = {name for name in names if name.startswith("kcompat/")}
    tested = ("conformance/tests/", "conformance/toy_backend/", "bench/test_speed.py")
    modules = {str(path.relative_to(ROOT)) for path in sources(*FOLDERS)}
    modules = {module for module in modules if not module.startswith(tested)}
    expected = {module if module.startswith("kcompat/") else f"kcompat/{module}" for module in modules}
    assert {name for name in packaged if name.endswith(".py")} == expected
    assert packaged - expected == DATA


def test_the_source_distribution_holds_what_a_checkout_has(distributions):
    _, names = distributions
    assert {"Makefile", "constraints.txt", "docs/mkdocs.yml", "conformance/toy_backend/pyproject.toml"} <= names


def environment(folder, *arguments):
    """The Python of a new environment with the packages of ours, in which pip installed kcompat by these arguments."""
    venv.create(folder, symlinks=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    (site,) = folder.rglob("site-packages")
    (site / "packages_of_the_tests.pth").write_text(sysconfig.get_path("purelib"))
    install = [python, "-m", "pip", "install", "--ignore-installed", "--no-deps", "--no-build-isolation"]
    subprocess.run([*install, *arguments], check=True, capture_output=True)
    return python


IMPORT = "import kcompat.spec, kcompat.conformance; print(kcompat.__file__)"
JUDGE = ("-m", "kcompat", "conform", "--backend", "numpy", "--ops", "relu", "--level", "L1")


@pytest.mark.parametrize("how", ["installed", "editable"])
def test_kcompat_is_found_wherever_one_stands(how, clone, tmp_path):
    python = environment(tmp_path / "venv", *(["--editable"] if how == "editable" else []), clone)
    for place in (clone, clone.parent, tmp_path):
        done = subprocess.run([python, "-c", IMPORT], cwd=place, capture_output=True, text=True, check=False)
        assert not done.returncode, f"in {place}: {done.stderr}"
        ours = how == "editable" or place == clone
        assert (clone in Path(done.stdout.strip()).parents) == ours, "the folder that one stands in comes first"
        judged = subprocess.run([python, *JUDGE], cwd=place, capture_output=True, text=True, check=False)
        assert not judged.returncode, f"in {place}: {judged.stdout}{judged.stderr}"
