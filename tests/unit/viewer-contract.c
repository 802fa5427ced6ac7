/* tests/unit/viewer-contract.c - sums, leaks and findings of what changes hands */
/* SPDX-License-Identifier: MIT */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/viewer_contract.h"
#include "tests/unit/viewer_read.h"
#include "viewer/consistency.h"
#include "viewer/finding_words.h"
#include "viewer/findings.h"
#include "viewer/leak_words.h"
#include "viewer/slots.h"

static void assert_counters(const struct trace_counters *counters, uint64_t allocs,
                            uint64_t live_blocks, uint64_t received, uint64_t received_live,
                            uint64_t handed_over)
{
    assert_int_equal(counters->allocs, allocs);
    assert_int_equal(counters->live_blocks, live_blocks);
    assert_int_equal(counters->received_blocks, received);
    assert_int_equal(counters->received_live_blocks, received_live);
    assert_int_equal(counters->handed_over, handed_over);
}

/* By the events and by the counters: what is received is not allocated. */
static void sums(void **state)
{
    (void)state;
    for (enum reading_kind kind = 0; kind < READING_KINDS; kind++) {
        struct reading reading = reading_take(contract_example(), kind);
        const struct model_sums *sums = reading.model->sums;
        assert_true(reading.model->from_events);
        assert_counters(&sums->totals, 2, 1, 105, 102, 2);
        assert_counters(&sums->plugins[1], 1, 0, 105, 102, 2);
        assert_counters(&sums->plugins[2], 1, 1, 0, 0, 0);
        assert_counters(&sums->instances[1], 0, 0, 100, 100, 0);
        assert_counters(&sums->instances[2], 1, 0, 5, 2, 2);
        assert_int_equal(sums->totals.frees, 1);
        assert_int_equal(sums->totals.unknown_frees, 0);
        assert_int_equal(sums->totals.bytes_allocated, 104);
        assert_int_equal(sums->totals.live_bytes, 64);
        assert_int_equal(sums->totals.peak_bytes, 64);
        assert_int_equal(reading.model->live_count, 103);
        reading_assert_sound(&reading);
        reading_close(&reading);
    }
}

/* What differs from the counters or from the table of live blocks is seen. */
static void inconsistencies(void **state)
{
    (void)state;
    struct made *made = contract_example();
    made->header->totals.handed_over++;
    struct reading reading = reading_take(made, READING_RING);
    consistency_check(reading.model, false);
    assert_int_equal(reading.recording->problems.damages, 1);
    reading_close(&reading);

    made = contract_example();
    atomic_store(&made_live(made, 0x600000)->address, 0);
    reading = reading_take(made, READING_RING);
    consistency_check(reading.model, false);
    assert_true(reading.recording->problems.damages > 0);
    assert_non_null(strstr(reading.recording->problems.list[0].text, "received"));
    reading_close(&reading);
}

static const struct leak *leak_where(const struct leaks *leaks, enum leak_domain domain,
                                     enum leak_kind kind)
{
    const struct leak *found = NULL;

    for (size_t i = 0; i < leaks->count; i++)
        if (leaks->list[i].domain == domain && leaks->list[i].kind == kind) {
            assert_null(found);
            found = &leaks->list[i];
        }
    assert_non_null(found);
    return found;
}

static void assert_what(const struct leak *leak, const char *expected)
{
    char *what = leak_what(leak);

    assert_string_equal(what, expected);
    free(what);
}

