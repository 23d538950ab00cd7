"""Record the public names of the Keras that is installed.

KERAS_BACKEND=numpy python docs/record_names.py

writes `kcompat/keras_names.json`, all names by namespace, and `docs/keras_names.json`, those of `keras.ops` with their
parameters. A namespace whose names are all in the one around it, such as `keras.ops.numpy`, is left out of the first.
With `--print` both are printed as one list.
"""

import inspect
import json
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras

DOCS = Path(__file__).parent
PLACES = (DOCS.parent / "kcompat/keras_names.json", DOCS / "keras_names.json")


def namespaces(module: types.ModuleType, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The public namespaces of Keras, each with its members other than modules."""
    public = {name: value for name, value in vars(module).items() if not name.startswith("_") and name != "src"}
    modules = {name: value for name, value in public.items() if isinstance(value, types.ModuleType)}
    yield path, {name: value for name, value in sorted(public.items()) if name not in modules}
    for name, value in sorted(modules.items()):
        yield from namespaces(value, f"{path}.{name}".removeprefix("."))


def record() -> list[dict[str, Any]]:
    """The contents of both files."""
    public = {path: members for path, members in namespaces(keras) if members}
    names = {
        path: " ".join(members)
        for path, members in public.items()
        if not path or not members.keys() <= public.get(path.rpartition(".")[0], {}).keys()
    }
    parameters = {
        path: {name: " ".join(inspect.signature(value).parameters) for name, value in members.items()}
        for path, members in public.items()
        if path.partition(".")[0] == "ops"
    }
    return [{"version": keras.__version__, "names": listed} for listed in (names, parameters)]


if __name__ == "__main__":
    if "--print" in sys.argv:
        print(json.dumps(record()))
    else:
        for place, content in zip(PLACES, record(), strict=True):
            place.write_text(json.dumps(content, indent=1) + "\n")
