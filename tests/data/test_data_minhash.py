from __future__ import annotations

import subprocess
import sys
from hashlib import blake2b

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.s01_data.minhash import (
    MinHasher,
    estimated_jaccard,
    exact_jaccard,
    match_probability,
    rough_threshold,
    shingles,
    threshold,
    words_of,
)

PANGRAM = "The quick brown fox jumps over the lazy dog, and Zoë's 3 naïve cats — 猫が好き — watch it."
GOLDEN = [
    14948233705914743,
    2539003654628632789,
    4189063768409515963,
    8490763714542171,
    1580237053340843285,
    350472076073483865,
    1032828380224440177,
    239668857055879863,
    150735274528168552,
    10146819962548040104,
    14215835947580507439,
    17882424730202597646,
]  # three shingles, six entries of the signature, three band keys


def _pair(
    similarity: float, generator: np.random.Generator, size: int = 400
) -> tuple[np.ndarray, np.ndarray]:
    """Two sets of random hashes, of a Jaccard similarity near the one wanted."""
    common = round(2 * size * similarity / (1 + similarity))
    pool = np.unique(generator.integers(0, 2**64, 2 * size - common, np.uint64))
    generator.shuffle(pool)
    return np.sort(pool[:size]), np.sort(np.concatenate([pool[:common], pool[size:]]))


# ---- words and shingles


def test_case_spaces_and_punctuation_make_no_difference():
    plain = words_of("don't stop 1000 times")
    assert plain == [b"don", b"t", b"stop", b"1000", b"times"]
    assert words_of("  DON'T\tstop -- 1000 times!\n") == plain
    assert words_of("Don’t_stop… ｔｉｍｅｓ 1000") == [b"don", b"t", b"stop", b"times", b"1000"]


@given(st.text())
def test_ascii_is_cut_as_any_other_text(text):
    ascii_text = text.encode("ascii", "ignore").decode()
    assert words_of(ascii_text) == words_of(ascii_text + " é")[:-1]


def test_letters_of_scripts_without_spaces_are_words():
    assert [word.decode() for word in words_of("猫が好き cats ไทย")] == [
        "猫",
        "が",
        "好",
        "き",
        "cats",
        "ไ",
        "ท",
        "ย",
    ]


@given(st.lists(st.sampled_from(["a", "b", "cat", "été", "x1"]), max_size=30), st.integers(1, 6))
def test_shingles_are_the_set_of_word_ngrams(words, n):
    text = " ".join(words)
    width = min(n, len(words))
    expected = {tuple(words[i : i + width]) for i in range(len(words) - width + 1)} if words else set()
    found = shingles(text, n)
    assert found.dtype == np.uint64
    assert len(found) == len(expected)
    assert np.all(found[1:] > found[:-1])


def test_order_counts_within_a_shingle_and_not_between():
    assert shingles("a b c", 3) != shingles("c b a", 3)
    assert set(shingles("a b a b", 2)) == set(shingles("b a b", 2))
    assert exact_jaccard(shingles("one two three four", 2), shingles("one two three five", 2)) == 2 / 4


