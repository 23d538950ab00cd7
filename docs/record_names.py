"""Print the names of `keras.ops` and their parameters, from the Keras that is installed, as JSON.

KERAS_BACKEND=numpy python docs/record_names.py > docs/keras_names.json
"""

import inspect
import json
import types

import keras


def functions(module):
    """The public functions of a module by name, each with its parameters."""
    found = {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}
    return {
        name: " ".join(inspect.signature(value).parameters)
        for name, value in found.items()
        if not isinstance(value, types.ModuleType)
    }


if __name__ == "__main__":
    modules = [f"ops.{name}" for name, value in vars(keras.ops).items() if isinstance(value, types.ModuleType)]
    names = {module: functions(getattr(keras.ops, module[4:])) for module in sorted(modules) if module[4] != "_"}
    record = {"version": keras.__version__, "names": {"ops": functions(keras.ops), **names}}
    print(json.dumps(record, indent=1))
