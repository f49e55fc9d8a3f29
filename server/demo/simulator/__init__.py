"""A phone carrier for demos, tests and benchmarks: Twilio's REST API, webhooks and phones."""

from server.demo.simulator.app import create_simulator
from server.demo.simulator.settings import BusinessNumber, SimulatorSettings, StaffPhone

__all__ = ["BusinessNumber", "SimulatorSettings", "StaffPhone", "create_simulator"]
