/* tests/unit/recording-contract.c - objects and findings, read from both kinds of file */
/* SPDX-License-Identifier: MIT */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "recorder/trace_writer.h"
#include "tests/unit/viewer_made.h"
#include "viewer/recording.h"

enum kind { RING, TRACE, UNFINISHED, KINDS };

static const uint64_t pcs[3] = {0x7f1000000200, 0x7f1000000300, 0x401000};

static struct recording *open_file(int fd, bool force)
{
    struct problem problem;
    struct recording *recording = recording_open(made_path(fd), force, &problem);

    assert_non_null(recording);
    close(fd);
    return recording;
}

/* Takes over made. */
static struct recording *open_made(struct made *made, enum kind kind)
{
    int fd = made_file();

    if (kind == RING)
        made_save_ring(made, fd);
    else
        made_save_trace(made, fd, kind == TRACE);
    made_free(made);
    return open_file(fd, false);
}

struct names {
    uint32_t plugin, instance, node, owner;
};

static struct made *begin(struct names *ret_names)
{
    struct made *made = made_new(0);

    made_module(made, "/opt/libnpfirst.so", 0, 0x7f1000000000, 0x7f1000010000, 0);
    ret_names->plugin = made_plugin(made, "/opt/libnpfirst.so");
    ret_names->instance = made_instance(made, ret_names->plugin, "application/x-first");
    ret_names->node = made_stack(made, 0, pcs, 2);
    ret_names->owner = made_stack(made, 0, pcs, 3);
    return made;
}

static struct made *made_misuse(struct names *names)
{
    struct made *made = begin(names);

    for (unsigned i = 0; i < 20; i++)
        made_object(made, 0, names->plugin, names->instance, OBJECT_GOT,
                    0x5000 - 0x100 * (i * 7 % 20), names->node);
    made_object(made, 0, names->plugin, names->instance, OBJECT_RETAINED, 0x5000, names->owner);
    made_object(made, 0, names->plugin, names->instance, OBJECT_RELEASED, 0x4f00, names->node);
    struct ring_finding *finding =
        made_finding(made, FINDING_DOUBLE_FREE, 1, names->instance, names->node);
    finding->owner_plugin = 1;
    finding->owner_instance = names->instance;
    finding->owner_node = names->owner;
    finding->released_node = names->node;
    finding->owner_flags = NPN_ORIGIN_PASSWORD << EVENT_ORIGIN_SHIFT;
    finding->owner_stamp = MADE_START + 1;
    finding->address = 0x1234;
    finding->size = 77;
    finding->detail = 5;
    atomic_store(&finding->count, 3);
    atomic_store(&finding->last_stamp, finding->first_stamp + 10);
    struct ring_finding *earlier = made_finding(made, FINDING_OVERRUN, 1, 0, names->node);
    earlier->first_stamp = finding->first_stamp - 1;
    made->header->whatif = RING_WHATIF_LIMIT;
    made->header->injected_failures = 4;
    made->header->unlisted_objects = 5;
    made->header->unlisted_findings = 6;
    return made;
}

static void assert_objects(const struct recording *recording, const struct names *names)
{
    assert_int_equal(recording->object_count, 19);
    for (size_t i = 1; i < recording->object_count; i++)
        assert_true(recording->objects[i - 1].address < recording->objects[i].address);
    const struct trace_object *last = &recording->objects[recording->object_count - 1];
    assert_int_equal(last->address, 0x5000);
    assert_int_equal(last->refs, 2);
    assert_int_equal(last->most_refs, 2);
    assert_int_equal(last->node, names->node);
    assert_int_equal(last->last_node, names->owner);
    assert_int_equal(last->step, OBJECT_GOT);
    assert_int_equal(last->plugin, names->plugin);
    assert_int_equal(last->instance, names->instance);
    assert_in_range(last->stamp, MADE_START, recording->process.end_stamp);
}

