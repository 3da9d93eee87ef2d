"""The second phase: which survivors of the filters repeat another one.

Exact duplicates go first: equal keys. Among the rest, documents that share a MinHash band key are candidates, and
every candidate is compared with the first of its bucket by the exact Jaccard similarity of their shingles, read back
from disk. Only pairs at or above the threshold are joined, so a chance collision costs no document; of a cluster the
first in the order of the input is kept.

Memory: some 60 bytes a survivor at the peak; texts and band keys stay on disk.
"""

from __future__ import annotations

import io
import json
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from simulator.s01_data.config import DataConfig
from simulator.s01_data.duplicates import cluster_pairs
from simulator.s01_data.filtering import keys_dtype
from simulator.s01_data.listener import COMPARING, Listener
from simulator.s01_data.minhash import Hashes, exact_jaccard, shingles
from simulator.s01_data.parts import DataFolder, draft_of, output_error

KEPT, EXACT, NEAR = 0, 1, 2
"""Kinds of verdicts."""

VERDICT = np.dtype([("index", "<i8"), ("duplicate_of", "<i8"), ("similarity", "<f4"), ("kind", "u1")])
"""A row of ``duplicates.npy``: one for each survivor, in the order of the input."""

PLACE = np.dtype([("index", "<i8"), ("offset", "<i8"), ("length", "<i4"), ("part", "<i4")])
"""Where the line of a survivor is."""

DUPLICATES = "duplicates.npy"
_REMEMBERED = 1 << 19
_CACHED_SETS = 512
_CACHED_BYTES = 32 << 20

Positions = npt.NDArray[np.int64]


class Survivors:
    """The survivors of the filters on disk: keys as columns, and where each text is.

    Attributes:
        count: How many there are.
        places: ``PLACE`` rows, read from disk when asked for.
    """

    def __init__(self, folder: DataFolder, parts: int, bands: int) -> None:
        self._folder = folder
        self._bands = bands
        self.count = self._gather(parts)
        self.places: npt.NDArray[np.void] = np.fromfile(self._column("places"), PLACE)
        self._files: OrderedDict[int, io.BufferedReader] = OrderedDict()

    def exact_keys(self) -> npt.NDArray[np.uint64]:
        """Both halves of every exact key: uint64 (count, 2)."""
        return np.fromfile(self._column("exact"), "<u8").reshape(-1, 2)

    def band(self, number: int) -> Hashes:
        """The keys of one band: uint64 (count,)."""
        return np.fromfile(self._column(f"band-{number:03d}"), "<u8")

    def record(self, position: int) -> dict[str, object]:
        """The line of a survivor: its fate with ``text``."""
        place = self.places[position]
        file = self._file(int(place["part"]))
        file.seek(int(place["offset"]))
        values: dict[str, object] = json.loads(file.read(int(place["length"])))
        return values

    def text(self, position: int) -> str:
        """The text of a survivor."""
        return str(self.record(position)["text"])

    def close(self) -> None:
        """Close the files that texts were read from, and remove the columns."""
        while self._files:
            self._files.popitem()[1].close()
        for name in ("places", "exact", *(f"band-{number:03d}" for number in range(self._bands))):
            self._column(name).unlink(missing_ok=True)

    def _file(self, part: int) -> io.BufferedReader:
        if part in self._files:
            self._files.move_to_end(part)
        else:
            if len(self._files) >= 32:
                self._files.popitem(last=False)[1].close()
            self._files[part] = self._folder.text_path(part).open("rb")
        return self._files[part]

    def _column(self, name: str) -> Path:
        return self._folder.work / f"column-{name}.bin"

    def _gather(self, parts: int) -> int:
        """Turn rows into columns, so that a band is read in one piece and nothing else comes along."""
        count = 0
        try:
            with ExitStack() as stack:
                places, exact = (
                    stack.enter_context(self._column(name).open("wb")) for name in ("places", "exact")
                )
                bands = [
                    stack.enter_context(self._column(f"band-{number:03d}").open("wb"))
                    for number in range(self._bands)
                ]
                for part in range(parts):
                    rows = np.fromfile(self._folder.keys_path(part), keys_dtype(self._bands))
                    count += len(rows)
                    place = np.zeros(len(rows), PLACE)
                    for name in ("index", "offset", "length"):
                        place[name] = rows[name]
                    place["part"] = part
                    places.write(place.tobytes())
                    exact.write(rows["exact"].tobytes())
                    for number, file in enumerate(bands):
                        file.write(rows["bands"][:, number].tobytes())
        except OSError as error:
            raise output_error(self._folder.work, error) from error
        return count


@dataclass(frozen=True, kw_only=True)
class Duplicates:
    """The result.

    Attributes:
        verdicts: ``VERDICT`` rows by survivor.
        labels: For each survivor the position of the first of its cluster, near or exact.
        compared: Pairs of texts that were compared.
    """

    verdicts: npt.NDArray[np.void]
    labels: npt.NDArray[np.int32]
    compared: int


