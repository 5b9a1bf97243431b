"""The faces: an author finds every name that a public method takes or returns, and the example needs no other."""

import dataclasses
import importlib
import inspect
import typing
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import pytest
from pydantic import BaseModel

import app.connect
from tests.connect.rules.sources import hosts, sources
from tests.connect.rules.test_imports import imported

FACES = {"app.connect": app.connect} | {
    name: importlib.import_module(name) for name in (f"app.connect.hosts.{host}" for host in hosts())
}
EXPORTED = {id(getattr(face, name)) for face in FACES.values() for name in face.__all__}


def public_classes() -> Iterator[type]:
    for face in FACES.values():
        for name in face.__all__:
            found = getattr(face, name)
            if isinstance(found, type) and found.__module__.startswith("app."):
                yield found


def calls_of(owner: type) -> Iterator[Callable[..., Any]]:
    """Yield the public methods and properties of a class, with those it inherits from ours, and what makes it."""
    for name in dir(owner):
        member = inspect.getattr_static(owner, name)
        if name.startswith("_") and name != "__init__":
            continue
        if isinstance(member, property):
            member = member.fget
        elif isinstance(member, cached_property):
            member = member.func
        elif isinstance(member, classmethod | staticmethod):
            member = member.__func__
        if inspect.isfunction(member) and member.__module__.startswith("app."):
            yield member


def classes_in(annotation: Any) -> Iterator[type]:
    """Yield the classes that an annotation is made of."""
    if isinstance(annotation, type) and not typing.get_args(annotation):
        yield annotation
    origin = typing.get_origin(annotation)
    if isinstance(origin, type):
        yield origin
    arguments = typing.get_args(annotation)
    for argument in arguments[:1] if origin is typing.Annotated else arguments:
        for inner in argument if isinstance(argument, list) else [argument]:
            if inner is not annotation:
                yield from classes_in(inner)


def annotations_of(owner: type) -> Iterator[tuple[str, Any]]:
    """Yield where a public class names a type, and the type: methods, properties, and the fields of models."""
    for call in calls_of(owner):
        if call.__name__ == "__init__" and not issubclass(owner, Exception):
            continue
        for hint in typing.get_type_hints(call, include_extras=True).values():
            yield f"{owner.__name__}.{call.__name__}", hint
    if issubclass(owner, BaseModel):
        for name, field in owner.model_fields.items():
            yield f"{owner.__name__}.{name}", field.annotation
    elif dataclasses.is_dataclass(owner):
        for name, hint in typing.get_type_hints(owner, include_extras=True).items():
            yield f"{owner.__name__}.{name}", hint


def is_a_shape(found: type) -> bool:
    """Tell whether a class is a protocol: what a decorator is, for the type checker; nobody imports it."""
    return bool(getattr(found, "_is_protocol", False))


class TestFace:
    @pytest.mark.parametrize("name", FACES)
    def test_is_sorted_and_has_every_name_it_lists(self, name: str) -> None:
        face = FACES[name]
        assert face.__all__ == sorted(face.__all__)
        assert [one for one in face.__all__ if not hasattr(face, one)] == []

    def test_has_every_class_that_its_own_take_or_return(self) -> None:
        missing = {
            f"{found.__module__}.{found.__qualname__} ({where})"
            for owner in public_classes()
            for where, annotation in annotations_of(owner)
            for found in classes_in(annotation)
            if found.__module__.startswith("app.") and id(found) not in EXPORTED and not is_a_shape(found)
        }
        assert sorted(missing) == []

    def test_is_walked_to_what_is_known_to_be_there(self) -> None:
        """A walk that finds nothing would find nothing missing."""
        met = {
            found.__name__
            for owner in public_classes()
            for _, annotation in annotations_of(owner)
            for found in classes_in(annotation)
        }
        assert {
            "Page",
            "TenantState",
            "Caller",
            "TenantStore",
            "Memo",
        } <= met

    @pytest.mark.parametrize("host", hosts())
    def test_of_every_host_is_walked_into_its_models(self, host: str) -> None:
        own = {
            found
            for owner in public_classes()
            for _, annotation in annotations_of(owner)
            for found in classes_in(annotation)
            if f".hosts.{host}." in found.__module__ and issubclass(found, BaseModel)
        }
        assert len(own) >= 3


class TestExample:
    def test_imports_nothing_of_the_plumbing_but_its_public_names(self) -> None:
        public = {f"{name}.{one}" for name, face in FACES.items() for one in face.__all__} | {*FACES}
        used = {name for path in sources("app/addon") for name in imported(path) if name.startswith("app.connect")}
        assert used
        assert sorted(used - public) == []
