"""Worlds with a known answer for each claim: one module a claim, named as the claim's own."""

from smallnet.hypotheses.planted.plan import Planted, load_planted, on_platform

__all__ = ["Planted", "load_planted", "on_platform"]