def find_duplicates(survivors: Survivors, config: DataConfig, listener: Listener) -> Duplicates:
    """Decide for every survivor whether it repeats an earlier one.

    Args:
        survivors: Keys and texts on disk.
        config: Settings: which duplicates, bands, shingles, threshold.
        listener: Takes progress; may raise to stop.
    """
    count = survivors.count
    verdicts = np.zeros(count, VERDICT)
    verdicts["index"], verdicts["duplicate_of"] = survivors.places["index"], -1
    labels: npt.NDArray[np.int32] = np.arange(count, dtype=np.int32)
    alive = np.ones(count, np.bool_)
    if config.exact_duplicates and count:
        labels = _exact(survivors.exact_keys())
        alive = labels == np.arange(count)
        _judge(verdicts, np.flatnonzero(~alive), labels, EXACT, 1.0)
    near = _NearFinder(survivors, config, listener)
    if config.near_duplicates and count:
        positions = np.flatnonzero(alive)
        found = near.find(positions)
        dropped = np.flatnonzero(found != np.arange(len(found)))
        leaders = positions[found]
        for place in dropped:
            position, leader = int(positions[place]), int(leaders[place])
            labels[position] = leader
            _judge(verdicts, np.array([position]), labels, NEAR, near.similarity(leader, position))
        labels = labels[labels]  # copies of a near duplicate belong to its cluster too
    return Duplicates(verdicts=verdicts, labels=labels, compared=near.compared)


def _judge(
    verdicts: npt.NDArray[np.void],
    positions: Positions,
    labels: npt.NDArray[np.int32],
    kind: int,
    similarity: float,
) -> None:
    rows = verdicts[positions]
    rows["duplicate_of"] = verdicts["index"][labels[positions]]
    rows["similarity"], rows["kind"] = similarity, kind
    verdicts[positions] = rows


def _exact(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int32]:
    """For each document the first one with the same key."""
    order = np.lexsort((keys[:, 1], keys[:, 0])).astype(np.int32)
    ordered = keys[order]
    first = np.concatenate([[True], (ordered[1:] != ordered[:-1]).any(axis=1)])
    labels = np.empty(len(keys), np.int32)
    labels[order] = order[np.flatnonzero(first)[np.cumsum(first) - 1]]
    return labels


class _NearFinder:
    """Joins candidates that are really alike."""

    def __init__(self, survivors: Survivors, config: DataConfig, listener: Listener) -> None:
        self._survivors = survivors
        self._config = config
        self._listener = listener
        self._sets: OrderedDict[int, Hashes] = OrderedDict()
        self._held = 0
        self._known: dict[tuple[int, int], float] = {}
        self.compared = 0

    def find(self, positions: Positions) -> npt.NDArray[np.int32]:
        """For each of these survivors the place (among them) of the first of its cluster."""
        bands = self._config.bands
        labels: npt.NDArray[np.int32] = np.arange(len(positions), dtype=np.int32)
        first: list[int] = []
        second: list[int] = []
        for band in range(bands):
            self._tell(band, bands)
            keys = self._survivors.band(band)[positions]
            for number, (leader, before, member) in enumerate(_candidates(keys, labels)):
                if number % 256 == 0:
                    self._tell(band, bands)
                other = self._alike(positions, leader, before, member)
                if other >= 0:
                    first.append(other)
                    second.append(member)
            labels = cluster_pairs(len(positions), np.array(first, np.int32), np.array(second, np.int32))
        self._tell(bands, bands)
        return labels

    def _tell(self, done: int, total: int) -> None:
        self._listener.beat()
        self._listener.progress(COMPARING, done, total)

    def similarity(self, one: int, other: int) -> float:
        """Exact Jaccard similarity of two survivors, by position."""
        pair = (one, other)
        if pair not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[pair] = exact_jaccard(self._shingles(one), self._shingles(other))
            self.compared += 1
        return self._known[pair]

    def _alike(self, positions: Positions, leader: int, before: int, member: int) -> int:
        """The bucket's first, or else the one before, if it is alike; -1 if neither is."""
        for other in dict.fromkeys((leader, before)):
            if self.similarity(int(positions[other]), int(positions[member])) >= self._config.near_threshold:
                return other
        return -1

    def _shingles(self, position: int) -> Hashes:
        found = self._sets.get(position)
        if found is None:
            found = shingles(self._survivors.text(position), self._config.ngram)
            self._sets[position] = found
            self._held += found.nbytes
            while len(self._sets) > _CACHED_SETS or (self._held > _CACHED_BYTES and len(self._sets) > 2):
                self._held -= self._sets.popitem(last=False)[1].nbytes
        else:
            self._sets.move_to_end(position)
        return found


def _candidates(keys: Hashes, labels: npt.NDArray[np.int32]) -> Iterator[tuple[int, int, int]]:
    """(first of the bucket, the one before, member) for each member that is not yet joined with the first."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    leaders = order[np.flatnonzero(starts)[np.cumsum(starts) - 1]]
    before = np.concatenate([order[:1], order[:-1]])
    open_ = ~starts & (labels[order] != labels[leaders])
    for leader, previous, member in zip(leaders[open_], before[open_], order[open_], strict=True):
        yield int(leader), int(previous), int(member)


def save_verdicts(folder: DataFolder, found: Duplicates) -> None:
    """Write the verdicts, whole or not at all."""
    with draft_of(folder.work / DUPLICATES) as file:
        np.save(file, found.verdicts, allow_pickle=False)


def load_verdicts(folder: DataFolder) -> npt.NDArray[np.void]:
    """The verdicts, mapped from disk."""
    return np.load(folder.work / DUPLICATES, mmap_mode="r", allow_pickle=False)  # type: ignore[no-any-return]