static void leaks_of_all_ways(void **state)
{
    (void)state;
    for (enum reading_kind kind = READING_RING; kind <= READING_TRACE; kind++) {
        struct reading reading = reading_take(contract_with_findings(), kind);
        const struct leaks *leaks = reading_leaks(&reading, false);
        assert_int_equal(leaks->count, 4);
        assert_int_equal(leaks->blocks, 103);
        assert_int_equal(leaks->bytes, 102 * 12 + 64);
        assert_int_equal(leaks->received, 102);
        assert_int_equal(leaks->objects, 1);
        assert_int_equal(leaks->refs, 2);
        const struct leak *leak = &leaks->list[0];
        assert_int_equal(leak->kind, LEAK_OUTLIVED_INSTANCE);
        assert_int_equal(leak->blocks, CONTRACT_STRINGS);
        assert_what(leak, "100 identifier strings");
        assert_string_equal(leak_way_name(leak), "NPN_UTF8FromIdentifier");
        assert_int_equal(leak->share_count, 1);
        assert_int_equal(leak->shares[0].instance, 1);
        leak = leak_where(leaks, LEAK_OBJECT, LEAK_OUTLIVED_INSTANCE);
        assert_int_equal(leak->blocks, 0);
        assert_int_equal(leak->refs, 2);
        assert_what(leak, "1 object");
        assert_string_equal(leak_way_name(leak), "NPN_CreateObject");
        assert_int_equal(stacks_frame(reading.stacks, leak->stacks->stack)->address, 0x300);
        assert_int_equal(stacks_frame(reading.stacks, leak->stacks->last_stack)->address, 0x400);
        for (size_t i = 0; i < leaks->count; i++)
            assert_int_equal(leaks->list[i].while_false, leaks->list[i].plugin == 2);
        reading_close(&reading);
    }
}

/* Where the heap shows that the host did not free it, the leak is the host's, and marked so. */
static void handed_and_never_freed(void **state)
{
    (void)state;
    for (enum reading_kind kind = READING_RING; kind <= READING_TRACE; kind++) {
        struct made *made = made_new(0);
        uint32_t plugin = made_plugin(made, "/opt/libnpone.so");
        uint32_t stack = made_stack(made, 0, (uint64_t[]){0x1234}, 1);
        made->header->heap = RING_HEAP_ALL;
        for (uint64_t block = 0x1000; block <= 0x3000; block += 0x1000) {
            made_heap_alloc(made, 0, 0, 0, block, 48, stack);
            made_alloc(made, 0, plugin, 0, block, 48, stack);
            made_handed(made, 0, plugin, 0, NPN_WAY_SAVED, block, stack);
        }
        made_heap_free(made, 0, 0, 0, 0x2000);
        made_heap_free(made, 0, 0, 0, 0x3000);
        made_heap_alloc(made, 0, 0, 0, 0x3000, 8, stack); /* another block */
        struct reading reading = reading_take(made, kind);
        const struct leaks *leaks = reading_leaks(&reading, false);
        assert_int_equal(leaks->count, 0);
        assert_int_equal(leaks->handed, 1);
        assert_int_equal(leaks->handed_bytes, 48);
        leaks = reading_leaks(&reading, true);
        assert_int_equal(leaks->count, 2);
        assert_string_equal(leak_way_name(&leaks->list[0]), "saved data of NPP_Destroy");
        assert_null(leak_way_name(&leaks->list[1]));
        reading_close(&reading);
    }
}

/* The same stack for several instances is one leak that names them. */
static void shares_of_instances(void **state)
{
    (void)state;
    struct made *made = made_new(0);
    uint32_t plugin = made_plugin(made, "/opt/libnpone.so");
    uint32_t stack = made_stack(made, 0, (uint64_t[]){0x1234}, 1);
    for (uint32_t i = 1; i <= 5; i++)
        made_instance(made, plugin, "application/x-one");
    for (uint32_t i = 0; i < 20; i++)
        made_alloc(made, 0, plugin, i % 6, 0x1000 + 64 * i, 8, stack);
    struct reading reading = reading_take(made, READING_RING);
    const struct leaks *leaks = reading_leaks(&reading, false);

    assert_int_equal(leaks->count, 1);
    assert_int_equal(leaks->list[0].blocks, 20);
    assert_int_equal(leaks->list[0].share_count, 6);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(leaks->list[0].shares[i].instance, i);
        assert_int_equal(leaks->list[0].shares[i].count, i < 2 ? 4 : 3);
    }
    reading_close(&reading);
}

static struct leaks leaks_by_stack(struct reading *reading)
{
    return leaks_find(reading->model, reading->stacks,
                      &(struct leaks_wanted){.whole_stacks = true});
}

/* The plug-in's own frames make the leak, whichever way the host came to them; what the plug-in
 * called is part of it. Code of the plug-in further out is not. */
