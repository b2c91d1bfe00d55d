"""What every Store does. Subclass with `new`, and pytest runs all of it against that implementation."""

from contextlib import AbstractContextManager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from causeline.core.errors import StoreError
from causeline.core.ports import DEAD_LETTERS_MAX, FACET_FIELDS, EventQuery, Facet, Store
from causeline.core.refs import ObjectRef
from causeline.core.results import Stats, Subject
from tests.contracts import samples
from tests.contracts.memory import MemoryStore
from tests.contracts.samples import DAY, NODE, NOON, WEB, entry, event, incident, ledger_entry, letter

few = settings(
    max_examples=40,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.differing_executors],  # one property, many implementations
)

queries = st.builds(
    EventQuery,
    start=st.none() | samples.seconds,
    end=st.none() | samples.seconds,
    namespace=st.none() | st.sampled_from(["shop", "other", "", "nowhere"]),
    object=st.none() | samples.subjects.map(lambda subject: subject.ref),
    reason=st.none() | st.sampled_from(["BackOff", "Killing", "Nothing"]),
    severity=st.none() | st.sampled_from(["info", "warning", "critical"]),
    text=st.none() | samples.messages | st.just('":* OR'),
    newest_first=st.booleans(),
    limit=st.sampled_from([0, 1, 3, 1000]),
)


def everything(store: Store) -> list[Any]:
    every = EventQuery(limit=10**6)
    return [
        list(store.events(every)),
        store.incidents(include_merged=True),
        store.timeline(),
        store.ledger(),
        store.dead_letters(),
        store.dead_letters_total(),
        [store.facets(field, every) for field in FACET_FIELDS],
        store.histogram(3600, every),
    ]