static void assert_findings(const struct recording *recording, const struct names *names)
{
    assert_int_equal(recording->finding_count, 2);
    assert_int_equal(recording->findings[0].kind, FINDING_OVERRUN);
    const struct trace_finding *finding = &recording->findings[1];
    assert_int_equal(finding->kind, FINDING_DOUBLE_FREE);
    assert_int_equal(finding->plugin, names->plugin);
    assert_int_equal(finding->instance, names->instance);
    assert_int_equal(finding->node, names->node);
    assert_int_equal(finding->owner_plugin, 1);
    assert_int_equal(finding->owner_instance, names->instance);
    assert_int_equal(finding->owner_node, names->owner);
    assert_int_equal(finding->released_node, names->node);
    assert_int_equal(EVENT_ORIGIN(finding->owner_flags), NPN_ORIGIN_PASSWORD);
    assert_int_equal(finding->owner_stamp, MADE_START + 1);
    assert_int_equal(finding->address, 0x1234);
    assert_int_equal(finding->size, 77);
    assert_int_equal(finding->detail, 5);
    assert_int_equal(finding->count, 3);
    assert_int_equal(finding->last_stamp, finding->first_stamp + 10);
    assert_int_equal(finding->first_stamp, recording->findings[0].first_stamp + 1);
}

static void test_read(void **unused)
{
    (void)unused;
    for (enum kind kind = RING; kind <= TRACE; kind++) {
        struct names names;
        struct recording *recording = open_made(made_misuse(&names), kind);

        assert_int_equal(recording->problems.damages, 0);
        assert_true(recording->has_contract);
        assert_objects(recording, &names);
        assert_findings(recording, &names);
        assert_int_equal(recording->process.whatif, RING_WHATIF_LIMIT);
        assert_int_equal(recording->injected_failures, 4);
        assert_int_equal(recording->losses.unlisted_objects, 5);
        assert_int_equal(recording->losses.unlisted_findings, 6);
        recording_close(recording);
    }
}

/* What was held is for the events to say; findings that were written in between are known. */
static void test_unfinished(void **unused)
{
    struct names names;
    struct recording *recording = open_made(made_misuse(&names), UNFINISHED);

    (void)unused;
    assert_false(recording->has_contract);
    assert_int_equal(recording->object_count, 0);
    assert_findings(recording, &names);
    recording_close(recording);
}

/* Slots that are being filled or emptied, and entries that are not whole. */
static void test_half_entries(void **unused)
{
    struct names names;
    struct made *made = begin(&names);
    struct ring_object *objects = ring_area(made->base, RING_OBJECTS);

    (void)unused;
    made_object(made, 0, names.plugin, 0, OBJECT_CREATED, 0x1000, names.node);
    objects[7] = (struct ring_object){.address = 0x2000, .plugin = 1};
    objects[8] = (struct ring_object){.refs = 3, .plugin = 1};
    atomic_store(&made_finding(made, FINDING_OVERRUN, 1, 0, 0)->count, 0);
    made_finding(made, FINDING_NONE, 1, 0, 0);
    made_finding(made, FINDING_OVERRUN, 1, 0, 0)->address = 0x99;
    struct recording *recording = open_made(made, RING);
    assert_int_equal(recording->problems.damages, 0);
    assert_int_equal(recording->object_count, 1);
    assert_int_equal(recording->objects[0].address, 0x1000);
    assert_int_equal(recording->finding_count, 1);
    assert_int_equal(recording->findings[0].address, 0x99);
    recording_close(recording);
}

/* What they name and is not there is corrected, and said. */
static void test_names_nothing(void **unused)
{
    (void)unused;
    for (enum kind kind = RING; kind <= TRACE; kind++) {
        struct names names;
        struct made *made = begin(&names);
        made_object(made, 0, names.plugin, names.instance, OBJECT_CREATED, 0x1000, 4000);
        struct ring_finding *finding = made_finding(made, UINT16_MAX, 99, 98, 4001);
        finding->owner_plugin = 97;
        finding->owner_instance = 96;
        finding->owner_node = 4002;
        finding->released_node = 4003;
        made->event_count = made->event_count - 1; /* the object's: its node is not there either */
        struct recording *recording = open_made(made, kind);
        assert_true(recording->problems.damages >= 2);
        assert_int_equal(recording->object_count, 1);
        assert_int_equal(recording->objects[0].node, 0);
        assert_int_equal(recording->objects[0].last_node, 0);
        assert_int_equal(recording->objects[0].plugin, names.plugin);
        const struct trace_finding *read = &recording->findings[0];
        assert_int_equal(recording->finding_count, 1);
        assert_int_equal(read->kind, UINT16_MAX);
        assert_int_equal(read->plugin + read->owner_plugin, 0);
        assert_int_equal(read->instance + read->owner_instance, 0);
        assert_int_equal(read->node + read->owner_node + read->released_node, 0);
        recording_close(recording);
    }
}

