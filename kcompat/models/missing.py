"""Members of Keras's models and layers that are not here yet, so that asking for one says so."""

from __future__ import annotations

from kcompat.keras_names import PAGE

MEMBERS = frozenset(
    [
        "add_metric",
        "build_from_config",
        "compile_from_config",
        "compute_dtype",
        "compute_mask",
        "compute_metrics",
        "dtype_policy",
        "export",
        "get_build_config",
        "get_compile_config",
        "get_layer",
        "get_metrics_result",
        "get_state_tree",
        "input",
        "input_dtype",
        "input_spec",
        "inputs",
        "load_own_variables",
        "load_weights",
        "make_predict_function",
        "make_test_function",
        "make_train_function",
        "metrics_names",
        "metrics_variables",
        "output",
        "outputs",
        "path",
        "quantize",
        "save",
        "save_own_variables",
        "save_weights",
        "set_state_tree",
        "stateless_call",
        "stateless_compute_loss",
        "supports_masking",
        "symbolic_call",
        "to_json",
        "variable_dtype",
    ]
)


def explain(owner: object, name: str) -> str:
    """Why an object has no attribute of this name."""
    if name in MEMBERS:
        return f"{type(owner).__name__}.{name} is one of Keras that kcompat does not have yet: {PAGE}"
    return f"{type(owner).__name__!r} object has no attribute {name!r}"
