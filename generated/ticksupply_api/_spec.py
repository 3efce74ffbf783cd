"""Which contract this package was generated from."""

VERSION = "1.0"
SHA256 = "31a9787ff8b265d5f4d5ba168726547c32bc3793bc284986578b2c2cb949af2e"