static void places(void **state)
{
    static const uint64_t stacks[][4] = {
        {0x10100, 0x10200, 0x500, 0x600},   {0x10100, 0x10200, 0x700, 0x600},
        {0x10100, 0x10200, 0x700, 0x10300}, {0x10100, 0x10204, 0x500, 0x600},
        {0x500, 0x10100, 0x10200, 0x600},   {0x500, 0x600, 0x700, 0x600},
    };
    struct made *made = made_new(0);
    (void)state;
    made_module(made, "/usr/bin/made-host", 0, 0, 0x1000, RING_MODULE_MAIN);
    made_module(made, "/opt/libnpone.so", 0, 0x10000, 0x20000, 0);
    uint32_t plugin = made_plugin(made, "/opt/libnpone.so");
    uint32_t instance = made_instance(made, plugin, "application/x-one");
    for (uint32_t i = 0; i < 12; i++)
        made_alloc(made, 0, plugin, i < 6 ? 0 : instance, 0x1000 + 64 * i, 100,
                   made_stack(made, 0, stacks[i < 10 ? i % 5 : 1], 4));
    made_alloc(made, 0, plugin, 0, 0x9000, 1, made_stack(made, 0, stacks[5], 4));
    struct reading reading = reading_take(made, READING_TRACE);
    const struct leaks *leaks = reading_leaks(&reading, false);

    assert_int_equal(leaks->count, 4);
    const struct leak *leak = &leaks->list[0];
    assert_int_equal(leak->blocks, 8);
    assert_int_equal(leak->stack_count, 3);
    assert_int_equal(leak->share_count, 2);
    assert_int_equal(leak->stacks[0].count, 4);
    assert_int_equal(leak->stacks[0].bytes, 400);
    assert_int_equal(leak->stacks[1].count + leak->stacks[2].count, 4);
    const struct stacks_frame *frame = stacks_frame(reading.stacks, leak->place);
    assert_int_equal(frame->depth, 2);
    assert_int_equal(frame->address, 0x100);
    frame = stacks_frame(reading.stacks, leak->stacks[0].stack);
    assert_int_equal(frame->depth, 4);
    for (size_t i = 1; i < 4; i++) {
        frame = stacks_frame(reading.stacks, leaks->list[i].place);
        assert_int_equal(leaks->list[i].stack_count, 1);
        assert_int_equal(frame->depth, i + 1);
    }
    struct leaks whole = leaks_by_stack(&reading);
    assert_int_equal(whole.count, 6);
    assert_int_equal(whole.blocks, leaks->blocks);
    leaks_free(&whole);
    reading_close(&reading);
}

/* A recorder that was killed has not written the table: the events say what is held. */
static void objects_of_events(void **state)
{
    (void)state;
    struct made *made = contract_example();
    made_object(made, 0, 2, 3, OBJECT_RETAINED, CONTRACT_OBJECT, 1);
    made_object(made, 0, 1, 1, OBJECT_GOT, 0x902000, 1);
    made_object(made, 0, 1, 1, OBJECT_GONE, 0x902000, 1);
    struct reading whole = reading_open(made, READING_TRACE);
    struct trace_object expected[2];
    assert_int_equal(whole.recording->object_count, 2);
    memcpy(expected, whole.recording->objects, sizeof(expected));
    reading_close(&whole);
    struct reading broken = reading_take(made, READING_UNFINISHED);
    const struct trace_object *objects = broken.recording->objects;
    assert_false(broken.recording->has_contract);
    assert_int_equal(broken.recording->object_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(objects[i].address, expected[i].address);
        assert_int_equal(objects[i].stamp, expected[i].stamp);
        assert_int_equal(objects[i].node, expected[i].node);
        assert_int_equal(objects[i].last_node, expected[i].last_node);
        assert_int_equal(objects[i].instance, expected[i].instance);
        assert_int_equal(objects[i].plugin, expected[i].plugin);
        assert_int_equal(objects[i].step, expected[i].step);
        assert_int_equal(objects[i].refs, expected[i].refs);
        assert_int_equal(objects[i].most_refs, expected[i].most_refs);
    }
    struct findings findings = findings_find(broken.model, NULL);
    assert_int_equal(findings.count, 0); /* it may have been released later */
    findings_free(&findings);
    reading_close(&broken);
}

