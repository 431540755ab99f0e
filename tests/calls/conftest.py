"""One database for the tests of a module, emptied after each."""

from tests.support.module_database import database_url, module_database

__all__ = ["database_url", "module_database"]
