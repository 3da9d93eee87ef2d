"""The toy world: a small consistent world, texts about it with exact probability, tasks with answers."""

from simulator.world.documents import KIND_WEIGHTS, Document, entropy, generate_documents, log_probability
from simulator.world.knowledge import Fact, Person, Place, World, build_world

__all__ = [
    "KIND_WEIGHTS",
    "Document",
    "Fact",
    "Person",
    "Place",
    "World",
    "build_world",
    "entropy",
    "generate_documents",
    "log_probability",
]
