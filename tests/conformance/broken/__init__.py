"""Providers that break one promise each, run by pytest on their own: see test_broken_*.py.

Each is a class of the suite whose `breaks` names the one test that has to fail.
"""
