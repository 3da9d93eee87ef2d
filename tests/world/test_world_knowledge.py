"""The world is consistent, seeded and frozen."""

from __future__ import annotations

import dataclasses

import pytest

from simulator.world import build_world


@pytest.mark.parametrize("seed", range(5))
def test_the_world_is_consistent(seed):
    world = build_world(seed)
    names = [item.name for item in (*world.people, *world.places)]
    assert len(set(names)) == len(names)
    for person in world.people:
        assert person.friend != person.name
        assert world.person(person.friend).friend == person.name
        assert world.place(person.home).name == person.home
        assert (person.she, person.her) in {("she", "her"), ("he", "his")}
    homes = [person.home for person in world.people]
    assert {homes.count(place.name) for place in world.places} <= {3, 4}
    assert all(len(world.values(fact.relation)) >= 4 for fact in world.facts())
    assert all(fact.value.isascii() and fact.value.strip() == fact.value for fact in world.facts())


def test_the_same_seed_gives_the_same_world_and_another_seed_other_facts():
    assert build_world(3) == build_world(3)
    first, second = set(build_world(0).facts()), set(build_world(1).facts())
    assert len(first) == 48 * 7 + 14 * 4
    assert len(first & second) < len(first) / 4


def test_facts_are_what_people_and_places_say():
    world = build_world(0, people=8, places=4)
    for fact in world.facts():
        named = [item for item in (*world.people, *world.places) if item.name == fact.subject]
        assert [getattr(item, fact.relation) for item in named] == [fact.value]


def test_a_world_cannot_be_changed():
    world = build_world(0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        world.people[0].home = "Atlantis"  # type: ignore[misc]
    with pytest.raises(KeyError):
        world.person("Nobody")


@pytest.mark.parametrize(("people", "places"), [(7, 14), (6, 14), (62, 14), (48, 3), (48, 19)])
def test_sizes_out_of_range_are_refused(people, places):
    with pytest.raises(ValueError, match="even number"):
        build_world(0, people=people, places=places)
