"""A masked draw by seed: the 80/10/10 rule on one text, as the predict query shows it."""

from __future__ import annotations

import numpy as np

from simulator.s02_objective.predicting import Words, make_example
from simulator.s02_objective.specials import make_specials
from simulator.text.tokenizer import ByteTokenizer

TOKENIZER = ByteTokenizer()
WORDS = Words(TOKENIZER, make_specials(TOKENIZER.vocab_size, TOKENIZER.end_id, 64))
IDS = [TOKENIZER.end_id, *TOKENIZER.encode("Nia has a fox and lives by the mill")]


def test_a_seeded_draw_hides_replaces_and_keeps_as_bert_does():
    shown = {"mask": 0, "other": 0, "same": 0}
    for seed in range(300):
        batch = make_example(WORDS, "masked", IDS, [], seed).batch
        for seen, truth in zip(batch.inputs[batch.counted], batch.targets[batch.counted], strict=True):
            kind = "mask" if seen == WORDS.specials.mask else "same" if seen == truth else "other"
            shown[kind] += 1
    total = sum(shown.values())
    assert abs(shown["mask"] / total - 0.8) < 0.04
    assert abs(shown["other"] / total - 0.1) < 0.03
    assert abs(shown["same"] / total - 0.1) < 0.03


def test_the_same_seed_draws_the_same_and_without_one_all_are_masked():
    one, two = (make_example(WORDS, "masked", IDS, [], 7) for _ in range(2))
    assert one.chosen == two.chosen
    assert np.array_equal(one.batch.inputs, two.batch.inputs)
    plain = make_example(WORDS, "masked", IDS, [3, 9]).batch
    assert (plain.inputs[plain.counted] == WORDS.specials.mask).all()
