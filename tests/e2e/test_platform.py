"""The whole platform with two replicas of every service, end to end. One platform serves all cases."""

from __future__ import annotations

from tests.e2e.cases_flow import Flow
from tests.e2e.cases_kills import Kills
from tests.e2e.cases_messages import Messages
from tests.e2e.cases_outages import Outages
from tests.e2e.cases_start import Start

__all__ = ["Flow", "Kills", "Messages", "Outages", "Start"]
