"""The picture of the house: an arrow that is missing or upside down teaches a wrong order."""

import house
import pytest


@pytest.fixture(scope="module")
def found():
    return house.arrows()


def test_arrows_that_follow_from_others_are_left_out_and_no_more(found):
    few = house.reduced(found)

    def reach(arrows, room):
        return {room}.union(*(reach(arrows, other) for other in arrows[room]))

    for room in found:
        assert few[room] <= found[room]
        assert reach(few, room) == reach(found, room)
    assert sum(map(len, few.values())) < sum(map(len, found.values()))


def test_every_room_is_drawn_once_above_what_it_imports(found):
    rows = house.rows(found)
    placed = house.boxes(rows, house.reduced(found))
    assert sorted(room for _, row in rows for room in row) == sorted(found)
    for room, others in found.items():
        assert all(placed[room].top < placed[other].top for other in others)


def test_no_two_rooms_overlap_and_all_are_inside(found):
    placed = list(house.boxes(house.rows(found), house.reduced(found)).values())
    for k, a in enumerate(placed):
        assert 0 < a.x - a.width / 2 < a.x + a.width / 2 < house.WIDTH
        for b in placed[k + 1 :]:
            assert a.top != b.top or abs(a.x - b.x) >= (a.width + b.width) / 2


def test_the_table_says_what_each_room_is(found):
    table = house.table()
    for room in found:
        assert f"``{room}``\n     - " in table
        assert len(house.says(room)) > 10, f"{room} does not say what it is"