/* A stack that stands among the events is none that a table can name. */
static void test_inline_stacks(void **unused)
{
    (void)unused;
    for (enum kind kind = RING; kind <= TRACE; kind++) {
        struct names names;
        struct made *made = begin(&names);
        made_finding(made, FINDING_OVERRUN, 1, 0, RING_NODE_INLINE)->owner_node = RING_NODE_INLINE;
        struct recording *recording = open_made(made, kind);
        assert_int_equal(recording->problems.damages, 0);
        assert_int_equal(recording->findings[0].node, RING_NODE_NONE);
        assert_int_equal(recording->findings[0].owner_node, RING_NODE_NONE);
        recording_close(recording);
    }
}

static void count_event(const struct event *event, unsigned counts[EVENT_TYPES])
{
    unsigned upper = EVENT_ORIGIN(event->flags), owners = EVENT_ORIGIN(event->owner_flags);

    counts[event->type]++;
    if (event->type == EVENT_NPN_RECEIVED)
        assert_int_equal(upper, NPN_ORIGIN_VARIANT);
    if (event->type == EVENT_NPN_RELEASED || event->type == EVENT_NPN_ELSEWHERE)
        assert_int_equal(owners, NPN_ORIGIN_VARIANT);
    if (event->type == EVENT_NPN_HANDED) {
        assert_int_equal(upper, NPN_WAY_FORM);
        assert_int_equal(owners, NPN_ORIGIN_ALLOC);
    }
    if (event->type == EVENT_OBJECT) {
        assert_int_equal(upper, OBJECT_RESULT);
        assert_int_equal(event->size, 1);
    }
}

/* The events of what the browser gives and takes, and their counters. */
static void test_events(void **unused)
{
    (void)unused;
    for (enum kind kind = RING; kind < KINDS; kind++) {
        unsigned counts[EVENT_TYPES] = {0};
        struct recorded_event event;
        struct names n;
        struct made *made = begin(&n);
        made_page(made, n.instance, "http://example.org/");
        made_received(made, 0, n.plugin, n.instance, NPN_ORIGIN_VARIANT, 0x10, 5, n.node);
        made_received(made, 1, n.plugin, n.instance, NPN_ORIGIN_VARIANT, 0x10, 6, n.node);
        made_received(made, 1, n.plugin, n.instance, NPN_ORIGIN_VARIANT, 0x20, 7, n.node);
        made_released(made, 1, n.plugin, n.instance, 0x10, n.owner);
        made_alloc(made, 0, n.plugin, n.instance, 0x30, 9, n.node);
        made_handed(made, 0, n.plugin, n.instance, NPN_WAY_FORM, 0x30, n.owner);
        made_object(made, 0, n.plugin, n.instance, OBJECT_RESULT, 0x40, n.node);
        struct recording *recording = open_made(made, kind);
        for (size_t run = 0; run < recording->run_count; run++)
            for (recording_run_open(recording, run); recording_run_next(recording, &event);)
                count_event(&event.event, counts);
        assert_int_equal(recording->problems.damages, 0);
        assert_int_equal(counts[EVENT_NPN_RECEIVED], 3);
        assert_int_equal(counts[EVENT_NPN_ELSEWHERE], 1);
        assert_int_equal(counts[EVENT_NPN_RELEASED], 1);
        assert_int_equal(counts[EVENT_NPN_HANDED], 1);
        assert_int_equal(counts[EVENT_OBJECT], 1);
        const struct trace_counters *npn = &recording->plugins[0].npn;
        assert_int_equal(npn->received_blocks, 3);
        assert_int_equal(npn->received_live_blocks, 1);
        assert_int_equal(npn->handed_over, 1);
        assert_int_equal(npn->live_blocks + npn->live_bytes, 0);
        assert_int_equal(npn->freed_elsewhere, 1);
        assert_string_equal(recording->instances[0].page, "http://example.org/");
        recording_close(recording);
    }
}

/* Any one byte of the two tables of a ring may be wrong: nothing but the entries changes. */
static void test_damaged_tables(void **unused)
{
    static const enum ring_area areas[2] = {RING_OBJECTS, RING_FINDINGS};
    struct names names;
    struct made *made = made_misuse(&names);
    struct problem problem;
    int fd = made_file();

    (void)unused;
    for (unsigned i = 0; i < 2; i++)
        for (size_t at = 0; at < 20 * sizeof(struct ring_object); at += 7) {
            unsigned char *byte = (unsigned char *)ring_area(made->base, areas[i]) + at;
            unsigned char kept = *byte;
            *byte ^= 0xff;
            made_save_ring(made, fd);
            *byte = kept;
            struct recording *recording = recording_open(made_path(fd), false, &problem);
            assert_non_null(recording);
            assert_in_range(recording->object_count, 18, 20);
            assert_in_range(recording->finding_count, 1, 11);
            for (size_t j = 0; j < recording->finding_count; j++) {
                assert_in_range(recording->findings[j].plugin, 0, recording->plugin_count);
                assert_in_range(recording->findings[j].node, 0, recording->node_count - 1);
            }
            recording_close(recording);
        }
    close(fd);
    made_free(made);
}

