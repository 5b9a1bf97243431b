"""Forge, for add-ons: the router, the contexts, and every model that handlers take or return."""

from app.connect.hosts.atlassian.data_residency import DataMoves, Move, MoveRefused
from app.connect.hosts.forge.calls import ForgeCtx, Uploaded, UploadedFile, Uploads
from app.connect.hosts.forge.client.kvs import Batch, Failed, ForgeStorage, Found, KeyTaken, Page
from app.connect.hosts.forge.client.operations import Check, Delete, Set, Ttl
from app.connect.hosts.forge.client.store import ForgeStore
from app.connect.hosts.forge.context import ForgeConfluenceContext, ForgeContext, ForgeJiraContext
from app.connect.hosts.forge.data_residency import declare_moves
from app.connect.hosts.forge.router import ForgeRouter
from app.connect.hosts.forge.settings import ForgeDetails, Place

__all__ = [
    "Batch",
    "Check",
    "DataMoves",
    "Delete",
    "Failed",
    "ForgeConfluenceContext",
    "ForgeContext",
    "ForgeCtx",
    "ForgeDetails",
    "ForgeJiraContext",
    "ForgeRouter",
    "ForgeStorage",
    "ForgeStore",
    "Found",
    "KeyTaken",
    "Move",
    "MoveRefused",
    "Page",
    "Place",
    "Set",
    "Ttl",
    "Uploaded",
    "UploadedFile",
    "Uploads",
    "declare_moves",
]
