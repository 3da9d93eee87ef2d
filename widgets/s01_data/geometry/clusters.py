"""Clusters of near duplicates: the records, and one cluster as a ring of pages joined by how alike they are. No Qt."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from widgets.s01_data.geometry.findings import list_of, mapping_of, real, whole
from widgets.scene.shapes import Box, Dot, Line, Shape, Text
from widgets.scene.timeline import PlainScene

_MOST_NODES = 24
_NODE = 9.0
_ROOM_FOR_NUMBERS = 13


@dataclass(frozen=True)
class ClusterDocument:
    """A page of a cluster."""

    index: int
    source: str
    text: str


@dataclass(frozen=True)
class ClusterPair:
    """Two pages that met in a bucket, by their places in the cluster, with what MinHash and the sets say of them."""

    a: int
    b: int
    estimated: float
    exact: float


@dataclass(frozen=True)
class Cluster:
    """Pages that are near duplicates of each other, directly or by way of others.

    Attributes:
        size: How many there are in the run.
        documents: Those that the record holds, the one that was kept first.
        pairs: Pairs that were compared.
    """

    size: int
    documents: tuple[ClusterDocument, ...]
    pairs: tuple[ClusterPair, ...]

    @property
    def words(self) -> str:
        """How its kept page begins."""
        return " ".join(self.documents[0].text.split()[:12])

    def alikest(self) -> tuple[int, int]:
        """The two pages to begin with: the least alike pair that was compared shows the most; else the first two."""
        if self.pairs:
            pair = min(self.pairs, key=lambda item: (item.exact >= 1.0, abs(item.exact - 0.85)))
            return pair.a, pair.b
        return 0, 1


def clusters_of(fields: Mapping[str, Any]) -> list[Cluster]:
    """Read the record ``clusters``, the largest first; clusters with fewer than two texts are left out."""
    found = []
    for item in list_of(mapping_of(fields).get("clusters")):
        item = mapping_of(item)
        documents = tuple(
            ClusterDocument(
                whole(page.get("index")), str(page.get("source", "")), str(page.get("text") or "")
            )
            for page in map(mapping_of, list_of(item.get("documents")))
        )
        if len(documents) >= 2:
            size = max(whole(item.get("size")), len(documents))
            found.append(Cluster(size, documents, _pairs(item.get("pairs"), documents)))
    found.sort(key=lambda cluster: -cluster.size)
    return found


def _pairs(value: object, documents: tuple[ClusterDocument, ...]) -> tuple[ClusterPair, ...]:
    """The pairs; a page is named by its index in the input."""
    places = {document.index: place for place, document in enumerate(documents)}
    made = []
    for item in map(mapping_of, list_of(value)):
        a, b = places.get(whole(item.get("a")), -1), places.get(whole(item.get("b")), -1)
        estimated, exact = real(item.get("estimated")), real(item.get("exact"))
        if a >= 0 and b >= 0 and a != b and estimated is not None and exact is not None:
            made.append(ClusterPair(a, b, estimated, exact))
    return tuple(made)


class ClusterScene(PlainScene):
    """The pages of a cluster on a ring; the stronger a line, the more alike the two.

    Args:
        cluster: The cluster.
        chosen: Places of the two pages on show.
    """

    def __init__(self, cluster: Cluster, chosen: tuple[int, int]) -> None:
        self.cluster, self.chosen = cluster, chosen
        self.shown = min(len(cluster.documents), _MOST_NODES)

    def at(self, place: int, width: float, height: float) -> tuple[float, float]:
        """Where a page stands."""
        angle = 2 * math.pi * place / self.shown - math.pi / 2
        reach_x, reach_y = max(20.0, width / 2 - 26), max(16.0, height / 2 - 16)
        reach_x = min(reach_x, 2.2 * reach_y)
        return width / 2 + reach_x * math.cos(angle), height / 2 + reach_y * math.sin(angle)

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """The ring; ``t`` plays no part."""
        shapes: list[Shape] = []
        for pair in self.cluster.pairs:
            if pair.a < self.shown and pair.b < self.shown:
                shapes.append(self._line(pair, width, height))
        for place in range(self.shown):
            shapes += self._node(place, width, height)
        hidden = self.cluster.size - self.shown
        if hidden > 0:
            shapes.append(
                Text(
                    width,
                    height - 8,
                    f"and {hidden:,} more",
                    colour="text_muted",
                    role="small",
                    align="right",
                )
            )
        return shapes

    def _line(self, pair: ClusterPair, width: float, height: float) -> Shape:
        (x1, y1), (x2, y2) = self.at(pair.a, width, height), self.at(pair.b, width, height)
        here = {pair.a, pair.b} == set(self.chosen)
        strength = max(0.0, min(1.0, (pair.exact - 0.4) / 0.6))
        return Line(
            x1, y1, x2, y2, colour="accent" if here else "data", width=3.0 if here else 1.0 + 1.5 * strength,
            opacity=1.0 if here else 0.15 + 0.6 * strength,
        )  # fmt: skip

    def _node(self, place: int, width: float, height: float) -> list[Shape]:
        x, y = self.at(place, width, height)
        here, key = place in self.chosen, f"node:{place}"
        shapes: list[Shape] = [
            Dot(
                x,
                y,
                _NODE,
                fill="accent" if here else "surface_raised",
                stroke="" if here else "data",
                key=key,
            )
        ]
        if self.shown <= _ROOM_FOR_NUMBERS or here:
            name = f"{self.cluster.documents[place].index}"
            w = 8 + 7 * len(name)
            shapes[0] = Box(
                x - w / 2, y - 9, w, 18, fill="accent" if here else "surface_raised",
                stroke="" if here else "data", radius=9, key=key,
            )  # fmt: skip
            ink = "on_accent" if here else "text"
            shapes.append(Text(x, y, name, colour=ink, role="mono_small", align="center", key=key))
        return shapes