/* ---- a process that goes on -------------------------------------------------------------- */

struct changing {
    struct ring_header *ring;
    uint32_t nodes;
    atomic_bool stop;
    _Atomic uint64_t rounds;
};

/* As the tracer does it: everything of an entry follows from its address, and stands there before
 * the address and the count do. */
static void change(struct changing *changing, uint64_t round)
{
    struct ring_object *slot =
        (struct ring_object *)ring_area(changing->ring, RING_OBJECTS) + round % 16;
    uint64_t number = 1 + round % 997;

    atomic_store(&slot->refs, 0);
    atomic_store(&slot->address, 0);
    slot->stamp = MADE_START + number;
    slot->node = slot->last_node = (uint32_t)(number % changing->nodes);
    slot->plugin = 1;
    slot->most_refs = (uint32_t)number;
    atomic_store(&slot->refs, (uint32_t)number);
    atomic_store_explicit(&slot->address, number, memory_order_release);

    uint32_t used = atomic_load(&changing->ring->used[RING_FINDINGS]);
    struct ring_finding *findings = ring_area(changing->ring, RING_FINDINGS);
    if (round % 64 != 0 || used == ring_capacity(changing->ring, RING_FINDINGS))
        return;
    findings[used] = (struct ring_finding){
        .kind = FINDING_OVERRUN, .plugin = 1, .address = 1 + used, .size = 7 * (1 + used)};
    atomic_store_explicit(&findings[used].count, 1, memory_order_release);
    atomic_store_explicit(&changing->ring->used[RING_FINDINGS], used + 1, memory_order_release);
}

static void *change_on(void *context)
{
    struct changing *changing = context;

    while (!atomic_load(&changing->stop))
        change(changing, atomic_fetch_add(&changing->rounds, 1));
    return NULL;
}

static void assert_whole(const struct recording *recording, uint32_t nodes)
{
    assert_int_equal(recording->problems.damages, 0);
    for (size_t i = 0; i < recording->object_count; i++) {
        const struct trace_object *object = &recording->objects[i];
        assert_int_equal(object->stamp, MADE_START + object->address);
        assert_int_equal(object->node, object->address % nodes);
        assert_int_equal(object->refs, object->address);
        assert_int_equal(object->most_refs, object->address);
    }
    for (size_t i = 0; i < recording->finding_count; i++)
        assert_int_equal(recording->findings[i].size, 7 * recording->findings[i].address);
}

/* Whatever moment the reader meets: what it reads of an entry belongs together. */
static void test_read_while_changed(void **unused)
{
    struct names names;
    struct made *made = begin(&names);
    struct changing changing = {.nodes = atomic_load(&made->header->used[RING_NODES])};
    uint64_t bytes = made->bytes, met = 0;
    struct problem problem;
    pthread_t thread;
    int fd = made_file();

    (void)unused;
    made_save_ring(made, fd);
    made_free(made);
    changing.ring = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(changing.ring, MAP_FAILED);
    assert_int_equal(pthread_create(&thread, NULL, change_on, &changing), 0);
    for (unsigned i = 0; i < 300 || met == 0 || atomic_load(&changing.rounds) < 1000; i++) {
        struct recording *recording = recording_open(made_path(fd), false, &problem);
        assert_non_null(recording);
        assert_whole(recording, changing.nodes);
        met += recording->object_count != 0 && recording->finding_count != 0;
        recording_close(recording);
    }
    atomic_store(&changing.stop, true);
    pthread_join(thread, NULL);
    munmap(changing.ring, bytes);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),          cmocka_unit_test(test_unfinished),
        cmocka_unit_test(test_half_entries),  cmocka_unit_test(test_names_nothing),
        cmocka_unit_test(test_inline_stacks), cmocka_unit_test(test_events),
        cmocka_unit_test(test_damaged_tables), cmocka_unit_test(test_read_while_changed),
    };
    return cmocka_run_group_tests_name("recording-contract", tests, NULL, NULL);
}
