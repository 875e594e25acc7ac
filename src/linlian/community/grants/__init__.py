"""Grants that others made and published. What neighbours may ask."""

from linlian.community.grants.rules import PublicationId, RecordGrant, RecordPublication, contract, keeper_of

__all__ = ["PublicationId", "RecordGrant", "RecordPublication", "contract", "keeper_of"]
