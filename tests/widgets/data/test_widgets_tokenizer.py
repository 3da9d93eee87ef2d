from __future__ import annotations

import itertools
import random

import pytest
from asking_fakes import make_bench, start
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from simulator.s01_data.merges import MergeHistory
from simulator.s01_data.token_queries import merges as merges_query
from simulator.stages import BY_KEY
from simulator.text.tokenizer import BpeTokenizer
from widgets.s01_data.geometry.compare import CompareScene
from widgets.s01_data.geometry.merge_book import book_of, piece_colour, token_colour
from widgets.s01_data.geometry.merge_text import TextLayout
from widgets.s01_data.geometry.merges import MergeScene
from widgets.s01_data.tokenizer_cards import CompareCard, CompressionCard, TokenizerNumbers
from widgets.s01_data.tokenizer_controls import TokenizerControls
from widgets.s01_data.tokenizer_desk import shipped_answer
from widgets.s01_data.tokenizer_hero import EXAMPLES, TokenizerHero
from widgets.s01_data.tokenizer_mode import tokenizer_mode
from widgets.scene.shapes import Chip, Text, bounds
from widgets.stage_tab import StageTab
from widgets.theme import set_theme, theme

SIZES = [(600, 180), (876, 190), (1480, 460)]


@pytest.fixture
def book():
    return book_of(shipped_answer())


@pytest.fixture
def scene(book):
    return MergeScene(book, book.sample)


@pytest.fixture
def opened(qtbot, tmp_path):
    """The tab with the mode, its bench and its engine."""
    set_theme("dark", 1.0)
    theme().set_reduce_motion(True)
    bench, session = make_bench(tmp_path / "runs")
    tab = StageTab(BY_KEY["s01_data"])
    hero = tokenizer_mode(bench, tab)
    tab.resize(1280, 600)
    tab.show()
    qtbot.waitExposed(tab)
    tab.set_active(True)
    yield tab, hero, bench, session
    bench.bridge.shutdown()
    tab.close()
    tab.deleteLater()
    qtbot.wait(1)  # in an event loop, or nothing is deleted
    theme().set_reduce_motion(False)
    set_theme("dark", 1.0)


def _texts(shapes) -> str:
    return " | ".join(shape.text for shape in shapes if isinstance(shape, (Text, Chip)))


def _pieces(scene, t, size=(1480, 460)) -> list[Chip]:
    return [
        shape for shape in scene.frame(t, *size) if isinstance(shape, Chip) and shape.key.startswith("piece:")
    ]


# ---- the merges that come with the program


def test_the_shipped_merges_are_what_the_engine_answers(tmp_path):
    """If this fails, the toy world or the tokenizer has changed: write the new answer to resources/merges/toy.json."""
    fresh = merges_query(tmp_path)
    shipped = shipped_answer()
    assert shipped.keys() == fresh.keys()
    for name in fresh:
        assert shipped[name] == fresh[name], name


# ---- the scene


