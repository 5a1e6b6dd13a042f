"""Bad input, generated from the live OpenAPI documents of the five services, and the documents themselves."""

from __future__ import annotations

from tests.contract.cases_bodies import Bodies
from tests.contract.cases_documents import Documents
from tests.contract.cases_requests import Requests, System

__all__ = ["Bodies", "Documents", "Requests", "System"]
