"""Finding, loading and choosing backends."""

import copy
import inspect
import subprocess
import sys
import threading
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from kcompat import ops
from kcompat.runtime import active
from kcompat.runtime import registry as backends
from kcompat.runtime.interpreter import Interpreter
from kcompat.spec import OPS


@pytest.fixture
def restored():
    """Put the process-wide choice back after the test."""
    chosen = active.process.__dict__
    yield
    active.process.__dict__ = chosen


@pytest.fixture
def only(monkeypatch):
    """Register nothing but the given entry points."""
    return lambda *entries: monkeypatch.setattr(
        backends, "registered", lambda: {entry.name: entry for entry in entries}
    )


def test_registered_backend_loads(registered):
    try:
        assert backends.load(registered).name == registered
    except ImportError as error:
        pytest.skip(str(error))


def test_every_backend_has_every_primitive(backend):
    missing = [name for name, how in backend.support.items() if how == "missing"]
    assert not missing, f"add these functions to the ops module of {backend.name}"


@pytest.mark.usefixtures("restored")
def test_default_backend_is_that_of_the_environment(backend, monkeypatch):
    monkeypatch.setenv(backends.VARIABLE, backend.name)
    active.process.__dict__ = {}
    assert backends.get_backend() == backend.name


@pytest.mark.usefixtures("restored")
def test_default_backend_is_numpy(monkeypatch):
    monkeypatch.delenv(backends.VARIABLE, raising=False)
    active.process.__dict__ = {}
    assert backends.get_backend() == "numpy"
    assert isinstance(ops.add([1.0], 2.0), np.ndarray)


def test_environment_is_read_in_a_new_process():
    program = "import kcompat; kcompat.get_backend()"
    done = subprocess.run(
        [sys.executable, "-c", program], env={backends.VARIABLE: "nmpy"}, capture_output=True, text=True, check=False
    )
    assert "did you mean 'numpy'?" in done.stderr


def test_use_backend_holds_within_its_block(backend):
    outside = backends.get_backend()
    with backends.use_backend(backend.name):
        assert backends.get_backend() == backend.name
        assert ops.is_tensor(ops.ones((2,)))
    assert backends.get_backend() == outside


def seen_by_a_thread():
    names = []
    thread = threading.Thread(target=lambda: names.append(backends.get_backend()))
    thread.start()
    thread.join()
    return names[0]


@pytest.mark.usefixtures("restored")
def test_threads_see_set_backend(backend):
    backends.set_backend(backend.name)
    assert backends.get_backend() == seen_by_a_thread() == backend.name


def test_threads_do_not_see_use_backend():
    before = backends.get_backend()
    other = Interpreter("other", {}, backends.load("numpy").engine)
    with active.use(other):
        assert backends.get_backend() == "other"
        assert seen_by_a_thread() == before


def test_unknown_backend_suggests_the_nearest():
    with pytest.raises(LookupError, match=r"'nmpy'.*numpy.*did you mean 'numpy'\?"):
        backends.load("nmpy")


@pytest.mark.parametrize(
    ("distribution", "line"),
    [("kcompat", "pip install 'kcompat[absent]'"), ("kcompat-absent", "pip install kcompat-absent")],
)
def test_missing_package_gives_the_pip_line(only, distribution, line):
    def load():
        raise ModuleNotFoundError("No module named 'absent'")

    only(SimpleNamespace(name="absent", dist=SimpleNamespace(name=distribution), load=load))
    with pytest.raises(ImportError, match="'absent'") as caught:
        backends.load("absent")
    assert line in str(caught.value)
    (info,) = backends.list_backends()
    assert not info.installed
    assert line in info.error


@pytest.mark.parametrize("error", [RuntimeError("odd"), SystemExit(0), ImportError("cannot import name 'x'")], ids=repr)
def test_what_an_installed_package_raises_is_told_and_breaks_nothing(only, error):
    def load():
        raise error

    entry = SimpleNamespace(name="odd", dist=SimpleNamespace(name="kcompat-odd"), load=load)
    only(backends.registered()["numpy"], entry)
    message = f"backend 'odd' is installed, by the package kcompat-odd, but fails: {type(error).__name__}: {error}"
    with pytest.raises(ImportError) as caught:
        backends.load("odd")
    assert str(caught.value) == message
    numpy, odd = backends.list_backends()
    assert numpy.installed
    assert odd.error == message


