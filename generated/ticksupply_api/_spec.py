"""Which contract this package was generated from."""

VERSION = "1.0"
SHA256 = "12767048734cf7d09e3e5b989a04a06430a6fb2a10cf59b6b20d58436b4b2afc"
