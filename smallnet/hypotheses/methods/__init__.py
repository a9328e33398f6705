"""Methods that several claims share, one idea a module."""
