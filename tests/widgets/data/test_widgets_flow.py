from __future__ import annotations

import itertools

import pytest
from data_fakes import DROPS, funnel_fields, history_with

from widgets.s01_data.geometry.findings import funnel_of
from widgets.s01_data.geometry.flow import FlowScene
from widgets.s01_data.geometry.flow_layout import lay_out
from widgets.s01_data.geometry.flow_words import plain_reason
from widgets.s01_data.geometry.pipes import drop_pipe, inside
from widgets.s01_data.geometry.truth import Score, scores_of
from widgets.scene.shapes import Box, Dot, Text, approximate_width

SIZES = [(600, 250), (876, 290), (1500, 480)]


def scene(unit="documents", **changes):
    return FlowScene(funnel_of(history_with(("funnel", funnel_fields(**changes))), unit))


def test_the_funnel_has_what_the_record_says_and_its_books_balance():
    funnel = funnel_of(history_with(("funnel", funnel_fields())))
    assert (funnel.read, funnel.kept, funnel.unit) == (2000, 909, "documents")
    for step, after in zip(funnel.steps, funnel.steps[1:], strict=False):
        assert step.amount == step.passed + sum(drop.amount for drop in step.drops)
        assert step.passed == after.amount
    language = funnel.step("language")
    assert [drop.reason for drop in language.drops] == ["German", "French", "Spanish", "unsure"]


@pytest.mark.parametrize("tokens", [True, False])
def test_in_tokens_what_is_cut_out_of_pages_counts_too(tokens):
    funnel = funnel_of(history_with(("funnel", funnel_fields(tokens=tokens))), "tokens")
    assert funnel.unit == ("tokens" if tokens else "characters")
    for step, after in zip(funnel.steps, funnel.steps[1:], strict=False):
        assert step.passed == pytest.approx(after.amount, rel=0.002)
    extract = funnel.step("extract")
    assert extract.drops[0].reason == "trimmed"
    assert extract.drops[0].amount == pytest.approx(1_300_000 / (4 if tokens else 1), rel=0.01)


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"steps": 3}, {"steps": [None, 7]}, {"steps": [{"key": "crawl"}]},
    ],
)  # fmt: skip
def test_a_damaged_or_missing_funnel_is_none(fields):
    assert funnel_of(history_with(("funnel", fields))) is None
    assert funnel_of(None) is None


def test_a_funnel_of_nothing_and_one_with_senseless_values_can_be_drawn():
    for broken in (funnel_fields(0.0), funnel_fields()):
        for row in broken["steps"]:
            if row["documents"]:
                row |= {"documents": float("nan"), "tokens": "many", "dropped": {"x": 3}, "changed": None}
        for unit in ("documents", "tokens"):
            made = FlowScene(funnel_of(history_with(("funnel", broken)), unit))
            for t in (0.0, 3.0, made.duration):
                assert made.frame(t, 800, 300)


@pytest.mark.parametrize("unit", ["documents", "tokens"])
@pytest.mark.parametrize("size", SIZES)
def test_bars_are_proportional_and_all_of_it_lies_within_the_picture(size, unit):
    funnel = scene(unit).funnel
    layout = lay_out(funnel, *size)
    first = layout.columns[0]
    for column in layout.columns:
        assert column.height / first.height == pytest.approx(column.step.amount / funnel.steps[0].amount)
        parts = column.kept + sum(flow.thickness for flow in column.outflows)
        assert parts == pytest.approx(column.height)
        ends = [flow.label[1] for flow in column.outflows]
        assert all(
            later - earlier >= (17 if layout.compact else 30) for earlier, later in itertools.pairwise(ends)
        )
        assert all(y + (8 if layout.compact else 15) <= size[1] for y in ends)
        for flow in column.outflows:
            assert all(0 <= x <= size[0] and 0 <= y <= size[1] for x, y in flow.pipe.outline)
    edges = [column.x for column in layout.columns]
    assert edges == sorted(edges)
    assert edges[-1] + layout.columns[-1].room == pytest.approx(size[0])


def test_reasons_without_room_are_drawn_as_one_and_nothing_is_lost():
    layout = lay_out(scene().funnel, 876, 180)
    quality = layout.columns[3]
    assert quality.outflows[-1].drop.reason == "others"
    assert sum(flow.drop.documents for flow in quality.outflows) == sum(
        count for count, _ in DROPS["quality"].values()
    )


@pytest.mark.parametrize("size", [(876, 200), (1040, 300), (1500, 420)])
def test_columns_are_as_wide_as_the_words_of_their_main_reasons_need(size):
    layout = lay_out(scene().funnel, *size)
    for column in layout.columns:
        for outflow in column.outflows[:2]:
            words = f"{outflow.drop.amount:,.0f} {plain_reason(outflow.drop.reason)}"
            assert outflow.width >= 0.85 * approximate_width(words, "small")


def test_the_picture_at_a_time_does_not_depend_on_the_way_there():
    made, fresh = scene(), scene()
    times = [made.duration * index / 23 for index in range(24)]
    forward = [made.frame(t, 876, 290) for t in times]
    backward = [made.frame(t, 876, 290) for t in reversed(times)][::-1]
    assert forward == backward == [fresh.frame(t, 876, 290) for t in times]


def test_documents_leave_in_the_proportions_of_the_funnel():
    made = scene()
    fates = {item.number: item for t in range(0, 230) for item in made.travellers(t / 10) if item.reason}
    kept = {item.number for t in range(0, 230) for item in made.travellers(t / 10) if item.step == 7}
    assert len(fates) + len(kept) == 32
    assert not fates.keys() & kept
    assert len(kept) / 32 == pytest.approx(909 / 2000, abs=0.06)
    by_step = [sum(item.step == index for item in fates.values()) / 32 for index in range(8)]
    for index, step in enumerate(made.funnel.steps):
        assert by_step[index] == pytest.approx((step.amount - step.passed) / 2000, abs=0.06)


