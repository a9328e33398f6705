"""Compiled inner loops of spreading. Arrays in, arrays filled; no checks: the models do them."""
