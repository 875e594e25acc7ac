"""Lifts, pumps, doors and the like: their inspections, and whether they may be used. What neighbours may ask."""

from linlian.community.equipment.rules import EQUIPMENT, Equipment, contract, equipment, is_out_of_service

__all__ = ["EQUIPMENT", "Equipment", "contract", "equipment", "is_out_of_service"]
