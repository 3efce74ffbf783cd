"""Which contract this package was generated from."""

VERSION = "1.0"
SHA256 = "dbb2287842236a87edddc5e94e4fa8de3eff3884606eb5dd8e3c4bdfd256a5fb"