def test_every_state_of_the_scene_is_a_tokenizers_cut(scene, book):
    for state in scene.states[:: len(scene.states) // 12]:
        t = scene.time_of(state)
        ids = BpeTokenizer(book.merges.merges[:state]).encode(scene.history.text)
        labels = [chip.fill for chip in _pieces(scene, t)]
        assert labels == [token_colour(token) for token in ids]
        assert f"in {len(ids):,} tokens" in _texts(scene.frame(t, 1480, 460))


def test_scrubbing_back_shows_what_was_shown(scene):
    times = [scene.duration * share / 37 for share in range(38)]
    first = {t: scene.frame(t, 876, 190) for t in times}
    random.Random(0).shuffle(times)
    assert all(scene.frame(t, 876, 190) == first[t] for t in times)


def test_a_new_scene_shows_the_same(scene, book):
    again = MergeScene(book, book.sample)
    assert again.frame(20.0, 876, 190) == scene.frame(20.0, 876, 190)
    assert again.marks == scene.marks


def test_chips_slide_and_do_not_jump(scene):
    """In a move, no chip that stays goes further than it has to, and all move steadily."""
    for mark in scene.marks[1:40]:
        places = []
        for share in range(11):
            t = mark.begins + (mark.time - mark.begins) * share / 10
            places.append({chip.key: chip.x for chip in _pieces(scene, t)})
        for key in places[0].keys() & places[-1].keys():
            xs = [place[key] for place in places if key in place]
            assert xs == sorted(xs, reverse=True)


def test_the_joining_pair_meets(scene):
    state = scene.states[30]
    step_start = scene.marks[30].begins
    before = _pieces(scene, step_start - 1e-4)
    during = [chip for chip in _pieces(scene, step_start + 0.16) if chip.stroke]
    after = _pieces(scene, scene.time_of(state))
    joins = len(scene.history.joined_by(state))
    assert len(during) == 2 * joins
    assert len(before) == len(after) + joins
    assert sum(bool(chip.stroke) for chip in after) == joins


@pytest.mark.parametrize("size", SIZES)
def test_nothing_leaves_the_frame_or_overlaps(scene, size):
    for state in (0, *scene.states[:: len(scene.states) // 6], scene.states[-1]):
        shapes = scene.frame(scene.time_of(state), *size)
        for shape in shapes:
            area = bounds(shape)
            if area and isinstance(shape, Chip):
                assert area[0] >= -0.5
                assert area[0] + area[2] <= size[0] + 0.5
                assert area[1] + area[3] <= size[1] + 0.5
        chips = [shape for shape in shapes if isinstance(shape, Chip) and shape.text]
        for one, other in itertools.pairwise(chips):
            if one.y == other.y and one.key.startswith("piece") and other.key.startswith("piece"):
                assert one.x + one.w <= other.x + 1e-6


def test_lines_never_break_anew(book):
    layout = TextLayout(MergeHistory(book.sample, book.merges), 500.0, 400.0)
    rows = {chip.piece.start: chip.y for chip in layout.placed(0)}
    for state in range(0, len(book.merges), 60):
        assert all(chip.y == rows[chip.piece.start] for chip in layout.placed(state))
    ends = [max(chip.x + chip.w for chip in layout.placed(state) if chip.y == 0) for state in (0, 100, 700)]
    assert ends == sorted(ends, reverse=True)


def test_a_text_too_long_is_cut_and_says_so(book):
    scene = MergeScene(book, "many words " * 60)
    words = _texts(scene.frame(0.0, 600, 120))
    assert "the start of it" in words
    assert "the start of it" not in _texts(scene.frame(0.0, 1480, 900))


@pytest.mark.parametrize("text", ["", "a", "猫", "👍🏽", "\n", "x" * 600, "\u202eabc"])
def test_odd_texts_have_a_scene(book, text):
    scene = MergeScene(book, text)
    for t in (0.0, scene.duration / 2, scene.duration):
        for size in SIZES:
            scene.frame(t, *size)
    assert len(scene.marks) == len(scene.states)


def test_the_winner_is_the_commonest_pair(scene, book):
    state = scene.states[20]
    shapes = scene.frame(scene.time_of(state), 1480, 460)
    bars = next(shape for shape in shapes if hasattr(shape, "shares"))
    assert bars.shares[0] == 1.0
    assert bars.values[0] == f"{book.chosen[state - 1].count:,}"
    assert bars.colours[0] == "accent"
    assert f"Merge {state}" in _texts(shapes)


def test_the_vocabulary_grows_by_the_newest(scene, book):
    state = scene.states[25]
    chips = [
        s
        for s in scene.frame(scene.time_of(state), 1480, 460)
        if isinstance(s, Chip) and s.key.startswith("merge:")
    ]
    assert [chip.key for chip in chips[:3]] == [f"merge:{state - index}" for index in range(3)]
    assert chips[0].stroke
    assert not chips[1].stroke


def test_colours_are_stable_and_bytes_plain():
    assert token_colour(97) == "surface_raised"
    assert token_colour(300) == token_colour(300) == piece_colour(300)
    assert len({token_colour(token) for token in range(257, 300)}) == 12


# ---- the comparison


def test_rows_compare_what_the_engine_compares(opened, tmp_path):
    tab, hero, *_ = opened
    hero.field.setText("The naïve cat saw 猫.")
    scene = tab.findChild(CompareCard).scene
    names = [cut.name for cut in scene.cuts]
    assert names == ["Characters", "Words", "Bytes", "Our BPE, 512", "Our BPE, 1,024"]
    assert scene.cuts[0].lost == 2
    assert scene.cuts[2].tokens == len("The naïve cat saw 猫.".encode())
    words = _texts(scene.frame(0.0, 700, 150))
    assert "2 lost" in words
    for size in ((380, 120), (560, 130), (900, 240)):
        for shape in scene.frame(0.0, *size):
            area = bounds(shape)
            assert area is None or isinstance(shape, Text) or area[0] + area[2] <= size[0] + 0.5


def test_an_empty_comparison():
    assert CompareScene([]).frame(0.0, 500, 100) == []


# ---- the mode


def test_typing_recuts_at_once_without_an_engine(opened):
    tab, hero, _, session = opened
    before = hero.scene
    QTest.keyClicks(hero.field, "the the the")
    assert hero.scene is not before
    assert hero.scene.history.text == "the the the"
    assert session.asked == []
    hero.transport.to_end()
    numbers = tab.findChild(TokenizerNumbers)
    tokens = len(BpeTokenizer(hero.scene.book.merges.merges).encode("the the the"))
    assert numbers.tokens._value.text() == str(tokens)
    assert numbers.vocabulary._value.text() == "1,024"
    hero.field.clear()
    assert hero.scene.history.text == hero.scene.book.sample


def test_a_text_keeps_the_place(opened):
    _, hero, *_ = opened
    hero.show_state(200)
    state = hero.state
    assert state == max(step for step in hero.scene.states if step <= 200)
    hero.field.setText("the cat sat near the mill and the oak")
    assert hero.state <= state
    assert hero.state == max(step for step in hero.scene.states if step <= state)


def test_stepping_forward_and_back_ends_where_it_began(opened):
    tab, hero, *_ = opened
    picture = hero.canvas.render_image(0.0)
    for _ in range(7):
        assert tab.step(1)
    assert hero.state == hero.scene.states[7]
    for _ in range(7):
        assert tab.step(-1)
    assert not tab.step(-1)
    assert hero.state == 0
    assert hero.canvas.render_image(hero.transport.time) == picture


def test_numbers_and_plot_follow_the_scene(opened):
    tab, hero, *_ = opened
    hero.show_state(300)
    state = hero.state
    plot = tab.findChild(CompressionCard).plot
    size = hero.scene.book.merges.vocabulary_after(state)
    assert plot.model.series["now"].x.tolist() == [size, size]
    numbers = tab.findChild(TokenizerNumbers)
    assert numbers.ratio._value.text() == f"{hero.scene.history.bytes_per_token()[state]:.2f}"
    assert numbers.held_out._value.text() == f"{hero.scene.book.bytes_per_token[state]:.2f}"


def test_a_click_on_the_vocabulary_goes_to_its_merge(opened):
    _, hero, *_ = opened
    hero.transport.to_end()
    hero.canvas.clicked.emit("merge:52")
    assert hero.state == max(step for step in hero.scene.states if step <= 52)
    assert "Merge 52" in hero._hint("merge:52")
    start_byte = hero.scene.history.pieces_after(hero.state)[-1].start
    assert "token" in hero._hint(f"piece:{start_byte}")
    assert hero._hint("piece:99999") == ""


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples(opened, name):
    tab, hero, *_ = opened
    action = next(action for action in hero.examples.menu().actions() if action.text() == name)
    action.trigger()
    assert hero.scene.history.text == EXAMPLES[name]
    hero.transport.to_end()
    tab.grab()


def test_other_merges_are_learned_by_the_engine(opened):
    tab, hero, bench, session = opened
    controls = tab.findChild(TokenizerControls)
    assert controls.learn_button.isHidden()
    controls.form.set_values({"vocabulary": 400})
    assert not controls.learn_button.isHidden()
    QTest.mouseClick(controls.learn_button, Qt.MouseButton.LeftButton)
    assert "starting" in controls.message.text()
    assert hero.scene.book.merges.vocabulary_after(len(hero.scene.book.merges)) == 1024
    start(bench, session)
    bench.bridge._drain()
    assert [kind for kind, _ in session.asked] == ["merges"]
    assert hero.scene.book.merges.vocabulary_after(len(hero.scene.book.merges)) == 400
    assert hero.state == 0
    assert controls.learn_button.isHidden()
    assert bench.form_values("tokenizer")["vocabulary"] == 400
    controls.form.reset()
    controls.learn()
    assert len(session.asked) == 1  # the default comes with the program
    assert hero.scene.book.merges.vocabulary_after(len(hero.scene.book.merges)) == 1024


def test_a_corpus_that_cannot_be_read_is_told_and_the_old_merges_stay(opened, tmp_path):
    tab, hero, bench, session = opened
    start(bench, session)
    controls = tab.findChild(TokenizerControls)
    controls.form.set_values({"corpus": str(tmp_path / "none.txt")})
    controls.learn()
    bench.bridge._drain()
    assert "none.txt" in controls.message.text()
    assert controls.message.property("tone") == "bad"
    assert len(hero.scene.book.merges) == 767
    assert controls.learn_button.isEnabled()


def _tokenizer_file(folder) -> str:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.WordPieceTrainer(vocab_size=100, special_tokens=["[UNK]"], show_progress=False)
    tokenizer.train_from_iterator(["the cat sat on the mat"] * 5, trainer)
    tokenizer.save(str(folder / "mine.json"))
    return str(folder / "mine.json")


def test_a_tokenizer_of_the_users_joins_the_comparison(opened, tmp_path):
    tab, hero, bench, session = opened
    start(bench, session)
    controls, card = tab.findChild(TokenizerControls), tab.findChild(CompareCard)
    controls.open_file(_tokenizer_file(tmp_path))
    bench.bridge._drain()
    assert card.scene.cuts[-1].name == "mine"
    hero.field.setText("the cat sat")
    QTest.qWait(300)
    bench.bridge._drain()
    assert [piece.label for piece in card.scene.cuts[-1].pieces][:1] == ["the"]
    assert card.scene.cuts[-1].size == len("the cat sat")
    QTest.mouseClick(controls.close_button, Qt.MouseButton.LeftButton)
    assert card.scene.cuts[-1].name == "Our BPE, 1,024"


def test_a_broken_tokenizer_is_told_in_plain_words(opened, tmp_path):
    tab, _, bench, session = opened
    start(bench, session)
    controls, card = tab.findChild(TokenizerControls), tab.findChild(CompareCard)
    (tmp_path / "broken.json").write_text('{"model": {"type": "BPE", "vocab": ', "utf-8")
    controls.open_file(str(tmp_path / "broken.json"))
    bench.bridge._drain()
    assert "broken.json" in controls.message.text()
    assert controls.message.property("tone") == "bad"
    assert controls.close_button.isHidden()
    assert len(card.scene.cuts) == 5


def test_a_corpus_without_repeats_has_nothing_to_play(opened, tmp_path):
    tab, hero, bench, session = opened
    start(bench, session)
    (tmp_path / "short.txt").write_text("abc", "utf-8")
    controls = tab.findChild(TokenizerControls)
    controls.form.set_values({"corpus": str(tmp_path / "short.txt")})
    controls.learn()
    bench.bridge._drain()
    assert len(hero.scene.book.merges) == 0
    assert hero.transport.duration == 0
    hero.field.setText("some text")
    assert not tab.step(1)
    assert not tab.grab().isNull()
    tab.rest()


def test_a_file_waits_for_the_engine(opened, tmp_path):
    tab, _, bench, session = opened
    controls = tab.findChild(TokenizerControls)
    controls.open_file(_tokenizer_file(tmp_path))
    assert "starting" in controls.message.text()
    start(bench, session)
    bench.bridge._drain()
    assert tab.findChild(CompareCard).scene.cuts[-1].name == "mine"


def test_a_vocabulary_out_of_range_is_told_by_the_form(opened):
    tab, hero, _, session = opened
    controls = tab.findChild(TokenizerControls)
    controls.form.field("vocabulary").edited.emit("vocabulary", 10**9)
    controls.learn()
    assert session.asked == []
    assert len(hero.scene.book.merges) == 767


def test_remembered_settings_that_no_longer_fit_are_left_out(qtbot, tmp_path):
    bench, _ = make_bench(tmp_path)
    bench.remember_form("tokenizer", {"vocabulary": 10**9, "gone": 1})
    tab = StageTab(BY_KEY["s01_data"])
    qtbot.addWidget(tab)
    assert tokenizer_mode(bench, tab).scene.book.name == "the toy world"
    bench.bridge.shutdown()


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize("size", [(1024, 560), (1280, 560), (1920, 900), (700, 400)])
def test_it_is_painted_at_every_size(opened, name, size):
    tab, hero, *_ = opened
    set_theme(name)
    tab.resize(*size)
    tab.rest()
    assert isinstance(hero, TokenizerHero)
    assert hero.state > 0
    assert not tab.grab().isNull()