def test_documents_move_steadily_and_rest_between_the_steps():
    made = scene()
    for step_index in range(8):
        mark = made.marks[step_index + 1]
        assert made.clock(mark.time) == pytest.approx(step_index + 1)
        assert made.clock(mark.time + 0.3) == pytest.approx(step_index + 1)
        assert made.frame(mark.time, 876, 290) == made.frame(mark.time + 0.3, 876, 290)
    clocks = [made.clock(t / 50) for t in range(int(made.duration * 50))]
    assert all(0 <= later - earlier < 0.05 for earlier, later in itertools.pairwise(clocks))


def test_the_stream_runs_in_a_circle_at_the_end():
    made = scene()

    def dots(t):
        found = [shape for shape in made.frame(t, 876, 290) if isinstance(shape, Dot)]
        return sorted((round(dot.x, 3), round(dot.y, 3), dot.fill) for dot in found)

    assert dots(made.loop_start) == dots(made.duration)
    assert len(dots(made.duration)) > 20


def test_a_run_that_has_not_come_far_shows_no_document_further_than_it():
    fields = funnel_fields(tokens=False)
    for row in fields["steps"][4:]:
        row |= {"documents_in": 0, "documents": 0, "characters_in": 0, "characters": 0, "dropped": {}}
    made = FlowScene(funnel_of(history_with(("funnel", fields))))
    assert max(item.step for item in made.travellers(made.duration)) == 3
    assert made.heading(made.duration)[0] == "1,283 of 2,000 pages are past the step “Quality” so far"
    assert not made.funnel.through
    assert scene().funnel.through


def test_steps_reasons_and_documents_can_be_clicked():
    made = scene()
    frame = made.frame(made.duration, 876, 290)
    bar = next(shape for shape in frame if isinstance(shape, Box) and shape.key == "step:quality")
    assert made.hit(made.duration, bar.x + 2, bar.y + 3, 876, 290) == "step:quality"
    words = next(shape for shape in frame if isinstance(shape, Text) and shape.text == "exact copy")
    assert made.hit(made.duration, words.x + 3, words.y, 876, 290) == "reason:dedup:exact copy"
    layout = lay_out(made.funnel, 876, 290)
    x, y = layout.columns[4].outflows[0].pipe.at(0.5)
    assert made.hit(0.0, x, y, 876, 290) == "reason:dedup:exact copy"
    assert made.hit(0.0, 875, 289, 876, 290) is None


def test_the_heading_tells_of_the_step_that_moves():
    made = scene()
    assert made.heading(made.time_of("quality"))[0] == "Quality: 1,283 of 1,702 documents go on"
    assert made.heading(made.time_of("pii"))[0] == "Personal data: all 909 documents go on"
    assert made.heading(made.duration)[0] == "909 of 2,000 pages stay"
    tokens = scene("tokens")
    assert tokens.heading(tokens.time_of("extract"))[0] == "Extract: ≈ 397k of ≈ 723k tokens go on"
    assert tokens.heading(tokens.duration)[0].endswith("k tokens stay")


def test_a_step_whose_truth_is_known_tells_its_scores():
    scores = scores_of(
        {"steps": [{"step": "language", "title": "Language", "precision": 0.99951, "recall": 0.97,
                    "target": 0.98, "counted": 10, "what": ""}]}
    )  # fmt: skip
    made = FlowScene(funnel_of(history_with(("funnel", funnel_fields()))), scores=scores)

    def lines(t):
        frame = made.frame(t, 876, 290)
        return [shape for shape in frame if isinstance(shape, Text) and "target" in shape.text]

    assert [(shape.text, shape.colour) for shape in lines(made.time_of("language"))] == [
        ("Language: precision 0.999, recall 0.970 (target 0.98)", "warning")
    ]
    assert lines(made.time_of("quality")) == []


def test_a_pipe_keeps_its_thickness_and_a_point_on_it_is_inside():
    pipe = drop_pipe((0, 10), (6, 40), (80, 120), 14)
    assert pipe.at(0.0) == (0, 10)
    assert pipe.at(1.0) == (80, 120)
    for share in (0.05, 0.3, 0.5, 0.7, 0.95):
        assert inside(pipe.outline, *pipe.at(share))
        assert inside(pipe.outline, *pipe.at(share, 5.5))
        assert not inside(pipe.outline, *pipe.at(share, 9))


@pytest.mark.parametrize("size", [(640, 220), (640, 280), (876, 180), (876, 230), (1040, 300), (1500, 420)])
def test_scores_keep_clear_of_the_reasons(size):
    scores = tuple(
        Score("dedup", title, 1.0, 0.99, 0.95, 40, "pages")
        for title in ("Exact duplicates", "Near duplicates")
    )
    made = FlowScene(funnel_of(history_with(("funnel", funnel_fields()))), scores=scores)
    shapes = made.frame(made.time_of("dedup"), *size)
    told = [shape for shape in shapes if isinstance(shape, Text) and "duplicates: " in shape.text]
    reasons = [shape for shape in shapes if isinstance(shape, Text) and shape.key.startswith("reason:")]
    assert reasons
    assert told or size[0] < 1000
    for line in told:
        left = line.x - 0.95 * approximate_width(line.text, "small")
        for reason in reasons:
            if abs(reason.y - line.y) < 12:
                end = reason.x + min(reason.width, approximate_width(reason.text, "small"))
                assert end <= left + 1
