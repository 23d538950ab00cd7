"""The source of an op's declaration: its body and its VJP rules as they are written in the spec."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import textwrap

from kcompat.spec import Op


@functools.cache
def module(family: str) -> tuple[str, ast.Module]:
    """The source of a family's file, and its syntax tree."""
    source = inspect.getsource(importlib.import_module(f"kcompat.spec.{family}"))
    return source, ast.parse(source)


def module_docstring(family: str) -> str:
    """What the file says of the family."""
    return ast.get_docstring(module(family)[1]) or ""


def functions(family: str) -> dict[str, ast.FunctionDef]:
    """The functions of a family's file, by name."""
    return {node.name: node for node in module(family)[1].body if isinstance(node, ast.FunctionDef)}


def declaration(op: Op) -> ast.FunctionDef:
    """The function that declares the op; its name may end with an underscore."""
    declared = functions(op.family)
    return declared.get(op.name) or declared[f"{op.name}_"]


def text(family: str, node: ast.expr | ast.FunctionDef) -> str:
    """The source of a node, dedented, without decorators."""
    lines = module(family)[0].splitlines()[node.lineno - 1 : node.end_lineno]
    if isinstance(node, ast.FunctionDef):
        return textwrap.dedent("\n".join(lines))
    segment = ast.get_source_segment(module(family)[0], node) or ""
    first, _, rest = segment.partition("\n")
    return f"{first}\n{textwrap.dedent(rest)}" if rest else first


def body(op: Op) -> str:
    """The body of a composed op, without its docstring."""
    node = declaration(op)
    lines = module(op.family)[0].splitlines()
    docstring, *statements = node.body
    head = lines[node.lineno - 1 : docstring.lineno - 1]
    rest = lines[docstring.end_lineno : node.end_lineno] if statements else []
    while rest and not rest[0].strip():
        rest.pop(0)
    return "\n".join([*head, *rest])


def vjp(op: Op) -> str:
    """The VJP of an op: the expression in its declaration, and the functions of the file that it names."""
    (decorator,) = (d for d in declaration(op).decorator_list if isinstance(d, ast.Call))
    value = next(keyword.value for keyword in decorator.keywords if keyword.arg == "vjp")
    helpers = functions(op.family)
    named = [helpers[n.id] for n in ast.walk(value) if isinstance(n, ast.Name) and n.id in helpers]
    rules = value.elts if isinstance(value, ast.Tuple) else [value]
    names = [parameter.name for parameter in op.tensors] if isinstance(value, ast.Tuple) else ["vjp"]
    lines = [f"{name} = {text(op.family, rule)}" for name, rule in zip(names, rules, strict=True)]
    if not isinstance(value, ast.Tuple) and isinstance(value, ast.Name):
        lines = []
    return "\n\n".join(["\n".join(lines), *(text(op.family, node) for node in dict.fromkeys(named))]).strip()