def test_bad_sizes_are_refused():
    with pytest.raises(ValueError, match="0 words"):
        shingles("a b", 0)
    with pytest.raises(ValueError, match="at least 1"):
        MinHasher(bands=0)
    with pytest.raises(ValueError, match="at least 1"):
        match_probability(0.5, 1, 0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        match_probability(1.1, 1, 1)


def test_texts_without_words():
    hasher = MinHasher()
    nothing, spaces = hasher.signature(""), hasher.signature(" ... \n")
    assert np.array_equal(nothing, spaces)
    assert exact_jaccard(shingles(""), shingles("?")) == 1.0
    assert exact_jaccard(shingles(""), shingles("word")) == 0.0
    assert estimated_jaccard(nothing, hasher.signature("word")) == 0.0


# ---- the same everywhere


def _reference_mix(value: int) -> int:
    value = ((value ^ value >> 30) * 0xBF58476D1CE4E5B9) % 2**64
    value = ((value ^ value >> 27) * 0x94D049BB133111EB) % 2**64
    return value ^ value >> 31


def _reference_shingles(text: str, n: int) -> list[int]:
    hashes = [int.from_bytes(blake2b(word, digest_size=8).digest(), "little") for word in words_of(text)]
    starts = range(len(hashes) - n + 1)
    values = (sum(hashes[i + j] * 0xD1342543DE82EF95 ** (n - 1 - j) for j in range(n)) for i in starts)
    return sorted({_reference_mix(value % 2**64) for value in values})


def _reference_signature(text: str, size: int, n: int, seed: int) -> list[int]:
    start = int.from_bytes(blake2b(str(seed).encode(), digest_size=8).digest(), "little")
    numbers = [_reference_mix((start + 0x9E3779B97F4A7C15 * step) % 2**64) for step in range(1, 2 * size + 1)]
    folded = [value >> 32 for value in _reference_shingles(text, n)]
    return [
        min((factor | 1) * value + offset & 2**64 - 1 for value in folded)
        for factor, offset in zip(numbers[:size], numbers[size:], strict=True)
    ]


def test_the_arithmetic_is_exact():
    text = PANGRAM * 2 + "and so on"
    assert shingles(text, 4).tolist() == _reference_shingles(text, 4)
    hasher = MinHasher(bands=5, rows=3, ngram=4, seed=-3)
    assert hasher.signature(text).tolist() == _reference_signature(text, 15, 4, -3)


def test_hashes_are_the_same_in_every_process_and_for_ever():
    code = (
        "import sys; from simulator.s01_data.minhash import MinHasher, shingles\n"
        "text = sys.argv[1]; hasher = MinHasher(bands=3, rows=2, seed=7); signature = hasher.signature(text)\n"
        "print(*shingles(text)[:3], *signature, *hasher.band_keys(signature))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, PANGRAM], capture_output=True, encoding="utf-8", check=True
    )
    assert [int(word) for word in run.stdout.split()] == GOLDEN


def test_repeats_and_order_make_no_difference_to_a_signature():
    hasher = MinHasher(bands=4, rows=3)
    found = shingles(PANGRAM * 3, 2)
    shuffled = np.random.default_rng(0).permutation(np.concatenate([found, found]))
    assert np.array_equal(hasher.signature_of(found), hasher.signature_of(shuffled))


def test_long_texts_are_done_in_blocks():
    hasher = MinHasher()
    hashes = np.random.default_rng(0).integers(0, 2**64, 5000, np.uint64)
    parts = [hasher.signature_of(part) for part in np.array_split(hashes, 7)]
    assert np.array_equal(hasher.signature_of(hashes), np.minimum.reduce(parts))


# ---- the estimate


@pytest.mark.parametrize("similarity", [0.1, 0.3, 0.5, 0.8, 0.95])
def test_the_estimate_is_unbiased_with_the_theoretical_variance(similarity):
    generator = np.random.default_rng(round(similarity * 100))
    hasher = MinHasher(bands=16, rows=8)
    scores = []
    for _ in range(400):
        first, second = _pair(similarity, generator)
        exact = exact_jaccard(first, second)
        estimate = estimated_jaccard(hasher.signature_of(first), hasher.signature_of(second))
        scores.append((estimate - exact) / np.sqrt(exact * (1 - exact) / hasher.size))
    scores = np.array(scores)
    assert abs(scores.mean()) < 4 / np.sqrt(400)  # four standard errors of the mean
    assert (
        320 < (scores**2).sum() < 490
    )  # chi-square with 400 degrees of freedom: about 2.8 and 3.2 deviations


def test_the_estimate_holds_for_real_words_too():
    """Texts from one small vocabulary, changed word by word: shingles that share most of their words."""
    generator = np.random.default_rng(5)
    hasher = MinHasher(bands=16, rows=8)
    scores = []
    for _ in range(300):
        words = generator.choice(["the", "cat", "sat", "on", "a", "mat", "and", "dog", "ran", "home"], 300)
        changed = words.copy()
        changed[generator.choice(300, generator.integers(1, 40), replace=False)] = "new"
        texts = " ".join(words), " ".join(changed)
        exact = exact_jaccard(*map(shingles, texts))
        estimate = estimated_jaccard(*map(hasher.signature, texts))
        scores.append((estimate - exact) / np.sqrt(exact * (1 - exact) / hasher.size))
    scores = np.array(scores)
    assert abs(scores.mean()) < 4 / np.sqrt(300)
    assert 0.72 < (scores**2).mean() < 1.33


def test_each_shingle_is_as_likely_to_be_the_least():
    generator = np.random.default_rng(1)
    hasher = MinHasher(bands=512, rows=8)
    found = np.unique(generator.integers(0, 2**64, 16, np.uint64))
    alone = np.array([hasher.signature_of(found[i : i + 1]) for i in range(16)])
    counts = np.bincount(alone.argmin(axis=0), minlength=16)
    chi_square = ((counts - 256) ** 2 / 256).sum()
    assert chi_square < 44  # 15 degrees of freedom, p = 1e-4


def test_the_hash_functions_are_independent_of_each_other():
    """Agreements of a pair in different entries are uncorrelated: counts have the binomial's variance."""
    generator = np.random.default_rng(2)
    hasher = MinHasher(bands=8, rows=8)
    agree = np.array(
        [
            hasher.signature_of(first) == hasher.signature_of(second)
            for first, second in (_pair(0.5, generator, 100) for _ in range(1500))
        ]
    )
    correlation = np.corrcoef(agree.T)[np.triu_indices(64, 1)]
    assert abs(correlation.mean()) < 0.004
    assert 0.9 < correlation.std() * np.sqrt(1500) < 1.1
    assert abs(correlation).max() < 6 / np.sqrt(1500)


def test_the_error_is_that_of_datasketch():
    datasketch = pytest.importorskip("datasketch")
    generator = np.random.default_rng(3)
    ours, theirs = [], []
    hasher = MinHasher(bands=16, rows=8)
    for _ in range(150):
        first, second = _pair(0.6, generator, 100)
        exact = exact_jaccard(first, second)
        sketches = [datasketch.MinHash(num_perm=128, seed=1) for _ in range(2)]
        for sketch, values in zip(sketches, (first, second), strict=True):
            sketch.update_batch([value.tobytes() for value in values])
        theirs.append(sketches[0].jaccard(sketches[1]) - exact)
        ours.append(estimated_jaccard(hasher.signature_of(first), hasher.signature_of(second)) - exact)
    assert np.std(ours) == pytest.approx(np.std(theirs), rel=0.35)
    assert abs(np.mean(ours) - np.mean(theirs)) < 4 * np.sqrt(2 * 0.24 / 128 / 150)


# ---- bands


@pytest.mark.parametrize(("bands", "rows"), [(14, 8), (20, 5), (1, 1), (9, 13)])
def test_pairs_match_as_often_as_the_s_curve_says(bands, rows):
    generator = np.random.default_rng(bands)
    hasher = MinHasher(bands=bands, rows=rows)
    for similarity in (threshold(bands, rows) - 0.1, threshold(bands, rows), threshold(bands, rows) + 0.1):
        matched, expected = 0, []
        for _ in range(300):
            first, second = _pair(similarity, generator, 60)
            expected.append(match_probability(exact_jaccard(first, second), bands, rows))
            keys = [hasher.band_keys(hasher.signature_of(values)) for values in (first, second)]
            matched += bool(np.any(keys[0] == keys[1]))
        chances = np.array(expected)
        deviation = np.sqrt((chances * (1 - chances)).sum())
        assert abs(matched - chances.sum()) < 4 * deviation + 1


def test_band_keys_agree_exactly_where_bands_do():
    hasher = MinHasher(bands=6, rows=3)
    signature = hasher.signature(PANGRAM)
    keys = hasher.band_keys(signature)
    for entry in range(hasher.size):
        changed = signature.copy()
        changed[entry] += np.uint64(1)
        differs = hasher.band_keys(changed) != keys
        assert np.flatnonzero(differs).tolist() == [entry // 3]
    swapped = signature.copy()
    swapped[:3] = swapped[:3][::-1]
    assert hasher.band_keys(swapped)[0] != keys[0]


def test_many_signatures_at_once():
    hasher = MinHasher(bands=5, rows=4)
    signatures = np.array([hasher.signature(f"text number {i} of a few words more") for i in range(7)])
    together = hasher.band_keys(signatures)
    assert together.shape == (7, 5)
    assert np.array_equal(together, np.array([hasher.band_keys(one) for one in signatures]))


def test_another_seed_is_another_family():
    first, second = MinHasher(seed=0), MinHasher(seed=1)
    assert not np.any(first.signature(PANGRAM) == second.signature(PANGRAM))
    assert np.array_equal(first.signature(PANGRAM), MinHasher(seed=0).signature(PANGRAM))


# ---- the S-curve


def test_the_s_curve_at_known_points():
    assert match_probability(0.8, 20, 5) == pytest.approx(
        0.99964, abs=1e-5
    )  # Mining of Massive Datasets, 3.4.2
    assert match_probability(0.2, 20, 5) == pytest.approx(0.0064, abs=1e-4)
    assert match_probability(0.0, 20, 5) == 0.0
    assert match_probability(1.0, 20, 5) == 1.0
    assert match_probability(1e-3, 10, 10) == pytest.approx(1e-29, rel=1e-6)


@given(st.integers(1, 300), st.integers(1, 40))
def test_half_of_the_pairs_match_at_the_threshold(bands, rows):
    assert match_probability(threshold(bands, rows), bands, rows) == pytest.approx(0.5, abs=1e-9)
    assert 0 < rough_threshold(bands, rows) <= 1


def test_the_rough_threshold():
    assert rough_threshold(16, 4) == 0.5
    assert threshold(16, 4) == pytest.approx((1 - 0.5 ** (1 / 16)) ** 0.25)
