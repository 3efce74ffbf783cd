"""The contracts as generated: both loadable together, and saying what the reference says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, FileDescriptor
from xythub_proto.v1_1_2 import api_data_pb2 as old_data
from xythub_proto.v1_1_2 import api_lookup_pb2 as old_lookup
from xythub_proto.v1_1_2 import types_pb2 as old_types
from xythub_proto.v2_0_0 import api_data_pb2 as new_data
from xythub_proto.v2_0_0 import types_pb2 as new_types

from tests.xythub.reference import Described, read_reference
from tools import generate, protos

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES: dict[str, list[FileDescriptor]] = {
    "2.0.0": [new_types.DESCRIPTOR, new_data.DESCRIPTOR],
    "1.1.2": [old_types.DESCRIPTOR, old_data.DESCRIPTOR, old_lookup.DESCRIPTOR],
}
SCALARS = {
    FieldDescriptor.TYPE_STRING: "string",
    FieldDescriptor.TYPE_INT32: "int32",
    FieldDescriptor.TYPE_INT64: "int64",
    FieldDescriptor.TYPE_DOUBLE: "double",
    FieldDescriptor.TYPE_BOOL: "bool",
}


def below(message: Descriptor, name: str) -> Iterator[tuple[str, Descriptor | EnumDescriptor]]:
    if message.GetOptions().map_entry:
        return
    yield name, message
    for enum in message.enum_types:
        yield f"{name}.{enum.name}", enum
    for nested in message.nested_types:
        yield from below(nested, f"{name}.{nested.name}")


def everything(version: str) -> Iterator[tuple[str, Descriptor | EnumDescriptor]]:
    for file in FILES[version]:
        yield from file.enum_types_by_name.items()
        for name, message in file.message_types_by_name.items():
            yield from below(message, name)


def type_name(field: FieldDescriptor) -> str:
    if field.message_type is not None:
        if field.message_type.GetOptions().map_entry:
            inner = field.message_type.fields_by_name
            return f"map<{type_name(inner['key'])}, {type_name(inner['value'])}>"
        name = field.message_type.name
    elif field.enum_type is not None:
        name = field.enum_type.name
    else:
        name = SCALARS[field.type]
    return f"repeated {name}" if field.is_repeated else name


def as_described(version: str) -> Described:
    described = Described()
    for name, found in everything(version):
        if isinstance(found, EnumDescriptor):
            described.enums[name] = {value.name: value.number for value in found.values}
        else:
            described.messages[name] = {
                field.number: (
                    field.name,
                    type_name(field),
                    field.containing_oneof.name if field.containing_oneof is not None else None,
                )
                for field in found.fields
            }
    return described


@pytest.mark.parametrize("version", FILES)
def test_each_contract_has_the_messages_fields_and_numbers_of_the_reference(version: str) -> None:
    stated, present = read_reference()[version], as_described(version)
    assert present.messages.keys() == stated.messages.keys()
    for name, fields in stated.messages.items():
        assert present.messages[name] == fields, name
    assert present.enums == stated.enums


@pytest.mark.parametrize(("version", "package"), [("2.0.0", "xyt.v2_0_0"), ("1.1.2", "xyt.v1_1_2")])
def test_each_contract_has_a_package_and_a_path_of_its_own(version: str, package: str) -> None:
    assert {file.package for file in FILES[version]} == {package}
    names = [file.name for files in FILES.values() for file in files]
    assert len(set(names)) == len(names) == 5


def test_both_contracts_work_in_one_process_and_mean_different_dates() -> None:
    assert new_types.Date(days=18171).SerializeToString() == bytes.fromhex("50fb8d01")
    assert old_types.Date(year=2019, month=10, day=2).SerializeToString() == bytes.fromhex("08e30f100a1802")
    misread = new_types.Date.FromString(old_types.Date(year=2019, month=10, day=2).SerializeToString())
    assert misread.days == 0


def test_presence_of_the_paging_fields_is_visible() -> None:
    header = old_types.RequestHeader(page_start=0)
    assert header.HasField("page_start")
    assert not header.HasField("page_limit")


def test_the_deprecated_members_are_marked() -> None:
    marked = {
        field.name
        for message in (new_types.Value, new_types.ValueList)
        for field in message.DESCRIPTOR.fields
        if field.GetOptions().deprecated
    }
    assert marked == {"date_value", "time_value", "date_list", "time_list"}


def test_the_committed_package_is_what_the_contracts_give() -> None:
    # Another hash seed and environment than a developer's: neither may matter.
    settings = {k: v for k, v in os.environ.items() if k in ("SYSTEMROOT", "HOME", "TMP", "TEMP", "TMPDIR")}
    ran = subprocess.run(
        [sys.executable, "-m", "tools.protos", "--check"],
        env=settings | {"PYTHONHASHSEED": "4711"},
        cwd=generate.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_the_check_names_each_file_that_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "xythub_proto"
    shutil.copytree(protos.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "v2_0_0" / "types_pb2.pyi").unlink()
    (copy / "v1_1_2" / "old_pb2.py").touch()
    (copy / "v1_1_2" / "types_pb2.py").write_text("")
    monkeypatch.setattr(protos, "PACKAGE", copy)
    assert protos.main(["--check"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "stale      v1_1_2/old_pb2.py",
        "different  v1_1_2/types_pb2.py",
        "missing    v2_0_0/types_pb2.pyi",
    ]


def test_another_compiler_than_the_pinned_one_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(protos, "version", lambda _: "0.1")
    assert protos.main(["--check"]) == 2
    assert "grpcio-tools==0.1 is installed" in capsys.readouterr().err


def test_a_contract_that_does_not_compile_is_reported_in_the_compilers_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "v2_0_0").mkdir()
    (tmp_path / "v2_0_0" / "types.proto").write_text('syntax = "proto3"; message A { Missing field = 1; }')
    monkeypatch.setattr(protos, "CONTRACTS", tmp_path)
    assert protos.main(["--check"]) == 2
    assert '"Missing" is not defined' in capsys.readouterr().err