class StoreContract:
    """Behaviour of a Store."""

    def new(self) -> AbstractContextManager[Store]:
        """Give an empty store."""
        raise NotImplementedError

    @few
    @given(st.lists(samples.results, max_size=12), st.integers(1, 5))
    def test_writing_twice_or_in_chunks_changes_nothing(self, results: list[Any], chunk: int) -> None:
        with self.new() as once, self.new() as twice, self.new() as chunked:
            once.write(results)
            twice.write(results)
            twice.write(results)
            for start in range(0, len(results), chunk):
                chunked.write(results[start : start + chunk])
            assert everything(once) == everything(twice) == everything(chunked)

    @few
    @given(st.lists(samples.events(), max_size=12).flatmap(lambda e: st.tuples(st.just(e), st.permutations(e))))
    def test_any_order_of_an_events_updates_gives_the_same(self, orders: tuple[list[Any], list[Any]]) -> None:
        with self.new() as store, self.new() as shuffled:
            store.write(orders[0])
            for one in orders[1]:
                shuffled.write([one])
            assert everything(store) == everything(shuffled)

    @few
    @given(st.lists(samples.results, max_size=15), st.lists(queries, min_size=1, max_size=4))
    def test_answers_are_those_of_the_model(self, results: list[Any], asked: list[EventQuery]) -> None:
        model = MemoryStore()
        model.write(results)
        with self.new() as store:
            store.write(results)
            assert everything(store) == everything(model)
            for query in asked:
                assert list(store.events(query)) == list(model.events(query))
                assert store.histogram(60, query) == model.histogram(60, query)
                assert [store.facets(f, query) for f in FACET_FIELDS] == [model.facets(f, query) for f in FACET_FIELDS]

    @few
    @given(st.lists(samples.events(), max_size=12), queries)
    def test_facets_and_histogram_sum_to_the_occurrences(self, events: list[Any], query: EventQuery) -> None:
        with self.new() as store:
            store.write(events)
            whole = EventQuery(**{**{f: getattr(query, f) for f in query.__struct_fields__}, "limit": 10**6})
            occurrences = sum(found.count for found in store.events(whole))
            assert sum(n for _, n in store.histogram(600, query)) == occurrences
            for field in FACET_FIELDS:
                assert sum(facet.count for facet in store.facets(field, query)) == occurrences

    def test_an_event_comes_back_as_it_was_written(self) -> None:
        odd = event(message='10 % of "Élan" \N{PILE OF POO}\0 end', name="other-name", object=NODE, component="")
        with self.new() as store:
            store.write([odd])
            assert list(store.events(EventQuery())) == [odd]

    def test_a_count_never_goes_down_and_the_newest_message_stays(self) -> None:
        with self.new() as store:
            store.write([event(count=7, last_at=NOON + 60, message="seventh")])
            store.write([event(count=3, last_at=NOON + 20, message="third", arrived_at=NOON - 1)])
            [kept] = store.events(EventQuery())
            assert (kept.count, kept.last_at, kept.message, kept.arrived_at) == (7, NOON + 60, "seventh", NOON - 1)
            assert list(store.events(EventQuery(text="third"))) == []

    def test_text_finds_the_message_that_is_there_now(self) -> None:
        with self.new() as store:
            store.write([event(message="connection refused")])
            store.write([event(message="no route to host", last_at=NOON + 1)])
            assert list(store.events(EventQuery(text="refused"))) == []
            assert len(list(store.events(EventQuery(text="HOST route")))) == 1

    def test_events_of_many_days_come_in_one_order(self) -> None:
        found = [event(f"u{n}", created_at=NOON + (n % 3) * DAY, last_at=NOON + 3 * DAY + n) for n in range(9)]
        with self.new() as store:
            store.write(list(reversed(found)))
            assert list(store.events(EventQuery())) == found
            assert list(store.events(EventQuery(newest_first=True, limit=4))) == found[:4:-1]

    def test_objects_without_a_namespace_count_under_nothing(self) -> None:
        with self.new() as store:
            store.write([event(object=NODE, count=2), event("u2")])
            assert store.facets("namespace", EventQuery()) == [Facet("", 2), Facet("shop", 1)]
            assert [e.object for e in store.events(EventQuery(namespace=""))] == [NODE]
            assert [e.uid for e in store.events(EventQuery(object=ObjectRef("Pod", "shop", "web-1")))] == ["u2"]

    def test_an_unknown_facet_or_bucket_is_refused(self) -> None:
        with self.new() as store:
            with pytest.raises(StoreError, match="one of namespace, kind, reason, severity"):
                store.facets("colour", EventQuery())
            with pytest.raises(StoreError, match="above 0"):
                store.histogram(0, EventQuery())

    def test_incidents_come_most_important_first_without_merged_ones(self) -> None:
        with self.new() as store:
            store.write(
                [
                    incident("a", state="resolved", severity="critical", resolved_at=NOON + 9),
                    incident("b", severity="info"),
                    incident("c", severity="critical", started_at=NOON - 9),
                    incident("d", severity="critical"),
                    incident("e", severity="critical"),
                    incident("f", state="merged", merged_into="d", timeline=[entry()]),
                ]
            )
            assert [i.id for i in store.incidents()] == ["d", "e", "c", "b", "a"]
            assert [i.id for i in store.incidents(include_merged=True)] == ["d", "e", "c", "b", "a", "f"]
            assert [i.id for i in store.incidents(since=NOON + 10)] == ["d", "e", "c", "b"]
            assert store.timeline() == []

    def test_an_incident_is_found_by_an_unambiguous_beginning(self) -> None:
        with self.new() as store:
            store.write([incident("ab1"), incident("ab12"), incident("cd")])
            assert [found and found.id for found in map(store.incident, ("ab1", "ab12", "c", "ab", "x"))] == [
                "ab1", "ab12", "cd", None, None,
            ]  # fmt: skip

    def test_an_incident_written_later_replaces_the_earlier(self) -> None:
        with self.new() as store:
            store.write([incident(timeline=[entry(), entry(NOON + 1)])])
            later = incident(state="resolved", resolved_at=NOON + 60, timeline=[entry(NOON + 2)])
            store.write([later])
            assert store.incidents() == [later]
            assert [found.at for _, found in store.timeline()] == [NOON + 2]

    def test_timelines_are_asked_by_object_and_time(self) -> None:
        tricky = Subject("Pod", 'a","b', "c")
        with self.new() as store:
            store.write(
                [
                    incident("a", timeline=[entry(NOON + 2), entry(NOON + 9, NODE), entry(NOON + 1, tricky)]),
                    incident("b", timeline=[entry(NOON + 1)]),
                ]
            )
            assert [(i, e.at) for i, e in store.timeline(WEB)] == [("b", NOON + 1), ("a", NOON + 2)]
            assert [i for i, _ in store.timeline(start=NOON + 2, end=NOON + 9)] == ["a"]
            assert [e.object for _, e in store.timeline(tricky)] == [tricky]
            assert store.timeline(Subject("Pod", "a", "c")) == []

    def test_the_ledger_is_oldest_first_and_a_window_may_grow(self) -> None:
        with self.new() as store:
            store.write([ledger_entry(NOON + 9), ledger_entry(), ledger_entry(recovered=3)])
            assert store.ledger() == [ledger_entry(recovered=3), ledger_entry(NOON + 9)]

    @pytest.mark.parametrize("order", [1, -1])
    def test_dead_letters_are_bounded_and_counted(self, order: int) -> None:
        letters = [letter(n) for n in range(DEAD_LETTERS_MAX + 50)]
        with self.new() as store:
            store.write(letters[-200:])
            store.write(letters[::order])
            total = store.dead_letters_total()
            store.write(letters)
            assert store.dead_letters() == letters[50:]
            assert DEAD_LETTERS_MAX <= total <= len(letters)
            assert store.dead_letters_total() == total

    def test_whole_days_are_dropped_once_they_are_over(self) -> None:
        midnight = NOON + DAY / 2
        days = [event(f"u{n}", created_at=NOON + n * DAY, last_at=NOON + 9 * DAY) for n in range(3)]
        with self.new() as store:
            store.write([*days, incident()])
            assert store.drop_before(midnight - 1) == 0
            assert store.drop_before(midnight + DAY) == 2
            assert store.drop_before(midnight + DAY) == 0
            assert [e.uid for e in store.events(EventQuery())] == ["u2"]
            assert store.incidents() == [incident()]
            store.write(days)
            assert len(list(store.events(EventQuery()))) == 3

    def test_small_values_and_counts_are_kept(self) -> None:
        with self.new() as store:
            assert (store.get_meta("cluster"), store.stats()) == (None, None)
            store.put_meta("cluster", b"a")
            store.put_meta("cluster", b"b")
            store.put_stats(Stats(events=3, wall_seconds=0.5))
            assert store.get_meta("cluster") == b"b"
            assert store.stats() == Stats(events=3, wall_seconds=0.5)

    def test_an_empty_store_answers(self) -> None:
        with self.new() as store:
            store.write([])
            store.sync()
            assert everything(store) == [[], [], [], [], [], 0, [[], [], [], []], []]
