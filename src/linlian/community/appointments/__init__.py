"""When somebody comes, who agreed to it, and who was not there. What neighbours may ask."""

from linlian.community.appointments import rules_agreeing, rules_coming, rules_invariants, rules_pausing
from linlian.community.appointments.rules import Appointment, Window, contract, current_appointment
from linlian.community.appointments.rules_table import State

COMMANDS_IN = (rules_agreeing, rules_coming, rules_pausing, rules_invariants)
"""Modules that declare something by being imported."""

__all__ = ["Appointment", "State", "Window", "contract", "current_appointment"]
