"""Which contract this package was generated from."""

VERSION = "1.0"
SHA256 = "82017ce6d7fbed545e1f22ae4a28311ab2ba77bead4b1ebb45da126202f9c66e"
