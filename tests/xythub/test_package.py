"""The package as people import it: names on demand, nothing loaded too early, and a word where the extra is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest
import tickhaul
from tickhaul import xythub


def run(code: str) -> str:
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert not ran.stderr, ran.stderr
    return ran.stdout


def test_every_promised_name_is_there_and_listed() -> None:
    for name in xythub.__all__:
        assert getattr(xythub, name) is not None
        assert name in dir(xythub)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        getattr(xythub, "Nothing")  # noqa: B009 (that the name is unknown is the point)


def test_the_errors_belong_to_the_tree() -> None:
    for error in (xythub.FramingError, xythub.TableError, xythub.TokenError):
        assert issubclass(error, tickhaul.TickhaulError)


def test_the_errors_can_be_had_from_the_top_also_without_the_extra() -> None:
    assert tickhaul.FramingError is xythub.FramingError
    assert tickhaul.TableError is xythub.TableError
    assert tickhaul.TokenError is xythub.TokenError
    assert {"FramingError", "TableError", "TokenError"} <= {*tickhaul.__all__} & {*dir(tickhaul)}
    code = """
import sys
sys.modules["google.protobuf"] = sys.modules["numpy"] = None
import tickhaul
print("tickhaul.xythub" in sys.modules, "tickhaul.errors" in sys.modules)
print(tickhaul.TokenError("no", code="invalid_grant", status=400))
"""
    assert run(code) == "False False\nno (400 invalid_grant)\n"


def test_importing_the_package_loads_nothing_and_building_a_client_not_the_http_stack() -> None:
    code = """
import sys
def loaded(*names): return [name for name in names if name in sys.modules]
from tickhaul import xythub
print(loaded("google.protobuf", "numpy", "httpcore", "httpx"))
xythub.Client("u", "p", client_secret="s")
print(loaded("httpcore", "httpx", "anyio", "pandas", "pyarrow", "polars", "attrs"))
"""
    assert run(code) == "[]\n[]\n"


@pytest.mark.parametrize(("module", "library"), [("google.protobuf", "protobuf"), ("numpy", "numpy")])
def test_a_missing_extra_is_an_error_that_says_how_to_install_it(module: str, library: str) -> None:
    code = f"""
import sys
sys.modules[{module!r}] = None
from tickhaul import xythub
try:
    xythub.read_table
except ModuleNotFoundError as error:
    print(error)
"""
    assert run(code) == f'tickhaul.xythub.read_table needs {library}: pip install "tickhaul[xythub]"\n'


def test_any_other_missing_module_is_told_as_it_is() -> None:
    code = """
import sys
sys.modules["tickhaul.xythub.tables.layout"] = None
from tickhaul import xythub
try:
    xythub.read_table
except ModuleNotFoundError as error:
    print(error.name)
"""
    assert run(code) == "tickhaul.xythub.tables.layout\n"