/* A host may deallocate after NPP_Destroy: who looks at once must not see a leak. */
static void grace(void **state)
{
    (void)state;
    struct made *made = contract_just_destroyed();
    struct reading reading = reading_open(made, READING_UNFINISHED);
    assert_false(model_is_over(reading.model, 1));
    assert_int_equal(reading_leaks(&reading, false)->list[0].kind, LEAK_LIVE_AT_EXIT);
    assert_int_equal(findings_count(reading.model), 0);
    reading_close(&reading);

    reading = reading_open(made, READING_TRACE); /* it exited by itself */
    assert_true(model_is_over(reading.model, 1));
    assert_false(model_is_over(reading.model, 2));
    reading_close(&reading);

    made_flush(made, 0, 2); /* no step */
    reading = reading_open(made, READING_UNFINISHED);
    assert_false(model_is_over(reading.model, 1));
    reading_close(&reading);

    made_instance(made, 2, "application/x-four");
    reading = reading_take(made, READING_UNFINISHED);
    assert_true(model_is_over(reading.model, 1));
    reading_close(&reading);

    made = contract_just_destroyed();
    made->now += UINT64_C(1000000000);
    made_flush(made, 0, 2);
    reading = reading_take(made, READING_UNFINISHED);
    assert_true(model_is_over(reading.model, 1));
    reading_close(&reading);
}

static void assert_words(const struct recording *recording, const struct found *found,
                         const char *name, const char *expected)
{
    char *what = finding_words_what(recording, found);

    assert_string_equal(findings_name(found->kind), name);
    assert_string_equal(what, expected);
    free(what);
}

static void words(void **state)
{
    static const struct {
        const char *name, *words;
    } expected[CONTRACT_FINDINGS] = {
        {"double-free", "NPN_MemFree of the block 0x750000 (32 bytes), which was released before"},
        {"free-of-others",
         "NPN_MemFree of the block 0x760000 (16 bytes), which belongs to libnpsecond.so"},
        {"call-off-thread", "NPN_ReleaseObject called on a thread of the plug-in's own"},
        {"flush-spins",
         "NPN_MemFlush called 64 times in a row, each time with memory freed by what "
         "the browser says"},
        {"result-while-false",
         "The block 0x700000 (64 bytes) set as result of a function that failed"},
        {"result-not-memalloc", "Given to the browser: 0x404040, not from NPN_MemAlloc, as form "
                                "value of NPP_GetValue"},
    };

    (void)state;
    for (enum reading_kind kind = READING_RING; kind <= READING_TRACE; kind++) {
        struct reading reading = reading_take(contract_with_findings(), kind);
        struct findings findings = findings_find(reading.model, NULL);
        assert_int_equal(findings.count, CONTRACT_FINDINGS + 1);
        /* The viewer's own is older than the others: from when the instance was destroyed. */
        assert_words(reading.recording, &findings.list[0], "object-outlived-instance",
                     "1 object held with 2 references when NPP_Destroy had returned");
        for (size_t i = 0; i < CONTRACT_FINDINGS; i++)
            assert_words(reading.recording, &findings.list[i + 1], expected[i].name,
                         expected[i].words);
        findings_free(&findings);
        reading_close(&reading);
    }
}

/* The heap events know where a heap block came from. */
static void heap_blocks(void **state)
{
    (void)state;
    for (enum reading_kind kind = READING_RING; kind <= READING_TRACE; kind++) {
        struct made *made = contract_example();
        uint32_t right = made_stack(made, 0, (uint64_t[]){0x7f1000000900}, 1);
        uint32_t wrong = made_stack(made, 0, (uint64_t[]){0x7f1000000a00}, 1);
        made->header->heap = RING_HEAP_PLUGINS;
        made_heap_alloc(made, 0, 1, 0, 0x810000, 16, wrong);
        made_heap_free(made, 0, 1, 0, 0x810000);
        made_heap_alloc(made, 0, 1, 2, 0x810000, 24, right);
        made_finding(made, FINDING_HEAP_BY_MEMFREE, 1, 0, wrong)->address = 0x810000;
        made_heap_free(made, 0, 1, 0, 0x810000);
        made_heap_alloc(made, 0, 1, 0, 0x810000, 32, wrong);
        struct reading reading = reading_take(made, kind);
        struct findings findings = findings_find(reading.model, (bool[]){false, true, false});
        assert_int_equal(findings.count, 2);
        findings_find_heap_blocks(reading.recording, &findings);
        const struct trace_finding *finding = &findings.list[1].finding;
        assert_int_equal(finding->size, 24);
        assert_int_equal(finding->owner_instance, 2);
        assert_int_equal(
            stacks_frame(reading.stacks, stacks_of(reading.stacks, finding->owner_node))->address,
            0x900);
        assert_string_equal(finding_words_origin(&findings.list[1]), "malloc");
        findings_free(&findings);
        reading_close(&reading);
    }
}

