"""Both engines, for the tests of what holds whichever moves the bytes: ``pytestmark = pytest.mark.usefixtures("engine")``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trustme

from tests.transfer import hauls
from tests.transfer.channels import serving

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from tickhaul.transfer.model import Engine


@pytest.fixture(params=["libcurl", "httpcore"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """What moves the bytes in this test, also where it is not told to."""
    chosen: Engine = request.param
    if chosen not in hauls.ENGINES:
        pytest.skip("pycurl is not installed")
    monkeypatch.setattr(hauls, "engine", chosen)
    return chosen


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def own_authority(monkeypatch: pytest.MonkeyPatch, bundle: Path) -> None:
    """No proxies, and one's own authority: both engines take it from there, and only one from an ``ssl_context``."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))


@pytest.fixture
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    return serving(authority, "localhost", "127.0.0.1")