def test_a_module_that_an_installed_package_lacks_is_not_told_as_not_installed(only):
    def load():
        raise ModuleNotFoundError("No module named 'numpy.absent'", name="numpy.absent")

    only(SimpleNamespace(name="odd", dist=SimpleNamespace(name="kcompat-odd"), load=load))
    with pytest.raises(ImportError, match=r"is installed, by the package kcompat-odd, but fails: .*numpy\.absent"):
        backends.load("odd")


def test_an_engine_that_fails_breaks_no_list(only):
    def fail():
        raise SystemExit(0)

    engine = copy.copy(backends.load("numpy").engine)
    engine.version = fail
    package = SimpleNamespace(ops=ModuleType("odd_ops"), engine=engine)
    only(SimpleNamespace(name="odd-engine", dist=None, load=lambda: package))
    (info,) = backends.list_backends()
    assert "'odd-engine' is installed, by the package kcompat, but fails: SystemExit: 0" in info.error


@pytest.mark.parametrize("reverse", [False, True])
def test_no_package_takes_the_name_of_our_backend(monkeypatch, reverse):
    def entry(package, value):
        return SimpleNamespace(name="numpy", value=value, dist=SimpleNamespace(name=package))

    entries = [entry("kcompat", "kcompat.backends.numpy"), entry("a-thief", "thief")]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: entries[:: -1 if reverse else 1])
    message = r"'a-thief' registers a backend as 'numpy' \(thief\), which is that of package 'kcompat'"
    with pytest.warns(UserWarning, match=message):
        registered = backends.registered.__wrapped__()
    assert registered["numpy"].value == "kcompat.backends.numpy"


def test_list_backends_says_how_each_op_is_supported(backend, only):
    only(backends.registered()[backend.name])
    (info,) = backends.list_backends()
    assert info.installed
    assert info.version
    assert info.devices
    assert sorted(info.native + info.composed + info.missing) == sorted(OPS)


class Foreign:
    """A tensor of some other framework."""

    shape, dtype = (2,), "float32"


def test_tensor_of_another_backend_is_refused_with_the_fix(backend):
    message = f"{backend.name}.*Foreign.*convert it to a NumPy array, or switch"
    with backends.use_backend(backend.name), pytest.raises(TypeError, match=message):
        ops.add(Foreign(), 1.0)


def test_arrays_lists_and_numbers_are_converted(backend):
    with backends.use_backend(backend.name):
        for x in (np.array([1.0, 2.0], "float32"), [1.0, 2.0], (1.0, 2.0)):
            y = ops.add(x, 1)
            assert ops.is_tensor(y)
            np.testing.assert_array_equal(ops.convert_to_numpy(y), np.array([2.0, 3.0], "float32"))
        assert ops.convert_to_numpy(ops.add(1, 2.5)) == 3.5


def test_unknown_public_name_in_an_ops_module_is_an_error():
    module = ModuleType("half_ops")
    exec("def multipy(x1, x2): return x1 * x2\ndef _helper(x): return x\nimport math", module.__dict__)
    with pytest.raises(TypeError, match=r"'half'.*multipy.*check the spelling"):
        Interpreter("half", backends.native_ops(module), backends.load("numpy").engine)


def test_missing_primitive_raises_its_name_on_call():
    half = Interpreter("half", {}, backends.load("numpy").engine)
    assert half.support["matmul"] == "missing"
    with pytest.raises(NotImplementedError, match=r"'half'.*'matmul'.*ops module"):
        half.matmul(np.ones((2, 2)), np.ones((2, 2)))


@pytest.mark.parametrize("name", OPS)
def test_native_signature_is_the_declared_one(backend, name):
    """Tensors are positional; attributes are keywords with the declared names and defaults."""
    if backend.support[name] != "native":
        return  # a body has the signature that it declares
    op = OPS[name]
    try:
        native = inspect.signature(getattr(backend, name))
    except ValueError:  # some functions written in C have none
        assert not op.attributes, f"{name}: wrap the function so that it has the signature {op.signature}"
        return
    required = [p for p in op.tensors if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
    attributes = {p.name: p.default for p in op.attributes}
    native.bind(*required, **attributes)
    native.bind(*op.tensors, **attributes)
    if attributes:
        keywords = list(native.parameters.values())[len(op.tensors) :]
        found = {p.name: p.default for p in keywords if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)}
        assert found == attributes, f"{name}: attributes are {found}, the spec declares {attributes}"