static void wanted_on_either_side(void **state)
{
    (void)state;
    struct reading reading = reading_take(contract_with_findings(), READING_RING);
    struct findings findings = findings_find(reading.model, (bool[]){false, true, false});

    assert_int_equal(findings.count, 4); /* and its objects */
    findings_free(&findings);
    findings = findings_find(reading.model, (bool[]){false, false, true});
    assert_int_equal(findings.count, 4); /* one of them is a free of its block */
    assert_int_equal(findings.list[0].kind, FINDING_OTHERS_BLOCK);
    findings_free(&findings);
    reading_close(&reading);
}

/* Where a release may have been missed, nothing is found by the end alone. */
static void missed_calls(void **state)
{
    (void)state;
    struct made *made = contract_example();
    made->header->missed_calls = 1;
    struct reading reading = reading_take(made, READING_RING);

    assert_int_equal(findings_count(reading.model), 0);
    reading_close(&reading);
}

/* What a newer tracer wrote is told as far as it can be. */
static void newer_kind(void **state)
{
    (void)state;
    struct made *made = contract_example();
    made_finding(made, FINDINGS + 7, 1, 0, 0)->detail = 5;
    struct reading reading = reading_take(made, READING_TRACE);
    struct findings findings = findings_find(reading.model, NULL);

    assert_int_equal(findings.count, 2);
    assert_int_equal(findings.list[1].kind, FINDINGS_UNKNOWN);
    assert_string_equal(findings_name(findings.list[1].kind), "unknown");
    findings_free(&findings);
    reading_close(&reading);
}

static void every_kind_has_words(void **state)
{
    (void)state;
    struct reading reading = reading_take(contract_example(), READING_RING);

    for (unsigned kind = 1; kind < FINDINGS; kind++) {
        struct found found = {.kind = kind,
                              .finding = {.kind = (uint16_t)kind, .address = 16, .detail = 72}};
        char *what = finding_words_what(reading.recording, &found);
        assert_non_null(finding_name(kind));
        assert_non_null(finding_title(kind));
        assert_non_null(finding_rule(kind));
        assert_null(strstr(what, "Kind "));
        free(what);
    }
    reading_close(&reading);
}

/* Offsets are those of npapi-sdk's struct on a 64-bit machine. */
static void slots_by_offset(void **state)
{
    (void)state;
    assert_string_equal(slots_name(8), "NPN_GetURL");
    assert_string_equal(slots_name(72), "NPN_MemAlloc");
    assert_string_equal(slots_name(208), "NPN_UTF8FromIdentifier");
    assert_string_equal(slots_name(312), "NPN_ReleaseVariantValue");
    assert_string_equal(slots_name(392), "NPN_ScheduleTimer");
    assert_string_equal(slots_name(464), "NPN_SetCurrentAsyncSurface");
    assert_null(slots_name(472));
    assert_null(slots_name(73));
    assert_null(slots_name(0));
    assert_null(slots_name(UINT32_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums),
        cmocka_unit_test(inconsistencies),
        cmocka_unit_test(leaks_of_all_ways),
        cmocka_unit_test(handed_and_never_freed),
        cmocka_unit_test(shares_of_instances),
        cmocka_unit_test(places),
        cmocka_unit_test(objects_of_events),
        cmocka_unit_test(grace),
        cmocka_unit_test(words),
        cmocka_unit_test(heap_blocks),
        cmocka_unit_test(wanted_on_either_side),
        cmocka_unit_test(missed_calls),
        cmocka_unit_test(newer_kind),
        cmocka_unit_test(every_kind_has_words),
        cmocka_unit_test(slots_by_offset),
    };
    return cmocka_run_group_tests_name("viewer-contract", tests, reading_set_up, reading_tear_down);
}
