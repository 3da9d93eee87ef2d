"""Fill-in-the-middle: cut documents in three and move the middle to the end (Bavarian et al. 2022). Pure: no torch.

PSM is ``<PRE> prefix <SUF> suffix <MID> middle``; SPM, in the form that the paper trains on beside PSM, is
``<PRE> <SUF> suffix <MID> prefix middle``. The end token stays last and so ends the middle. Documents are those of
a row, after packing (the paper's context-level variant), so no middle is lost at the edge of a row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.s02_objective.masking import Flags, Tokens
from simulator.s02_objective.specials import Specials

INFILL_RATE = 0.5
"""Share of the documents that are rearranged; the paper tries up to 0.9 and finds no cost up to there."""

SPM_SHARE = 0.5
"""Share of the rearranged documents in SPM form."""

_AS_IT_IS, _PSM, _SPM = 0, 1, 2
# Where each section goes: marker and section by form. Sections: 0 prefix, 1 middle, 2 suffix, 3 end token.
_SECTION_RANK = np.array([[1, 1, 1, 6], [1, 5, 3, 6], [4, 5, 2, 6]])
_MARKER_RANK = np.array([[-1, -1, -1], [0, 2, 4], [0, 1, 3]])  # <PRE> <SUF> <MID>
_RANKS = 8


@dataclass(frozen=True, eq=False)
class Middles:
    """What happens to each document of each row; document 0 is the end token that opens the row.

    Attributes:
        document: int64 (B, N), the document of each token.
        place: int64 (B, N), the token's place in its document.
        form: int64 (B, D): 0 as it is, 1 PSM, 2 SPM.
        cuts: int64 (B, D, 2): where prefix and middle end.
    """

    document: Tokens
    place: Tokens
    form: Tokens
    cuts: Tokens


def draw_middles(
    rows: Tokens, end_id: int, rate: float, spm_share: float, generator: np.random.Generator
) -> Middles:
    """Choose the documents to rearrange and their two cuts, each place between tokens equally likely, ends included."""
    document, place, lengths = locate(rows, end_id)
    lots = generator.random((4, *lengths.shape))
    form = np.where(lots[0] < rate, np.where(lots[1] < spm_share, _SPM, _PSM), _AS_IT_IS)
    form[:, 0] = _AS_IT_IS
    cuts = np.sort((lots[2:] * (lengths + 1)).astype(np.int64), axis=0)
    return Middles(document, place, np.where(lengths > 0, form, _AS_IT_IS), np.moveaxis(cuts, 0, 2))


def locate(rows: Tokens, end_id: int) -> tuple[Tokens, Tokens, Tokens]:
    """Document and place of each token (B, N), and the D documents' lengths without their end tokens (B, D)."""
    count, width = rows.shape
    ends = rows == end_id
    ends[:, 0] = True  # the first token is context: a document of its own
    document = np.pad(ends.cumsum(axis=1), ((0, 0), (1, 0)))[:, :-1]
    documents = int(document.max()) + 1
    starts = np.full((count, documents), width)
    np.minimum.at(starts, (np.arange(count)[:, None], document), np.arange(width)[None])
    place = np.arange(width)[None] - np.take_along_axis(starts, document, axis=1)
    lengths = np.zeros((count, documents), np.int64)
    np.add.at(lengths, (np.arange(count)[:, None], document), ~ends)
    return document, place, lengths


def rearrange(rows: Tokens, draw: Middles, specials: Specials) -> tuple[Tokens, Tokens]:
    """Put the tokens in their new order.

    A row keeps its width: the markers take the places of its last tokens, which are left out beforehand.

    Returns:
        The rows (B, N), filled with end tokens, and how many tokens of each are not filling.
    """
    count, width = rows.shape
    form = np.take_along_axis(draw.form, draw.document, axis=1)
    kept = _kept(draw, form, width)
    cuts = np.take_along_axis(draw.cuts, draw.document[:, :, None], axis=1)
    section = _sections(rows, draw, kept, cuts, specials.end_id)
    rank = _SECTION_RANK[form, section]
    step = width + 1
    keys = (draw.document * _RANKS + rank) * step + draw.place
    never = (width + 1) * _RANKS * step
    present = np.zeros(draw.form.shape, np.bool_)
    np.logical_or.at(present, (np.arange(count)[:, None], draw.document), kept)
    marker_rank = _MARKER_RANK[draw.form]  # (B, D, 3)
    number = np.arange(draw.form.shape[1])[None, :, None]
    markers = np.where(
        present[:, :, None] & (marker_rank >= 0), (number * _RANKS + marker_rank) * step, never
    )
    ids = np.broadcast_to([specials.fim_prefix, specials.fim_suffix, specials.fim_middle], markers.shape)
    keys = np.concatenate([np.where(kept, keys, never), markers.reshape(count, -1)], axis=1)
    values = np.concatenate([rows, ids.reshape(count, -1)], axis=1)
    order = keys.argsort(axis=1)[:, :width]  # all keys that matter differ
    length = (np.take_along_axis(keys, order, axis=1) < never).sum(axis=1)
    moved = np.take_along_axis(values, order, axis=1)
    return np.where(np.arange(width)[None] < length[:, None], moved, specials.end_id), length


def _kept(draw: Middles, form: Tokens, width: int) -> Flags:
    """The tokens that fit beside the three markers of every rearranged document up to them."""
    opens = (draw.place == 0) & (form != _AS_IT_IS)
    needed = np.arange(1, width + 1)[None] + 3 * opens.cumsum(axis=1)
    return np.asarray(needed <= width, np.bool_)


def _sections(rows: Tokens, draw: Middles, kept: Flags, cuts: Tokens, end_id: int) -> Tokens:
    """0 prefix, 1 middle, 2 suffix, 3 end token; the cuts of a document that lost its tail move into what is left."""
    left = np.zeros(draw.form.shape, np.int64)
    text = kept & (rows != end_id)
    np.add.at(left, (np.arange(len(rows))[:, None], draw.document), text)
    limit = np.take_along_axis(left, draw.document, axis=1)
    section = (draw.place >= np.minimum(cuts[:, :, 0], limit)).astype(np.int64)
    section += draw.place >= np.minimum(cuts[:, :, 1], limit)
    return np.where(rows == end_id, 3, section)
